"""The file of a case in one archive, and letters as PDF (C-9, C-10)."""

import csv
import hashlib
import io
import types
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from complaints import casefile, pdf
from complaints.operations import appeals, letters, ombudsman, remedies, review
from supportportal.files.intake import accept

from ..factories import MONDAY_TEN
from ..factories_complaints import ComplaintFactory, SchemeFactory, decided

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN + timedelta(hours=1)


@pytest.fixture
def case(anna):
    SchemeFactory()
    ComplaintFactory(summary="Another case altogether")
    photo = accept(SimpleUploadedFile("=photo.txt", b"What I saw"), AT)
    complaint = ComplaintFactory(summary="<b>Nobody</b> called", name="=cmd()", files=[photo])
    review.note(complaint, "Secret thoughts", by=anna, at=AT)
    remedies.promise(complaint, "We call", by=anna, at=AT, seen=None)
    decided(complaint, by=anna, at=AT)
    letters.draft(complaint, "letter", by=anna, at=AT)
    appeals.lodge(complaint, reasons="You never asked me", at=AT)
    ombudsman.refer(complaint, their_reference="CO-1", referred_on=AT.date(), by=anna, at=AT)
    complaint.refresh_from_db()
    return complaint


def opened(complaint, at=AT):
    with zipfile.ZipFile(io.BytesIO(casefile.build(complaint, at))) as archive:
        assert archive.testzip() is None
        return {name.removeprefix(f"{complaint.reference}/"): archive.read(name) for name in archive.namelist()}


def lines(content):
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_the_archive_holds_what_it_says(case):
    files = opened(case)
    sums = dict(line.split("  ")[::-1] for line in files.pop("SHA256SUMS").decode().splitlines())
    assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert sorted(files) == [
        "case.html",
        "evidence.csv",
        "letters.csv",
        "letters/01-acknowledgement.html",
        "letters/02-response.html",
        "letters/03-appeal_received.html",
        "timeline.csv",
    ]


def test_letters_are_there_as_they_were_sent(case):
    files = opened(case)
    listed = lines(files["letters.csv"])
    assert [one["sha256"] for one in listed] == [hashlib.sha256(files[one["file"]]).hexdigest() for one in listed]
    kept = case.letters.exclude(content=None).values_list("content__sha256", flat=True)
    assert [one["sha256"] for one in listed] == list(kept)


def test_the_evidence_is_listed_and_not_given_out(case):
    files = opened(case)
    (row,) = lines(files["evidence.csv"])
    assert row["sha256"] == hashlib.sha256(b"What I saw").hexdigest()
    assert row["name"] == f"'{case.evidence.get().file.name}" or not row["name"].startswith("=")
    assert not any(b"What I saw" in content for content in files.values())


def test_it_tells_of_this_case_alone_and_of_no_notes(case):
    files = opened(case)
    everything = b"".join(files.values()).decode()
    assert "Secret thoughts" not in everything
    assert "Another case altogether" not in everything
    assert "You never asked me" in everything
    assert "CO-1" in everything
    assert "&lt;b&gt;Nobody&lt;/b&gt; called" in files["case.html"].decode()


def test_nothing_in_a_table_runs_in_a_spreadsheet(case):
    files = opened(case)
    cells = [cell for name in files if name.endswith(".csv") for row in lines(files[name]) for cell in row.values()]
    assert "'=cmd()" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_the_same_case_gives_the_same_bytes(case):
    assert casefile.build(case, AT) == casefile.build(case, AT)


# -- PDF ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def drawing(monkeypatch):
    """Stands in for WeasyPrint: its file is the page that it was given, and what it may fetch."""

    class Drawn:
        def __init__(self, string, url_fetcher):
            self.said = f"%PDF {url_fetcher} {string}".encode()

        def write_pdf(self, **options):
            return self.said

    def fetcher(*, allowed_protocols):
        return sorted(allowed_protocols)

    urls = types.SimpleNamespace(URLFetcher=fetcher)
    monkeypatch.setattr(pdf, "weasyprint", types.SimpleNamespace(HTML=Drawn, urls=urls))


def test_a_letter_is_drawn_from_the_bytes_that_were_kept_and_fetches_nothing(complaint, drawing):
    letter = complaint.letters.get()
    drawn = pdf.of(letter)
    with letter.content.content.open("rb") as kept:
        assert drawn == b"%PDF [] " + kept.read()


def test_a_draft_has_no_pdf(complaint, anna):
    with pytest.raises(ValueError, match="has not left"):
        pdf.of(letters.draft(complaint, "update", by=anna, at=AT))


@pytest.mark.parametrize("found", [None, types.SimpleNamespace()], ids=["without", "with"])
def test_it_says_whether_it_can_draw(monkeypatch, found):
    monkeypatch.setattr(pdf, "weasyprint", found)
    assert pdf.is_available() is (found is not None)
