"""Files made to cost much, or to be two things at once. Anybody may hand one in: the complaint form asks nobody's name.

Names, sizes, pixels and plain disguises are in test_intake.py.
"""

import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from supportportal.files import intake, sniffing, stripping

from . import pictures, samples
from .test_intake import refusal, upload

MEGABYTE = 1024 * 1024
SOON = 10.0  # seconds of one processor, which may be a slow one; without the limits these take many times that, or days


@contextmanager
def at_once() -> Iterator[None]:
    began = time.process_time()
    yield
    assert time.process_time() - began < SOON


def png_of(number: int) -> bytes:
    chunk = struct.pack(">I", 0) + b"aaaa" + struct.pack(">I", zlib.crc32(b"aaaa"))
    return pictures.PNG[:33] + chunk * number + pictures.PNG[33:]


def webp_of(number: int) -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + 8 * number) + b"WEBP" + (b"ALPH" + b"\0" * 4) * number


def gif_of(blocks: int, pieces: int = 0) -> bytes:
    return b"GIF89a\1\0\1\0\0\0\0" + (b"!\xf9" + b"\1a" * pieces + b"\0") * blocks + b";"


def jpeg_of(scans: int) -> bytes:
    return b"\xff\xd8" + b"\xff\xda\0\2x" * scans + b"\xff\xd9"


ENDLESS = [
    pytest.param(lambda number: (png_of(number), "image/png"), id="PNG chunks"),
    pytest.param(lambda number: (webp_of(number), "image/webp"), id="WebP chunks"),
    pytest.param(lambda number: (gif_of(number), "image/gif"), id="GIF blocks"),
    pytest.param(lambda number: (gif_of(1, number), "image/gif"), id="GIF pieces"),
    pytest.param(lambda number: (jpeg_of(number), "image/jpeg"), id="JPEG scans"),
]


@pytest.mark.parametrize("made", ENDLESS)
def test_a_picture_of_endless_pieces_is_given_up(monkeypatch, made):
    monkeypatch.setattr(stripping, "MOST_PIECES", 100)
    assert stripping.strip(*made(90)) is not None  # the control
    assert stripping.strip(*made(101)) is None


@pytest.mark.parametrize(
    "filling",
    [
        pytest.param(b"\xff" * 2 * MEGABYTE, id="never ends"),
        pytest.param(b"\xff\xff\0" * MEGABYTE, id="begins again and again"),
        pytest.param(b"\xff" * MEGABYTE + b"\0" + b"\xff" * MEGABYTE, id="in two halves"),
    ],
)
def test_filling_in_a_picture_costs_no_more_than_its_length(filling):
    """Found here: looking for a mark began anew at each byte, so that one upload held a web process for ever."""
    with at_once():
        assert stripping.strip(b"\xff\xd8\xff\xda\0\2" + filling, "image/jpeg") is None
        assert stripping.strip(b"\xff\xd8" + filling, "image/jpeg") is None


def test_filling_that_belongs_there_stays():
    at = pictures.JPEG.rindex(b"\xff\xd9")
    filled = pictures.JPEG[:at] + b"\xff\xff\xff" + pictures.JPEG[at:]
    assert stripping.strip(filled, "image/jpeg") == filled


def test_a_list_of_endless_members_is_not_even_read(monkeypatch):
    """Reading the list is what costs: it is counted before."""

    def read(*args):
        raise AssertionError("The list was read.")

    member = b"PK\x01\x02" + b"\0" * 42
    content = samples.DOCX[:40] + member * 2001
    monkeypatch.setattr(zipfile, "ZipFile", read)
    assert refusal("a.docx", content) == "bomb"
    with pytest.raises(AssertionError, match="was read"):
        intake.inspect(upload("a.docx", samples.DOCX))


def test_a_picture_that_hides_its_size_behind_endless_segments_is_refused(monkeypatch):
    content = samples.JPEG[:2] + b"\xff\xe0\0\2" * 50 + samples.JPEG[2:]
    assert intake.inspect(upload("a.jpg", content)).name == "a.jpg"
    monkeypatch.setattr(sniffing, "MOST_SEGMENTS", 50)
    assert refusal("a.jpg", content) == "damaged"


def test_a_long_text_is_looked_through_at_once():
    text = "é".encode() * 4 * MEGABYTE
    with at_once():
        assert intake.inspect(upload("a.txt", text)).name == "a.txt"
    assert refusal("a.txt", text + b"\x1b[2J") == "kind"


@pytest.mark.parametrize("char", ["\0", "\x08", "\x0b", "\x1b", "\x7f", "\x85", "\x9f"])
def test_text_that_steers_a_screen_is_none(char):
    assert refusal("a.txt", f"a{char}b".encode()) == "kind"


@pytest.mark.parametrize("char", ["\t", "\n", "\r", "\f", "\xa0", "é", "€", "\u202e"])
def test_all_other_text_is(char):
    assert intake.inspect(upload("a.txt", f"a{char}b".encode()))


# -- two things at once ------------------------------------------------------------------------------------------------

JAR = samples.archive({"META-INF/MANIFEST.MF": b"Main-Class: A", "A.class": b"\xca\xfe\xba\xbe"})
PAGE = b"<html><script>alert(1)</script></html>"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        pytest.param("a.jar", pictures.GIF + JAR, "mismatch", id="GIF and program, called program"),
        pytest.param("a.docx", pictures.GIF + samples.DOCX, "mismatch", id="GIF and Word, called Word"),
        pytest.param("a.html", pictures.JPEG + PAGE, "mismatch", id="JPEG and page, called page"),
        pytest.param("a.js", b"\xff\xd8\xff\xfe/**/alert(1)", "mismatch", id="JPEG and script, called script"),
        pytest.param("a.docx", samples.PDF + samples.DOCX, "mismatch", id="PDF and Word, called Word"),
        pytest.param("a.docx", samples.DOCX + JAR, "kind", id="Word and program"),
        pytest.param("a.docx", b"PK\x03\x04" + PAGE, "kind", id="page that begins like an archive"),
        pytest.param("a.txt", b"\x1f\x8b\x08\0" + PAGE, "kind", id="compressed page called text"),
        pytest.param("a.xlsx", samples.docx(**{"xl/macrosheets/sheet1.xml": b"x"}), "kind", id="macros of old"),
        pytest.param("a.docx", samples.docx(**{"word/embeddings/Invoice.LNK": b"x"}), "kind", id="shortcut inside"),
        pytest.param("a.docx", samples.docx(**{"word/embeddings/more.docm": b"x"}), "kind", id="macros inside inside"),
    ],
)
def test_it_is_kept_as_what_it_begins_as_or_not_at_all(name, content, code):
    assert refusal(name, content) == code


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        pytest.param(pictures.GIF, "gif", id="GIF"),
        pytest.param(pictures.PNG, "png", id="PNG"),
        pytest.param(pictures.JPEG, "jpg", id="JPEG"),
    ],
)
@pytest.mark.parametrize("behind", [JAR, PAGE, samples.PDF], ids=["program", "page", "PDF"])
def test_what_hangs_behind_a_picture_does_not_reach_staff(content, kind, behind):
    found = intake.inspect(upload("a", content + behind))
    assert found.name == f"a.{kind}"
    assert stripping.strip(content + behind, found.content_type) == content
