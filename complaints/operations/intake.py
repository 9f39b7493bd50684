"""Taking a complaint, by form, letter or mail, and what comes after it; each whole or not at all (C-1 to C-4, C-9)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from supportportal.files.models import StoredFile
from supportportal.outbox import inbound as mail_in
from supportportal.outbox.models import Inbound
from supportportal.people.models import User
from supportportal.trail import operations as trail

from .. import messages, names, references
from ..models import Complaint, Letter, NamedStaff, Reply, Use
from ..policy import POLICY
from ..refusals import ArrivedInFuture, EnteredBefore, NoName, NoSummary, NothingSaid, NotReachable, NotYours, WhyLate
from ..rules import acknowledge_by
from . import clocks, evidence, letters, limits, naming
from .locking import changed, lock

_SAID = ("summary", "name", "email", "postal_address", "references", "occasions", "numbers", "emails", "wish")
_WHOSE = ("summary", "email", "postal_address")  # what tells whose complaint it is
_AGAIN = timedelta(hours=1)  # the same words later than this are said again
Part = NamedStaff.Part
ENTER = "complaints.add_complaint"


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
    source: str = "",
) -> Complaint:
    """Take what came by the online form: submission is arrival, and the first reply goes out by itself (C-1, C-4).

    So that nobody floods a stranger's mailbox, one address gets only so many in a day; after that the first reply is a
    draft for staff to look at, and its clock runs.

    The same ``form_key`` twice by the same complainant is one complaint; what the second adds to the first is added to
    it. Anybody else's is a complaint of its own: a key leads to nobody's page (C-3).
    Raises ComplaintRefused, with nothing changed: TooManyComplaints from one ``source``, or incomplete.
    """
    if found := _sent_before(form_key):
        if _is_theirs(found, told, client):
            return _add_what_is_new(found, told, files, at=at)
        form_key = None
    limits.require_turn(source, at)
    complaint = _complaint(told, source=Complaint.Source.FORM, arrived_at=at, at=at, client=client, form_key=form_key)
    try:
        taken = _take(complaint, told, files, by=None, at=at)
    except IntegrityError:
        if _sent_before(form_key):
            return lodge(told, at=at, files=files, client=client, form_key=form_key, source=source)
        raise
    limits.note(Use.Kind.COMPLAINT, source, at)
    return taken


def add(
    complaint: Complaint,
    *,
    text: str,
    source: str,
    at: datetime,
    files: Sequence[StoredFile] = (),
    by: User | None = None,
    inbound: Inbound | None = None,
) -> Reply:
    """Take what the complainant sends later: it joins the timeline, and its files the evidence (C-9).

    ``at`` is its arrival. The same twice is taken once. Names that occur in it keep people out like the first ones.
    Raises NothingSaid, TooMuchEvidence.
    """
    text = text.strip()
    if not text and not files:
        raise NothingSaid
    fresh = evidence.unknown(complaint, files)
    evidence.require_room([one.size for one in fresh], beside=complaint)
    shown = evidence.copies(fresh, at)
    with transaction.atomic():
        complaint = lock(complaint)
        fresh = evidence.unknown(complaint, fresh)
        if not fresh and (found := _same(complaint, text, source, inbound, at)):
            return found
        reply = Reply.objects.create(complaint=complaint, source=source, text=text, arrived_at=at, inbound=inbound)
        reply.files.set(fresh)
        evidence.keep(complaint, fresh, shown, by=by, at=at)
        trail.record("complaint.reply", complaint, by=by, at=at, reply=reply.pk, source=source, files=len(fresh))
        changed(complaint)
        naming.hear(complaint, [text, *(one.name for one in fresh)], at=at)
    return reply


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
    form_key: uuid.UUID | None = None,
    inbound: Inbound | None = None,
) -> Complaint:
    """Take what staff write down: a letter or mail at its arrival, or the form for somebody who cannot (C-1).

    A letter entered after its first reply was due is recorded in breach, with the reason (C-4). The same ``form_key``
    twice, by the same person for the same complainant, is one complaint. ``inbound`` is the mail that it came by: it
    arrived with it, and is from now on read by who may see the complaint (C-8).
    Raises ComplaintRefused, with nothing changed: arrival in the future, late without a reason, incomplete, NotYours
    for whom this is none of their work, EnteredBefore.
    """
    if not (by.is_active and by.is_staff and by.has_perm(ENTER)):
        raise NotYours
    if found := _sent_before(form_key):
        if found.entered_by_id == by.pk and _says_the_same(found, told):
            return found
        form_key = None
    if source == Complaint.Source.ASSISTED:
        arrived_at = at  # submission is arrival
    if inbound is not None:
        arrived_at = inbound.arrived_at
    if arrived_at > at:
        raise ArrivedInFuture
    if at > acknowledge_by(arrived_at, POLICY).due_at and not late_entry_reason.strip():
        raise WhyLate
    complaint = _complaint(told, source=source, arrived_at=arrived_at, at=at, client=client, form_key=form_key)
    complaint.entered_by, complaint.post, complaint.read_back = by, post, read_back
    complaint.late_entry_reason = late_entry_reason.strip()
    try:
        with transaction.atomic():
            taken = _take(complaint, told, files, by=by, at=at, scan=scan)
            if inbound and not mail_in.assign(inbound, messages.SUBJECT_TYPE, taken.pk, by=by, at=at):
                raise EnteredBefore
            return taken
    except IntegrityError:
        if (found := _sent_before(form_key)) and found.entered_by_id == by.pk and _says_the_same(found, told):
            return found
        raise


def _sent_before(form_key: uuid.UUID | None) -> Complaint | None:
    return Complaint.objects.filter(form_key=form_key).first() if form_key else None


def _is_theirs(complaint: Complaint, told: Told, client: User | None) -> bool:
    """Whether the form that was sent before was this person's too, as far as what was typed says."""
    if complaint.source != Complaint.Source.FORM or complaint.client_id not in (None, client.pk if client else None):
        return False
    return _says_the_same(complaint, told)


def _says_the_same(complaint: Complaint, told: Told) -> bool:
    """Whether the story or one of the addresses is the one that was given before."""
    pairs = [(getattr(told, field).strip(), getattr(complaint, field)) for field in _WHOSE]
    return any(now and now.casefold() == before.casefold() for now, before in pairs)


def _complaint(
    told: Told,
    *,
    source: str,
    arrived_at: datetime,
    at: datetime,
    client: User | None,
    form_key: uuid.UUID | None,
) -> Complaint:
    return Complaint(
        reference=references.drawn(),
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
    is_held = complaint.source == Complaint.Source.FORM and limits.is_told_enough(complaint.email, at)
    shown = evidence.copies([*files, scan] if scan else files, at)
    with transaction.atomic():
        _let_go_of_nobody(complaint)
        complaint.save()
        typed = names.typed_names(told.complained_about)
        _name_staff(complaint, [*told.texts, *typed, *(one.name for one in files)], told)
        evidence.keep(complaint, files, shown, by=by, at=at, scan=scan)
        clocks.start(complaint)
        write = letters.draft if is_held else letters.send_new
        write(complaint, Letter.Kind.ACKNOWLEDGEMENT, by=by, at=at)
        facts = {"source": complaint.source, "about": complaint.about, "arrived_at": complaint.arrived_at}
        trail.record("complaint.taken", complaint, by=by, at=at, **facts)
    return complaint


def _let_go_of_nobody(complaint: Complaint) -> None:
    """A client who is being anonymised at this instant is nobody any more: the complaint stands without."""
    if complaint.client_id is not None:
        client = User.objects.select_for_update(no_key=True).get(pk=complaint.client_id)
        complaint.client = None if client.is_anonymised else client


def _add_what_is_new(complaint: Complaint, told: Told, files: Sequence[StoredFile], *, at: datetime) -> Complaint:
    """The form once more, perhaps corrected with the browser's Back: nothing is taken twice, and nothing is lost."""
    known = set(complaint.named.values_list("typed", flat=True))
    typed = [*names.typed_names(told.complained_about), *names.typed_names(told.spoken_with)]
    told_now = [(getattr(told, field).strip(), getattr(complaint, field)) for field in _SAID]
    said = [text for text, before in told_now if text and text != before]
    said += [name for name in typed if name not in known]
    fresh = evidence.unknown(complaint, files)
    if said or fresh:
        add(complaint, text="\n\n".join(said), source=Reply.Source.PAGE, files=fresh, at=at)
    return complaint


def _same(complaint: Complaint, text: str, source: str, inbound: Inbound | None, at: datetime) -> Reply | None:
    """The reply that was sent a moment ago, where this is it again."""
    if inbound is not None:
        return complaint.replies.filter(inbound=inbound).first()
    return complaint.replies.filter(text=text, source=source, arrived_at__gt=at - _AGAIN).first()


def _require_whole(complaint: Complaint, files: Sequence[StoredFile]) -> None:
    if not complaint.name:
        raise NoName
    if not complaint.summary:
        raise NoSummary
    if not (complaint.email or complaint.postal_address):
        raise NotReachable
    evidence.require_room([one.size for one in files])


def _name_staff(complaint: Complaint, texts: Sequence[str], told: Told) -> None:
    """Write down the names as typed, and keep out whoever's name occurs, until somebody has matched them (C-8)."""
    rows = [
        NamedStaff(complaint=complaint, part=part, typed=name)
        for part, text in ((Part.ABOUT, told.complained_about), (Part.SPOKEN_WITH, told.spoken_with))
        for name in names.typed_names(text)
    ]
    staff = User.objects.staff().only(*names.READ)
    rows += [
        NamedStaff(complaint=complaint, part=Part.MENTIONED, typed=person.name[:120], person=person)
        for person in names.mentioned(texts, staff)
    ]
    NamedStaff.objects.bulk_create(rows)
