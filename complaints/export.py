"""The file of a case as one archive: what happened, the letters as they were sent, the list of evidence (C-10)."""

import csv
import io
import zipfile
from collections.abc import Iterable
from datetime import datetime

from django.template.loader import render_to_string

from bookings.books import harmless

from .case import Case

EVIDENCE = ["name", "type", "bytes", "sha256", "added", "scan"]


def archive(case: Case, at: datetime) -> bytes:
    """Internal notes stay inside: what goes to an ombudsman is what was said and done."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        happened = [one for one in case.timeline if one.kind != "note"]
        made.writestr(_named("case.html", at), render_to_string("complaints/export.html", {
            "case": case, "complaint": case.complaint, "happened": happened, "at": at,
        }))  # fmt: skip
        made.writestr(_named("evidence.csv", at), _evidence(case))
        for number, letter in enumerate(case.rows.letters, 1):
            if letter.content:
                with letter.content.content.open("rb") as kept:
                    made.writestr(_named(f"letters/{number:02}-{letter.content.name}", at), kept.read())
    return content.getvalue()


def _evidence(case: Case) -> str:
    rows = []
    for one in case.rows.evidence:
        file = one.file
        rows.append((file.name, file.content_type, file.size, file.sha256, one.added_at.isoformat(), one.is_scan))
    return csv_text(EVIDENCE, rows)


def csv_text(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Lines that a spreadsheet reads as they are: nothing in them runs as a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([harmless(str(cell)) for cell in row] for row in rows)
    return text.getvalue()


def _named(name: str, at: datetime) -> zipfile.ZipInfo:
    """A member with the time of the export, so that the same case at the same time is the same archive."""
    info = zipfile.ZipInfo(name, at.timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    return info
