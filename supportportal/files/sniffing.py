"""What a file is, by its content alone: an allow-list of signatures, nothing is guessed from the name. Pure."""

import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

HEAD = 4096
MOST_SEGMENTS = 10_000  # that a JPEG is looked through for its size


@dataclass(frozen=True)
class Kind:
    """A type of file that is taken in. The first extension is given to a file that has none."""

    content_type: str
    extensions: tuple[str, ...]
    label: str


PDF = Kind("application/pdf", ("pdf",), "PDF")
PNG = Kind("image/png", ("png",), "PNG")
JPEG = Kind("image/jpeg", ("jpg", "jpeg", "jpe"), "JPEG")
GIF = Kind("image/gif", ("gif",), "GIF")
WEBP = Kind("image/webp", ("webp",), "WebP")
HEIC = Kind("image/heic", ("heic", "heif"), "HEIC")
TEXT = Kind("text/plain", ("txt", "log", "csv"), "text")
DOCX = Kind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ("docx",), "Word")
XLSX = Kind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("xlsx",), "Excel")
ODT = Kind("application/vnd.oasis.opendocument.text", ("odt",), "OpenDocument")
ODS = Kind("application/vnd.oasis.opendocument.spreadsheet", ("ods",), "OpenDocument")
IMAGES = (PNG, JPEG, GIF, WEBP)
ALL = (PDF, *IMAGES, HEIC, TEXT, DOCX, XLSX, ODT, ODS)

_HEIC_BRANDS = {b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis"}
_LISTED = b"PK\x01\x02"  # before each member in the list of an archive
_OFFICE = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX}
_OPEN_DOCUMENT = {kind.content_type.encode(): kind for kind in (ODT, ODS)}
_PROGRAMS = (
    *(".exe", ".dll", ".scr", ".msi", ".js", ".jse", ".vbs", ".vbe", ".wsf", ".hta", ".bat", ".cmd", ".ps1", ".jar"),
    *(".lnk", ".docm", ".xlsm", ".pptm"),
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_MARKUP = (b"<!doctype", b"<html", b"<svg", b"<script", b"<?php", b"<?xml", b"#!", b"<iframe", b"<body", b"<head")


class Bomb(Exception):
    """An archive that would unpack to far more than it says, or to far too much."""


@dataclass(frozen=True)
class ArchiveLimits:
    members: int
    unpacked_bytes: int


def sniff(content: BinaryIO, limits: ArchiveLimits) -> Kind | None:
    """The kind that the content is, or None if it is none of those taken in. Raises Bomb."""
    content.seek(0)
    head = content.read(HEAD)
    for starts, kind in _SIGNATURES:
        if starts(head):
            return kind
    if head.startswith(b"PK\x03\x04"):
        return _document(content, limits)
    return TEXT if _is_text(content, head) else None


def pixels(content: BinaryIO, kind: Kind) -> int:
    """Width times height of an image as its header says; 0 where the header cannot be read."""
    content.seek(0)
    try:
        width, height = _SIZES[kind](content)
    except (struct.error, IndexError):
        return 0
    return width * height


def _is_heic(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS


def _starts(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(signatures)


_SIGNATURES: tuple[tuple[Callable[[bytes], bool], Kind], ...] = (
    (_starts(b"%PDF-"), PDF),
    (_starts(b"\x89PNG\r\n\x1a\n"), PNG),
    (_starts(b"\xff\xd8\xff"), JPEG),
    (_starts(b"GIF87a", b"GIF89a"), GIF),
    (lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP", WEBP),
    (_is_heic, HEIC),
)


def _document(content: BinaryIO, limits: ArchiveLimits) -> Kind | None:
    """An office document, by what its archive holds. Only the list of members is read, and one short member."""
    try:
        content.seek(0)
        if content.read().count(_LISTED) > limits.members:  # before the list is read, which may be a long one
            raise Bomb
        with zipfile.ZipFile(content) as archive:
            members = archive.infolist()
            _refuse_bombs(members, limits)
            names = {member.filename for member in members}
            if any(_is_dangerous(member) for member in members):
                return None
            if members[:1] and members[0].filename == "mimetype":
                return _open_document(archive, members[0])
            if "[Content_Types].xml" in names:
                return next((kind for name, kind in _OFFICE.items() if name in names), None)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, OSError):
        return None
    return None


def _open_document(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Kind | None:
    with archive.open(member) as told:
        return _OPEN_DOCUMENT.get(told.read(100).strip())


def _refuse_bombs(members: list[zipfile.ZipInfo], limits: ArchiveLimits) -> None:
    if len(members) > limits.members or sum(member.file_size for member in members) > limits.unpacked_bytes:
        raise Bomb
    if len({member.header_offset for member in members}) < len(members):
        raise Bomb  # members that share their bytes unpack to more than the archive's length allows


def _is_dangerous(member: zipfile.ZipInfo) -> bool:
    """Encrypted, packed in an unusual way, reaching out of its folder, or holding macros or another program."""
    name = member.filename.lower()
    return (
        bool(member.flag_bits & 0x1)
        or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        or name.startswith(("/", "\\", "basic/", "scripts/", "xl/macrosheets/"))
        or ".." in name.replace("\\", "/").split("/")
        or name.endswith(("vbaproject.bin", *_PROGRAMS))
    )


def _is_text(content: BinaryIO, head: bytes) -> bool:
    """Readable text in UTF-8, UTF-16 with its mark, or a Western 8-bit set; nothing that a browser or shell runs."""
    encodings = ["utf-16"] if head.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "cp1252"]
    content.seek(0)
    everything = content.read()
    for encoding in encodings:
        try:
            text = everything.decode(encoding)
        except UnicodeDecodeError:
            continue
        start = text.lstrip("\ufeff \t\r\n\f\v").lower()[:200].encode("utf-8", "replace")
        return bool(start) and not start.startswith(_MARKUP) and not _CONTROL.search(text)
    return False


def _png_size(content: BinaryIO) -> tuple[int, int]:
    return struct.unpack(">II", content.read(24)[16:24])


def _gif_size(content: BinaryIO) -> tuple[int, int]:
    return struct.unpack("<HH", content.read(10)[6:10])


def _webp_size(content: BinaryIO) -> tuple[int, int]:
    head = content.read(30)
    if head[12:16] == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack("<HH", head[26:30])
    return width & 0x3FFF, height & 0x3FFF


def _jpeg_size(content: BinaryIO) -> tuple[int, int]:
    """Walk the segments up to the one that starts the picture and gives its size."""
    content.seek(2)
    for _number in range(MOST_SEGMENTS):
        mark, code, length = struct.unpack(">BBH", content.read(4))
        if mark != 0xFF or length < 2:
            return 0, 0
        if 0xC0 <= code <= 0xCF and code not in (0xC4, 0xC8, 0xCC):
            _depth, height, width = struct.unpack(">BHH", content.read(5))
            return width, height
        content.seek(length - 2, 1)
    return 0, 0


_SIZES: dict[Kind, Callable[[BinaryIO], tuple[int, int]]] = {
    PNG: _png_size,
    GIF: _gif_size,
    WEBP: _webp_size,
    JPEG: _jpeg_size,
}
