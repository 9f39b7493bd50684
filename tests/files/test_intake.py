import hashlib
import io
import zipfile

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.datastructures import MultiValueDict

from supportportal.files import intake, names, sniffing
from supportportal.files.forms import PrivateFileField, PrivateFilesField
from supportportal.files.models import StoredFile

from . import samples


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    made = SimpleUploadedFile("x", content, content_type="text/html")
    made._name = name  # as a browser may send it, past what Django's parser cuts off
    return made


def refusal(name: str, content: bytes) -> str:
    with pytest.raises(ValidationError) as refused:
        intake.inspect(upload(name, content))
    return refused.value.code


@pytest.mark.parametrize(
    ("name", "content", "kept", "content_type"),
    [
        pytest.param("a.pdf", samples.PDF, "a.pdf", "application/pdf", id="PDF"),
        pytest.param("a.PNG", samples.PNG, "a.png", "image/png", id="PNG"),
        pytest.param("a.jpeg", samples.JPEG, "a.jpeg", "image/jpeg", id="JPEG"),
        pytest.param("a.gif", samples.GIF, "a.gif", "image/gif", id="GIF"),
        pytest.param("a.webp", samples.WEBP, "a.webp", "image/webp", id="WebP"),
        pytest.param("IMG_1.HEIC", samples.HEIC, "IMG_1.heic", "image/heic", id="HEIC"),
        pytest.param("a.txt", "Über uns\n".encode(), "a.txt", "text/plain", id="text"),
        pytest.param("a.txt", "Über uns\n".encode("cp1252"), "a.txt", "text/plain", id="Western text"),
        pytest.param("a.txt", "Über uns\n".encode("utf-16"), "a.txt", "text/plain", id="UTF-16 text"),
        pytest.param("a.csv", b"a;b\n1;2\n", "a.csv", "text/plain", id="CSV"),
        pytest.param("server.log", b"12:00 error\n", "server.log", "text/plain", id="log"),
        pytest.param("a.docx", samples.DOCX, "a.docx", sniffing.DOCX.content_type, id="Word"),
        pytest.param("a.xlsx", samples.XLSX, "a.xlsx", sniffing.XLSX.content_type, id="Excel"),
        pytest.param("a.odt", samples.ODT, "a.odt", "application/vnd.oasis.opendocument.text", id="OpenDocument"),
        pytest.param("screenshot", samples.PNG, "screenshot.png", "image/png", id="no extension"),
    ],
)
def test_what_is_taken_in(name, content, kept, content_type):
    found = intake.inspect(upload(name, content))
    assert (found.name, found.content_type) == (kept, content_type)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        pytest.param("a.pdf", b"", "empty", id="empty"),
        pytest.param("a.html", b"<html><script>alert(1)</script>", "kind", id="HTML"),
        pytest.param("a.txt", b"  \n<!DOCTYPE html><script>", "kind", id="HTML called text"),
        pytest.param("a.txt", b"\xef\xbb\xbf<svg onload=alert(1)>", "kind", id="SVG called text"),
        pytest.param("a.txt", "<html>".encode("utf-16"), "kind", id="HTML in UTF-16"),
        pytest.param("a.svg", b"<?xml version='1.0'?><svg/>", "kind", id="SVG"),
        pytest.param("a.txt", b"#!/bin/sh\nrm -rf /\n", "kind", id="script"),
        pytest.param("a.txt", b"a\0b", "kind", id="binary called text"),
        pytest.param("a.exe", b"MZ\x90\0\3\0\0\0", "kind", id="program"),
        pytest.param("a.pdf", b"MZ\x90\0%PDF-1.7", "kind", id="program with a PDF inside"),
        pytest.param("a.pdf", b"\n\n%PDF-1.7", "mismatch", id="PDF that does not begin as one"),
        pytest.param("a.jpg", samples.PNG, "mismatch", id="PNG called JPEG"),
        pytest.param("a.html", samples.PNG, "mismatch", id="PNG called HTML"),
        pytest.param("invoice.pdf.exe", samples.PDF, "mismatch", id="second extension"),
        pytest.param("fdp.\u202eexe.pdf\u202c.exe", samples.PDF, "mismatch", id="extension turned round"),
        pytest.param("a.pdf\u200b.exe", samples.PDF, "mismatch", id="extension behind an invisible mark"),
        pytest.param("a.pdf .exe ", samples.PDF, "mismatch", id="extension behind blanks"),
        pytest.param("a.zip", samples.archive({"a.txt": b"a"}), "kind", id="plain archive"),
        pytest.param("a.docx", samples.archive({"a.txt": b"a"}), "kind", id="archive called Word"),
        pytest.param("a.docx", samples.DOCX[:60], "kind", id="archive cut off"),
        pytest.param("a.docx", b"MZ" + samples.DOCX, "kind", id="program with an archive behind it"),
        pytest.param("a.docx", samples.docx(**{"word/vbaProject.bin": b"x"}), "kind", id="macros"),
        pytest.param("a.docx", samples.docx(**{"word/embeddings/a.exe": b"x"}), "kind", id="program inside"),
        pytest.param("a.docx", samples.docx(**{"../../etc/cron.d/a": b"x"}), "kind", id="reaching out"),
        pytest.param("a.odt", samples.odt(**{"Basic/Standard/a.xml": b"x"}), "kind", id="OpenDocument macros"),
        pytest.param("a.odt", samples.odt(b"application/java-archive"), "kind", id="another OpenDocument"),
        pytest.param("a.png", samples.png(100_000, 100_000), "pixels", id="PNG of ten billion pixels"),
        pytest.param("a.gif", samples.gif(60_000, 60_000), "pixels", id="GIF of too many pixels"),
        pytest.param("a.jpg", samples.jpeg(60_000, 60_000), "pixels", id="JPEG of too many pixels"),
        pytest.param("a.webp", samples.webp(16_000, 16_000), "pixels", id="WebP of too many pixels"),
        pytest.param("a.png", b"\x89PNG\r\n\x1a\n", "damaged", id="PNG cut off"),
        pytest.param("a.jpg", b"\xff\xd8\xff\xe0", "damaged", id="JPEG cut off"),
        pytest.param("a.jpg", b"\xff\xd8\xff\xe0\0\0" * 9, "damaged", id="JPEG that walks in circles"),
    ],
)
def test_what_is_refused(name, content, code):
    assert refusal(name, content) == code


def test_an_archive_that_unpacks_to_too_much_is_refused(settings):
    content = samples.docx(**{"word/media/a": b"\0" * 1_000_001})
    settings.FILES_MAX_UNPACKED_BYTES = 1_000_000
    assert refusal("a.docx", content) == "bomb"
    settings.FILES_MAX_UNPACKED_BYTES = 2_000_000
    assert intake.inspect(upload("a.docx", content)).name == "a.docx"


def test_an_archive_of_too_many_members_is_refused(settings):
    settings.FILES_MAX_ARCHIVE_MEMBERS = 10
    assert refusal("a.docx", samples.docx(**{f"{n}": b"" for n in range(9)})) == "bomb"


def test_members_that_share_their_bytes_are_refused():
    """The list of an archive names one member again and again: small on disk, endless unpacked."""
    content = bytearray(samples.DOCX)
    listing = content.index(b"PK\x01\x02")
    first = content[listing : content.index(b"PK\x01\x02", listing + 1)]
    end = content.index(b"PK\x05\x06")
    repeated = bytes(content[:end]) + bytes(first) * 3 + bytes(content[end:])
    with zipfile.ZipFile(io.BytesIO(samples.DOCX)) as plain:
        count = len(plain.infolist())
    tail = bytearray(repeated[repeated.index(b"PK\x05\x06") :])
    tail[8:12] = (count + 3).to_bytes(2, "little") * 2
    tail[12:16] = (end + 3 * len(first) - listing).to_bytes(4, "little")
    assert refusal("a.docx", repeated[: repeated.index(b"PK\x05\x06")] + bytes(tail)) == "bomb"


@pytest.mark.parametrize(("size", "code"), [(1_000, None), (1_001, "size")], ids=["just fits", "a byte too large"])
def test_size_has_a_limit(settings, size, code):
    settings.FILES_MAX_BYTES = 1_000
    content = samples.PDF.ljust(size)
    if code:
        assert refusal("a.pdf", content) == code
    else:
        assert intake.inspect(upload("a.pdf", content))


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("report.pdf", ("report", "pdf")),
        ("../../etc/passwd", ("passwd", "")),
        ("C:\\Users\\anna\\report.PDF", ("report", "pdf")),
        ("in\r\nvoice\0.pdf", ("invoice", "pdf")),
        ("r\u200be\u202ep\ufefforts.pdf", ("reports", "pdf")),
        ("a.tar.gz.pdf", ("a_tar_gz", "pdf")),
        (".htaccess", ("", "htaccess")[::-1]),
        ("…", ("", "")),
        ("   .pdf", ("", "pdf")[::-1]),
        ('<img src="x">.png', ("img src=_x", "png")),
        ("Zoë’s plan.png", ("Zoë’s plan", "png")),
        ("ﬁle．pdf", ("file", "pdf")),
        ("", ("", "")),
    ],
)
def test_names_are_cleaned(name, cleaned):
    assert names.clean(name) == cleaned


def test_long_names_keep_their_extension():
    kept = names.join("x" * 500, "pdf")
    assert (len(kept), kept[-4:]) == (names.LONGEST, ".pdf")


def test_a_name_of_nothing_is_still_a_name():
    assert intake.inspect(upload("\u200b\u202e", samples.PDF)).name == "file.pdf"


@pytest.mark.django_db
def test_what_is_kept_has_a_random_place_and_its_digest(at):
    stored = intake.accept(upload("../report.pdf", samples.PDF), at)
    again = StoredFile.objects.get(pk=stored.pk)
    assert (again.name, again.size, again.uploaded_at) == ("report.pdf", len(samples.PDF), at)
    assert again.sha256 == hashlib.sha256(samples.PDF).hexdigest()
    assert "report" not in again.content.name and len(again.content.name) >= 40
    with again.content.open() as kept:
        assert kept.read() == samples.PDF
    assert intake.accept(upload("report.pdf", samples.PDF), at).content.name != again.content.name


@pytest.mark.django_db
def test_nothing_is_kept_of_what_is_refused(at):
    with pytest.raises(ValidationError):
        intake.accept(upload("a.html", b"<html>"), at)
    assert not StoredFile.objects.exists()


# -- in forms ----------------------------------------------------------------------------------------------------------


class OneForm(forms.Form):
    file = PrivateFileField(required=False)


class ManyForm(forms.Form):
    files = PrivateFilesField(required=False)


def test_a_refusal_stands_beside_the_field():
    form = OneForm({}, {"file": upload("a.html", b"<html>")})
    assert "a.html" in form.errors["file"][0]


@pytest.mark.django_db
def test_the_cleaned_file_can_be_kept(at):
    form = OneForm({}, {"file": upload("a\u202e.tar.pdf", samples.PDF)})
    assert form.is_valid()
    assert form.cleaned_data["file"].name == "a_tar.pdf"
    assert intake.accept(form.cleaned_data["file"], at).name == "a_tar.pdf"


def test_no_file_is_no_error():
    form = OneForm({}, {})
    assert form.is_valid() and form.cleaned_data["file"] is None


def many(*uploads):
    return ManyForm({}, MultiValueDict({"files": list(uploads)}))


def test_each_refused_file_is_named():
    form = many(upload("a.html", b"<html>"), upload("b.pdf", samples.PDF), upload("c.exe", b"MZ\0\0"))
    assert [("a.html" in error, "c.exe" in error) for error in form.errors["files"]] == [(True, False), (False, True)]


def test_the_number_of_files_has_a_limit(settings):
    settings.FILES_MAX_COUNT = 2
    assert many(*[upload("a.pdf", samples.PDF)] * 2).is_valid()
    assert "2 files" in many(*[upload("a.pdf", samples.PDF)] * 3).errors["files"][0]
