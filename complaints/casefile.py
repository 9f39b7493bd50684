"""The file of a case as one archive: what it says, its timeline, its letters as sent, and the list of its evidence.

For the ombudsman, or a court. Whoever hands it out has asked the gate before. Internal notes stay inside.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils import timezone

from supportportal import spreadsheets
from supportportal.people.models import Firm

from . import calendars, timeline
from .models import Complaint, Evidence, Letter, Referral
from .timeline import Happened, Rows

TIMELINE = ("at", "what", "who", "detail", "state")
LETTERS = ("file", "kind", "way", "state", "subject", "sent_at", "sha256")
EVIDENCE = ("name", "type", "bytes", "sha256", "added_at", "added_by_staff", "scan", "withheld")


def build(complaint: Complaint, at: datetime) -> bytes:
    """The archive, in the reader's language, with the desk's times; the same case at the same instant gives the same
    bytes. ``SHA256SUMS`` in it names every other file with its hash."""
    rows, firm = replace(Rows.read(complaint), notes=[]), Firm.current()
    zone = calendars.zone_of(firm)
    letters = [(_name(number, one), one) for number, one in enumerate(_sent(rows.letters), start=1)]
    happened = timeline.of(rows)
    shown = {
        "complaint": complaint,
        "firm": firm,
        "at": at,
        "happened": happened,
        "letters": letters,
        "evidence": rows.evidence,
        "deadlines": rows.deadlines,
        "points": list(complaint.points.prefetch_related("remedies")),
        "remedies": list(complaint.remedies.filter(point=None)),
        "appeal": getattr(complaint, "appeal", None),
        "referral": Referral.objects.filter(complaint=complaint).select_related("scheme").first(),
    }
    with timezone.override(zone):
        page = render_to_string("complaints/casefile.html", shown)
    files = {
        "case.html": page.encode(),
        "timeline.csv": _csv(TIMELINE, _timeline(happened, zone)),
        "letters.csv": _csv(LETTERS, (_letter(name, one, zone) for name, one in letters)),
        "evidence.csv": _csv(EVIDENCE, (_evidence(one, zone) for one in rows.evidence)),
        **{name: _content(one) for name, one in letters},
    }
    files["SHA256SUMS"] = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in files).encode()
    return _zip(complaint.reference, files, at.astimezone(zone))


def _sent(letters: Iterable[Letter]) -> Iterator[Letter]:
    return (one for one in letters if one.content is not None)


def _name(number: int, letter: Letter) -> str:
    return f"letters/{number:02}-{letter.kind}.html"


def _content(letter: Letter) -> bytes:
    assert letter.content is not None
    with letter.content.content.open("rb") as file:
        return file.read()


def _timeline(happened: Iterable[Happened], zone: ZoneInfo) -> Iterator[list[Any]]:
    for one in happened:
        yield [_iso(one.at, zone), one.what, one.who, one.detail, one.state]


def _letter(name: str, letter: Letter, zone: ZoneInfo) -> list[Any]:
    content = letter.content
    digest = content.sha256 if content else ""
    return [name, letter.kind, letter.way, letter.state, letter.subject, _iso(letter.gone_at, zone), digest]


def _evidence(one: Evidence, zone: ZoneInfo) -> list[Any]:
    file, added = one.file, _iso(one.added_at, zone)
    by_staff, scan = ("yes" if flag else "no" for flag in (one.added_by_id, one.is_scan))
    return [file.name, file.content_type, file.size, file.sha256, added, by_staff, scan, file.why_withheld]


def _iso(instant: datetime | None, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).isoformat(timespec="seconds") if instant else ""


def _csv(columns: Iterable[str], lines: Iterable[list[Any]]) -> bytes:
    return spreadsheets.written(columns, lines).encode()


def _zip(folder: str, files: dict[str, bytes], made: datetime) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in files.items():
            info = zipfile.ZipInfo(f"{folder}/{name}", made.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            out.writestr(info, content)
    return archive.getvalue()
