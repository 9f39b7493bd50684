"""Taking a complaint: by form, by letter, by mail; one act, whole or not at all (C-1 to C-4)."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from supportportal.files.models import StoredFile
from supportportal.people.models import User
from supportportal.trail import operations as trail

from .. import names
from ..models import Complaint, Evidence, Letter, NamedStaff
from ..policy import POLICY
from ..refusals import ArrivedInFuture, NoName, NoSummary, NotReachable, TooMuchEvidence, WhyLate
from ..rules import acknowledge_by
from . import clocks, letters

_LETTERS = "23456789CFGHJMPQRVWX"  # none that look alike, no vowels that make words
Part = NamedStaff.Part


@dataclass(frozen=True)
class Told:
    """What somebody complains of, as clean values. ``complained_about`` and ``spoken_with`` are texts of names."""

    name: str
    summary: str
    email: str = ""
    postal_address: str = ""
    country: str = ""
    language: str = "en"
    time_zone: str = "Europe/Rome"
    about: str = Complaint.About.SERVICE
    complained_about: str = ""
    spoken_with: str = ""
    references: str = ""
    occasions: str = ""
    numbers: str = ""
    emails: str = ""
    wish: str = ""

    @property
    def texts(self) -> list[str]:
        return [self.summary, self.complained_about, self.references, self.occasions, self.emails, self.wish]


def lodge(
    told: Told,
    *,
    at: datetime,
    files: Sequence[StoredFile] = (),
    client: User | None = None,
    form_key: uuid.UUID | None = None,
) -> Complaint:
    """Take what came by the online form: submission is arrival, and the first reply goes out by itself (C-1, C-4).

    The same ``form_key`` twice is one complaint. Raises ComplaintRefused, with nothing changed.
    """
    if form_key and (found := Complaint.objects.filter(form_key=form_key).first()):
        return found
    complaint = _complaint(told, source=Complaint.Source.FORM, arrived_at=at, at=at, client=client, form_key=form_key)
    try:
        return _take(complaint, told, files, by=None, at=at)
    except IntegrityError:
        if form_key and (found := Complaint.objects.filter(form_key=form_key).first()):
            return found
        raise


def enter(
    told: Told,
    *,
    source: str,
    arrived_at: datetime,
    by: User,
    at: datetime,
    files: Sequence[StoredFile] = (),
    scan: StoredFile | None = None,
    post: str = "",
    read_back: bool = False,
    late_entry_reason: str = "",
    client: User | None = None,
) -> Complaint:
    """Take what staff write down: a letter or mail at its arrival, or the form for somebody who cannot (C-1).

    A letter entered after its first reply was due is recorded in breach, with the reason (C-4).
    Raises ComplaintRefused, with nothing changed: arrival in the future, late without a reason, incomplete.
    """
    if source == Complaint.Source.ASSISTED:
        arrived_at = at  # submission is arrival
    if arrived_at > at:
        raise ArrivedInFuture
    if at > acknowledge_by(arrived_at, POLICY).due_at and not late_entry_reason.strip():
        raise WhyLate
    complaint = _complaint(told, source=source, arrived_at=arrived_at, at=at, client=client)
    complaint.entered_by, complaint.post, complaint.read_back = by, post, read_back
    complaint.late_entry_reason = late_entry_reason.strip()
    return _take(complaint, told, files, by=by, at=at, scan=scan)


def _complaint(
    told: Told,
    *,
    source: str,
    arrived_at: datetime,
    at: datetime,
    client: User | None,
    form_key: uuid.UUID | None = None,
) -> Complaint:
    return Complaint(
        reference=_reference(),
        form_key=form_key,
        source=source,
        arrived_at=arrived_at,
        entered_at=at,
        client=client,
        name=" ".join(told.name.split()),
        email=told.email.strip(),
        postal_address=told.postal_address.strip(),
        country=told.country,
        language=told.language,
        time_zone=told.time_zone,
        about=told.about,
        summary=told.summary.strip(),
        references=told.references.strip(),
        occasions=told.occasions.strip(),
        numbers=told.numbers.strip(),
        emails=told.emails.strip(),
        wish=told.wish.strip(),
    )


@transaction.atomic
def _take(
    complaint: Complaint,
    told: Told,
    files: Sequence[StoredFile],
    *,
    by: User | None,
    at: datetime,
    scan: StoredFile | None = None,
) -> Complaint:
    _require_whole(complaint, files)
    complaint.save()
    _name_staff(complaint, told)
    _keep(complaint, files, scan, by=by, at=at)
    clocks.start(complaint, at=at)
    letters.send_new(complaint, Letter.Kind.ACKNOWLEDGEMENT, by=by, at=at)
    facts = {"source": complaint.source, "about": complaint.about, "arrived_at": complaint.arrived_at}
    trail.record("complaint.taken", complaint, by=by, at=at, **facts)
    return complaint


def _require_whole(complaint: Complaint, files: Sequence[StoredFile]) -> None:
    if not complaint.name:
        raise NoName
    if not complaint.summary:
        raise NoSummary
    if not (complaint.email or complaint.postal_address):
        raise NotReachable
    require_room(files)


def require_room(files: Sequence[StoredFile]) -> None:
    """Raises TooMuchEvidence where the files of one complaint are too many or too large together."""
    if len(files) > POLICY.evidence_files or sum(one.size for one in files) > POLICY.evidence_bytes:
        raise TooMuchEvidence


def _name_staff(complaint: Complaint, told: Told) -> None:
    """Write down the names as typed, and keep out whoever's name occurs, until somebody has matched them (C-8)."""
    rows = [
        NamedStaff(complaint=complaint, part=part, typed=name)
        for part, text in ((Part.ABOUT, told.complained_about), (Part.SPOKEN_WITH, told.spoken_with))
        for name in names.typed_names(text)
    ]
    staff = User.objects.staff().only("pk", "name")
    rows += [
        NamedStaff(complaint=complaint, part=Part.MENTIONED, typed=person.name[:120], person=person)
        for person in names.mentioned(told.texts, staff)
    ]
    NamedStaff.objects.bulk_create(rows)


def _keep(
    complaint: Complaint, files: Sequence[StoredFile], scan: StoredFile | None, *, by: User | None, at: datetime
) -> None:
    rows = [Evidence(complaint=complaint, file=one, added_at=at, added_by=by) for one in files]
    if scan:
        rows.append(Evidence(complaint=complaint, file=scan, is_scan=True, added_at=at, added_by=by))
    Evidence.objects.bulk_create(rows)


def _reference() -> str:
    """Nine of twenty letters drawn at random: one tells nothing of another (C-3)."""
    drawn = "".join(secrets.choice(_LETTERS) for _ in range(9))
    return f"{drawn[:3]}-{drawn[3:6]}-{drawn[6:]}"
