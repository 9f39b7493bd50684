"""What a picture tells beside what it shows is taken out; what it shows stays."""

import struct
import zlib

import pytest

from supportportal.files import stripping

from . import pictures, samples

SECRET = b"Via Segreta 12"
PICTURES = {
    "image/jpeg": pictures.JPEG,
    "image/png": pictures.PNG,
    "image/webp": pictures.WEBP,
    "image/gif": pictures.GIF,
}


def exif(turned: int = 1, order: str = "<") -> bytes:
    """A camera's EXIF: which way up, and a place."""
    mark = {"<": b"II*\0", ">": b"MM\0*"}[order]
    first = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, turned, 0)
    place = struct.pack(f"{order}HHII", 0x010E, 2, len(SECRET), 38)
    return mark + struct.pack(f"{order}IH", 8, 2) + first + place + b"\0\0\0\0" + SECRET


def jpeg_segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def jpeg(*segments: bytes, behind: bytes = b"") -> bytes:
    return pictures.JPEG[:2] + b"".join(segments) + pictures.JPEG[2:] + behind


def png(*chunks: tuple[bytes, bytes], behind: bytes = b"") -> bytes:
    made = b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
    return pictures.PNG[:33] + made + pictures.PNG[33:] + behind


def gif(*blocks: bytes, behind: bytes = b"") -> bytes:
    return pictures.GIF[:19] + b"".join(blocks) + pictures.GIF[19:] + behind


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    made = pictures.WEBP[12:]
    flags = (0x08 if any(name == b"EXIF" for name, _body in chunks) else 0) | 0x04
    made = made[:8] + bytes([made[8] | flags]) + made[9:]
    for name, body in chunks:
        made += name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    return b"RIFF" + struct.pack("<I", len(made) + 4) + b"WEBP" + made


TELLING = [
    pytest.param("image/jpeg", jpeg(jpeg_segment(0xE1, b"Exif\0\0" + exif())), id="JPEG EXIF"),
    pytest.param("image/jpeg", jpeg(jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET)), id="JPEG XMP"),
    pytest.param("image/jpeg", jpeg(jpeg_segment(0xED, b"Photoshop 3.0\0" + SECRET)), id="JPEG IPTC"),
    pytest.param("image/jpeg", jpeg(jpeg_segment(0xFE, SECRET)), id="JPEG comment"),
    pytest.param("image/jpeg", jpeg(jpeg_segment(0xE2, b"MPF\0" + SECRET)), id="JPEG list of further pictures"),
    pytest.param("image/jpeg", jpeg(jpeg_segment(0xE0, b"JFXX\0\x10" + SECRET)), id="JPEG preview"),
    pytest.param("image/jpeg", jpeg(behind=pictures.JPEG + SECRET), id="JPEG film behind it"),
    pytest.param("image/png", png((b"tEXt", b"Author\0" + SECRET)), id="PNG text"),
    pytest.param("image/png", png((b"eXIf", exif())), id="PNG EXIF"),
    pytest.param("image/png", png((b"tIME", SECRET[:7]), (b"iTXt", SECRET)), id="PNG time"),
    pytest.param("image/png", png(behind=SECRET), id="PNG with something behind it"),
    pytest.param("image/gif", gif(b"\x21\xfe\x0e" + SECRET + b"\0"), id="GIF comment"),
    pytest.param("image/gif", gif(b"\x21\xff\x0bXMP DataXMP\x0e" + SECRET + b"\0"), id="GIF XMP"),
    pytest.param("image/gif", gif(behind=SECRET), id="GIF with something behind it"),
    pytest.param("image/webp", webp((b"EXIF", exif())), id="WebP EXIF"),
    pytest.param("image/webp", webp((b"XMP ", SECRET)), id="WebP XMP"),
    pytest.param("image/webp", webp((b"abcd", SECRET + b"x")), id="WebP unknown part"),
]


@pytest.mark.parametrize(("content_type", "content"), TELLING)
def test_what_it_tells_is_gone_and_the_picture_is_the_same(content_type, content):
    assert SECRET[:7] in content
    stripped = stripping.strip(content, content_type)
    assert SECRET[:7] not in stripped
    assert stripped == PICTURES[content_type]


@pytest.mark.parametrize(("content_type", "content"), PICTURES.items(), ids=list(PICTURES))
def test_a_picture_without_metadata_stays_as_it_is(content_type, content):
    assert stripping.strip(content, content_type) == content


@pytest.mark.parametrize("order", ["<", ">"], ids=["little end first", "big end first"])
@pytest.mark.parametrize("turned", [3, 6, 8])
def test_which_way_up_stays(turned, order):
    made = stripping.strip(jpeg(jpeg_segment(0xE1, b"Exif\0\0" + exif(turned, order))), "image/jpeg")
    assert SECRET not in made
    assert made == jpeg(jpeg_segment(0xE1, b"Exif\0\0" + stripping._exif(turned)))
    assert stripping.strip(made, "image/jpeg") == made
    made = stripping.strip(webp((b"EXIF", exif(turned, order))), "image/webp")
    assert SECRET not in made
    assert made.endswith(stripping._exif(turned))
    assert made[20] & 0x0C == 0x08  # it says that there is EXIF, and no XMP
    assert stripping.strip(made, "image/webp") == made


@pytest.mark.parametrize(
    "told",
    [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", exif()[:20], exif(9), b"XX" + exif(6)[2:]],
    ids=["empty", "short", "far away", "cut", "no such way", "no such order"],
)
def test_exif_that_cannot_be_read_is_left_out(told):
    assert stripping.strip(jpeg(jpeg_segment(0xE1, b"Exif\0\0" + told)), "image/jpeg") == pictures.JPEG


def test_colours_and_loops_stay():
    loop = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    assert stripping.strip(gif(loop), "image/gif") == gif(loop)
    assert b"ICC_PROFILE\0" in stripping.strip(pictures.JPEG, "image/jpeg")


def test_a_preview_inside_the_jfif_head_is_left_out():
    head = b"JFIF\0\1\1\0\0\1\0\1" + b"\1\1" + b"rgb"
    made = stripping.strip(b"\xff\xd8" + jpeg_segment(0xE0, head) + pictures.JPEG[20:], "image/jpeg")
    assert made == pictures.JPEG


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        *[pytest.param(kind, content, id=kind) for kind, content in PICTURES.items()],
        pytest.param("image/jpeg", jpeg(jpeg_segment(0xE1, b"Exif\0\0" + exif(6))), id="with EXIF"),
    ],
)
def test_a_damaged_picture_has_no_copy_and_raises_nothing(content_type, content):
    for end in range(len(content)):
        assert stripping.strip(content[:end], content_type) is None, end
    for position in range(len(content)):
        broken = content[:position] + bytes([content[position] ^ 0xFF]) + content[position + 1 :]
        stripping.strip(broken, content_type)


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("application/pdf", samples.PDF),
        ("image/heic", samples.HEIC),
        ("text/plain", b"words"),
        ("image/png", pictures.JPEG),
        ("image/webp", samples.WEBP),
        ("image/jpeg", b""),
    ],
    ids=["PDF", "HEIC", "text", "another kind", "a head alone", "empty"],
)
def test_what_cannot_be_stripped_has_no_copy(content_type, content):
    assert stripping.strip(content, content_type) is None
