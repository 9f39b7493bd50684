"""Pictures without what they tell beside what they show: place, camera, author, comments, hidden thumbnails. Pure.

What a picture needs to look the same stays: colours, transparency, frames, and which way up it is held.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator

from .sniffing import GIF, JPEG, PNG, WEBP

# Of what a picture is made of; no camera and no program makes as many, and each costs a web process time.
MOST_PIECES = 100_000


class _Damaged(Exception):
    """The picture ends too early, or is not built as its kind is."""


def strip(content: bytes, content_type: str) -> bytes | None:
    """A copy without metadata; None for a kind that cannot be stripped, and for a picture that is damaged."""
    stripper = _STRIPPERS.get(content_type)
    if stripper is None:
        return None
    try:
        return stripper(content)
    except (_Damaged, struct.error, IndexError):
        return None


def _pieces() -> Iterator[int]:
    """Counts what a picture is made of. Raises _Damaged where there is no end of it."""
    yield from range(MOST_PIECES)
    raise _Damaged


def _need(held: bool) -> None:
    if not held:
        raise _Damaged


# -- JPEG: segments, then coded data with segments in between ----------------------------------------------------------

_EOI, _SOS, _APP0, _APP1, _APP2, _APP14, _APP15, _COM = 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
_FILLING = re.compile(rb"\xff+")
# Neither a stuffed byte nor a restart mark. What fills up before it is left with the data: looking for that, too, would
# begin anew at each byte of a long filling.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


def _jpeg(content: bytes) -> bytes:
    """Up to the end of the first picture: cameras hang previews and whole films behind it."""
    _need(content[:2] == b"\xff\xd8")
    kept, turned, position, pieces = [b"\xff\xd8"], 1, 2, _pieces()
    while True:
        next(pieces)
        marker, body, position = _segment(content, position)
        if marker == _EOI:
            break
        if marker == _APP1:
            turned = _orientation(body.removeprefix(b"Exif\0\0")) if body.startswith(b"Exif\0\0") else turned
        elif told := _jpeg_kept(marker, body):
            kept.append(told)
        if marker == _SOS:
            end = _coded_until(content, position)
            kept.append(content[position:end])
            position = end
    if turned > 1:
        kept.insert(1, _jpeg_segment(_APP1, b"Exif\0\0" + _exif(turned)))
    return b"".join([*kept, b"\xff\xd9"])


def _segment(content: bytes, position: int) -> tuple[int, bytes, int]:
    """Marker and content of the segment at ``position``, and where the next one starts."""
    _need(content[position : position + 1] == b"\xff")
    position += len(_FILLING.match(content, position)[0])  # type: ignore[index]
    marker = content[position]
    position += 1
    if marker == _EOI:
        return marker, b"", position
    (length,) = struct.unpack_from(">H", content, position)
    _need(length >= 2 and position + length <= len(content))
    return marker, content[position + 2 : position + length], position + length


def _jpeg_kept(marker: int, body: bytes) -> bytes:
    """The segment as it is kept; empty where it is left out."""
    if marker == _APP0:
        return _jpeg_segment(marker, body[:12] + b"\0\0") if body.startswith(b"JFIF\0") else b""  # without its preview
    if marker == _APP2:
        return _jpeg_segment(marker, body) if body.startswith(b"ICC_PROFILE\0") else b""
    if marker == _COM or (_APP1 <= marker <= _APP15 and marker != _APP14):
        return b""
    return _jpeg_segment(marker, body)


def _jpeg_segment(marker: int, body: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def _coded_until(content: bytes, position: int) -> int:
    found = _NEXT_MARKER.search(content, position)
    if found is None:
        raise _Damaged
    return found.start()


# -- which way up: the one thing that is kept of EXIF ------------------------------------------------------------------

_ORIENTATION = 0x0112


def _orientation(tiff: bytes) -> int:
    """1 to 8 as EXIF has it; 1, upright, where it says nothing that can be read."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        for number in range(count):
            tag, kind, _count, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * number)
            if tag == _ORIENTATION:
                return value if kind == 3 and 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def _exif(turned: int) -> bytes:
    """The shortest EXIF that says which way up a picture is."""
    return b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", _ORIENTATION, 3, 1, turned, 0) + b"\0\0\0\0"


# -- PNG: chunks -------------------------------------------------------------------------------------------------------

_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = {
    *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"bKGD", b"pHYs", b"sBIT"),
    *(b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"mDCV", b"cLLI"),
    *(b"acTL", b"fcTL", b"fdAT"),
}


def _png(content: bytes) -> bytes:
    _need(content.startswith(_PNG_HEAD))
    kept, position, pieces = [_PNG_HEAD], len(_PNG_HEAD), _pieces()
    while True:
        next(pieces)
        (length,) = struct.unpack_from(">I", content, position)
        end = position + 12 + length
        _need(end <= len(content))
        kind = content[position + 4 : position + 8]
        (check,) = struct.unpack_from(">I", content, end - 4)
        _need(zlib.crc32(content[position + 4 : end - 4]) == check)
        if kind in _PNG_KEPT:
            kept.append(content[position:end])
        if kind == b"IEND":
            return b"".join(kept)
        position = end


# -- GIF: blocks of short pieces ---------------------------------------------------------------------------------------

_GIF_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")


def _gif(content: bytes) -> bytes:
    _need(content[:6] in (b"GIF87a", b"GIF89a"))
    position = 13 + _colours(content[10])
    _need(position <= len(content))
    kept, pieces = [content[:position]], _pieces()
    while content[position] != 0x3B:
        next(pieces)
        start, is_kept = position, True
        if content[position] == 0x2C:
            position += 11 + _colours(content[position + 9])  # its place, its colours, its code size
        else:
            _need(content[position] == 0x21)
            label, name = content[position + 1], content[position + 3 : position + 14]
            is_kept = label == 0xF9 or (label == 0xFF and name in _GIF_LOOPS)
            position += 2
        position = _pieces_until(content, position, pieces)
        if is_kept:
            kept.append(content[start:position])
    return b"".join([*kept, b";"])


def _colours(flags: int) -> int:
    """The bytes that a table of colours takes."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _pieces_until(content: bytes, position: int, pieces: Iterator[int]) -> int:
    while length := content[position]:
        next(pieces)
        position += 1 + length
    return position + 1


# -- WebP: chunks ------------------------------------------------------------------------------------------------------

_WEBP_KEPT = {b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}
_HAS_EXIF, _HAS_XMP = 0x08, 0x04


def _webp(content: bytes) -> bytes:
    _need(content[:4] == b"RIFF" and content[8:12] == b"WEBP")
    kept, turned = [], 1
    for name, body in _riff(content):
        if name == b"EXIF":
            turned = _orientation(body.removeprefix(b"Exif\0\0"))
        elif name == b"VP8X" or name in _WEBP_KEPT:
            kept.append((name, body))
    if turned > 1:
        kept.append((b"EXIF", _exif(turned)))
    _need(any(name in _WEBP_KEPT for name, _body in kept))
    told = b"WEBP" + b"".join(
        _riff_chunk(name, _flagged(body, turned) if name == b"VP8X" else body) for name, body in kept
    )
    return b"RIFF" + struct.pack("<I", len(told)) + told


def _riff(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    (length,) = struct.unpack_from("<I", content, 4)
    end = 8 + length
    _need(end <= len(content) + 1)  # some writers leave out the last byte of padding
    position, pieces = 12, _pieces()
    while position + 8 <= end:
        next(pieces)
        (size,) = struct.unpack_from("<I", content, position + 4)
        _need(position + 8 + size <= len(content))
        yield content[position : position + 4], content[position + 8 : position + 8 + size]
        position += 8 + size + size % 2


def _riff_chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _flagged(body: bytes, turned: int) -> bytes:
    flags = body[0] & ~(_HAS_EXIF | _HAS_XMP)
    return bytes([flags | (_HAS_EXIF if turned > 1 else 0)]) + body[1:]


_STRIPPERS: dict[str, Callable[[bytes], bytes]] = {
    JPEG.content_type: _jpeg,
    PNG.content_type: _png,
    GIF.content_type: _gif,
    WEBP.content_type: _webp,
}
