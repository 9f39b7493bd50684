"""Whose names stand in a complaint: matched to staff by somebody else, and what follows from it (C-8)."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from supportportal.people.models import User
from supportportal.trail import operations as trail

from .. import eligibility, names
from ..models import Appeal, Appointment, Complaint, NamedStaff, Remedy
from ..refusals import ComplaintRefused, NoName, NotLawful, NotStaff, OwnName
from .gate import enter
from .locking import changed, lock

Part = NamedStaff.Part


@transaction.atomic
def match(
    named: NamedStaff, person: User, *, by: User, at: datetime, seen: int | None, part: str | None = None
) -> NamedStaff:
    """Say who is meant by a name; that person takes no further part in the case, reviewer or not.

    A name that was only mentioned becomes one complained about, unless ``part`` says otherwise.
    Raises OwnName, NotStaff, NotYours, Stale.
    """
    if by.pk == person.pk:
        raise OwnName
    if not person.is_staff:
        raise NotStaff
    complaint = enter(named.complaint, by=by, seen=seen)
    named = _row(complaint, named)
    if part is None:
        part = Part.ABOUT if named.part in (Part.MENTIONED, Part.CLEARED) else named.part
    return _deal_with(complaint, named, part=part, person=person, by=by, at=at)


@transaction.atomic
def clear(named: NamedStaff, *, by: User, at: datetime, seen: int | None) -> NamedStaff:
    """This name means nobody of us who is concerned. Raises OwnName, NotYours, Stale."""
    if named.person_id == by.pk:
        raise OwnName
    complaint = enter(named.complaint, by=by, seen=seen)
    named = _row(complaint, named)
    if named.person_id == by.pk:
        raise OwnName
    return _deal_with(complaint, named, part=Part.CLEARED, person=named.person, by=by, at=at)


@transaction.atomic
def add(
    complaint: Complaint,
    typed: str,
    part: str,
    *,
    by: User,
    at: datetime,
    seen: int | None,
    person: User | None = None,
) -> NamedStaff:
    """Write down one more name; whom it fits is kept out until it is matched.

    Raises NoName, OwnName, NotStaff, NotYours, Stale.
    """
    typed = " ".join(typed.split())[:120]
    if not typed:
        raise NoName
    if part not in (Part.ABOUT, Part.SPOKEN_WITH):
        raise ComplaintRefused
    if person and person.pk == by.pk:
        raise OwnName
    if person and not person.is_staff:
        raise NotStaff
    complaint = enter(complaint, by=by, seen=seen)
    named = NamedStaff(complaint=complaint, part=part, typed=typed, person=person)
    if person:
        named.matched_at, named.matched_by = at, by
    named.save()
    trail.record("complaint.name_added", complaint, by=by, at=at, named=named.pk, part=part)
    if part == Part.ABOUT and person is None:
        _mention(complaint, [typed], spared=())
    if person is None:
        complaint.names_settled_at = None
    _take_off(complaint, by=by, at=at)
    changed(complaint, "names_settled_at", "reviewer")
    return named


@transaction.atomic
def settle(complaint: Complaint, *, by: User, at: datetime, seen: int | None) -> Complaint:
    """Every name has been dealt with: who was only mentioned is not meant, who is unknown stays so.

    Raises NotLawful where they are settled already, NotYours, Stale.
    """
    complaint = enter(complaint, by=by, seen=seen)
    if complaint.names_settled_at is not None:
        raise NotLawful
    waiting = complaint.named.filter(matched_at__isnull=True)
    cleared = waiting.filter(part=Part.MENTIONED).update(part=Part.CLEARED, matched_at=at, matched_by=by)
    unknown = waiting.filter(person__isnull=True).update(matched_at=at, matched_by=by)
    complaint.names_settled_at = at
    trail.record("complaint.names_settled", complaint, by=by, at=at, cleared=cleared, unknown=unknown)
    return changed(complaint, "names_settled_at")


@transaction.atomic
def hear(complaint: Complaint, texts: Iterable[str], *, at: datetime) -> int:
    """Keep out whoever's name occurs in what came later, unless somebody has dealt with that person already.

    Its reviewers stay: a complainant who answers them writes their names. Returns how many were added.
    """
    complaint = lock(complaint)
    spared = {complaint.reviewer_id, *Appeal.objects.filter(complaint=complaint).values_list("reviewer", flat=True)}
    added = _mention(complaint, texts, spared=spared)
    if added:
        complaint.names_settled_at = None
        changed(complaint, "names_settled_at")
        trail.record("complaint.names_heard", complaint, by=None, at=at, count=added)
    return added


def heed(person: User, *, at: datetime) -> int:
    """Keep a member of staff who is new, has another name or is back out of what they perhaps are meant by.

    Each complaint in a transaction of its own; returns how many there are.
    """
    if not (person.is_staff and person.is_active):
        return 0
    unknown = NamedStaff.objects.filter(person__isnull=True).exclude(part=Part.CLEARED)
    found = Complaint.objects.filter(Q(names_settled_at=None) | Q(pk__in=unknown.values("complaint")))
    found = found.exclude(pk__in=NamedStaff.objects.filter(person=person).values("complaint"))
    return sum(
        hear(complaint, texts, at=at)
        for complaint in found.order_by("pk").prefetch_related("named", "replies", "evidence__file")
        if names.mentioned(texts := _said_in(complaint), [person])
    )


def _said_in(complaint: Complaint) -> list[str]:
    """All that the complainant said; once the names are settled, those that fitted nobody."""
    typed = [row.typed for row in complaint.named.all() if row.person_id is None and row.part != Part.CLEARED]
    if complaint.names_settled_at is not None:
        return typed
    told = [getattr(complaint, field) for field in ("summary", "references", "occasions", "emails", "wish")]
    appeal = Appeal.objects.filter(complaint=complaint).first()
    later = [reply.text for reply in complaint.replies.all()] + ([appeal.reasons, appeal.late_cause] if appeal else [])
    return [*typed, *told, *later, *(one.file.name for one in complaint.evidence.all())]


def _row(complaint: Complaint, named: NamedStaff) -> NamedStaff:
    return complaint.named.select_related("person").get(pk=named.pk)


def _deal_with(
    complaint: Complaint, named: NamedStaff, *, part: str, person: User | None, by: User, at: datetime
) -> NamedStaff:
    named.part, named.person, named.matched_at, named.matched_by = part, person, at, by
    named.save(update_fields=["part", "person", "matched_at", "matched_by"])
    facts = {"named": named.pk, "part": part, "person": person.pk if person else None}
    trail.record("complaint.name_matched", complaint, by=by, at=at, **facts)
    _take_off(complaint, by=by, at=at)
    changed(complaint, "reviewer")
    return named


def _mention(complaint: Complaint, texts: Iterable[str], *, spared: Collection[int | None]) -> int:
    """Rows for the staff whose names occur and of whom there is none yet."""
    known = set(complaint.named.filter(person__isnull=False).values_list("person", flat=True)) | set(spared)
    found = names.mentioned(texts, User.objects.staff().exclude(pk__in=known - {None}).only(*names.READ))
    rows = [
        NamedStaff(complaint=complaint, part=Part.MENTIONED, typed=person.name[:120], person=person) for person in found
    ]
    return len(NamedStaff.objects.bulk_create(rows))


def _is_to_go(complaint: Complaint, reviewer: User) -> bool:
    """Once it is decided, who reviewed it stays on record, so that somebody else answers the appeal (C-10)."""
    if complaint.state != Complaint.State.OPEN:
        return eligibility.is_barred(complaint, reviewer)
    return reviewer not in eligibility.reviewers(complaint)


def _take_off(complaint: Complaint, *, by: User, at: datetime) -> None:
    """Take the case, its appeal and its remedies from whoever may not have them any more; to be saved by the caller."""
    if complaint.reviewer and _is_to_go(complaint, complaint.reviewer):
        trail.record("complaint.assigned", complaint, by=by, at=at, reviewer=None, before=complaint.reviewer_id)
        complaint.reviewer = None
    appeal = Appeal.objects.filter(complaint=complaint, outcome="", reviewer__isnull=False).first()
    if appeal and appeal.reviewer not in eligibility.appeal_reviewers(complaint):
        trail.record("appeal.assigned", complaint, by=by, at=at, reviewer=None, before=appeal.reviewer_id)
        appeal.reviewer = None
        appeal.save(update_fields=["reviewer"])
    barred = complaint.named.barring().values("person")
    Appointment.objects.filter(complaint=complaint, ended_at__isnull=True, person__in=barred).update(ended_at=at)
    Remedy.objects.filter(complaint=complaint, done_at__isnull=True, owner__in=barred).update(owner=None)
