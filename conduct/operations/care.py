"""Care for whom an incident was aimed at: a manager takes it, both note, and both agree to close it (R-8)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from supportportal.outbox import operations as outbox
from supportportal.people.models import Firm, User
from supportportal.trail import operations as trail

from .. import messages_care
from ..eligibility import managers
from ..models import CareNote, FollowUp
from ..policy import POLICY
from ..refusals import OnlyTheTwo
from ..refusals_care import IsOver, NewNote, NobodyYet, NotForCare, NothingNoted, Same, TakenAlready


def eligible(follow_up: FollowUp) -> QuerySet[User]:
    """Who may look after the person: any manager but the person."""
    return managers().exclude(pk=follow_up.person_id)


@transaction.atomic
def take_on(follow_up: FollowUp, *, by: User, at: datetime) -> FollowUp:
    """A manager takes a follow-up that waits. Raises NotForCare, TakenAlready, IsOver."""
    follow_up = _lock(follow_up)
    if not eligible(follow_up).filter(pk=by.pk).exists():
        raise NotForCare
    if follow_up.manager_id == by.pk:
        return follow_up
    if follow_up.manager_id is not None:
        raise TakenAlready
    follow_up.manager, follow_up.taken_at = by, at
    follow_up.save(update_fields=["manager", "taken_at"])
    trail.record("care.taken", follow_up, by=by, at=at)
    return follow_up


@transaction.atomic
def note(follow_up: FollowUp, text: str, *, by: User, at: datetime) -> CareNote:
    """Write something down for the two. Whoever had agreed to close it has to agree anew.

    Raises OnlyTheTwo, NobodyYet, NothingNoted, IsOver.
    """
    follow_up = _enter(follow_up, by)
    if not text.strip():
        raise NothingNoted
    made = CareNote.objects.create(follow_up=follow_up, text=text.strip(), by=by, at=at)
    _open_again(follow_up, "person_agreed_at", "manager_agreed_at")
    trail.record("care.noted", follow_up, by=by, at=at, note=made.pk)
    return made


@transaction.atomic
def agree(follow_up: FollowUp, *, by: User, at: datetime, seen: int) -> FollowUp:
    """One of the two agrees to close it; it is closed once both do. ``seen`` is the last note on the page, or 0.

    Raises OnlyTheTwo, NobodyYet, NewNote, IsOver.
    """
    follow_up = _enter(follow_up, by)
    if follow_up.notes.filter(pk__gt=seen).exclude(by=by).exists():
        raise NewNote
    field = _agreement_of(follow_up, by)
    if getattr(follow_up, field) is not None:
        return follow_up
    setattr(follow_up, field, at)
    if follow_up.person_agreed_at and follow_up.manager_agreed_at:
        follow_up.closed_at = at
    follow_up.save(update_fields=[field, "closed_at"])
    trail.record("care.closed" if follow_up.closed_at else "care.agreed", follow_up, by=by, at=at)
    return follow_up


@transaction.atomic
def withdraw(follow_up: FollowUp, *, by: User, at: datetime) -> FollowUp:
    """One of the two no longer agrees: it is open (again). Raises OnlyTheTwo, NobodyYet, IsOver."""
    follow_up = _enter(follow_up, by)
    field = _agreement_of(follow_up, by)
    if getattr(follow_up, field) is not None:
        _open_again(follow_up, field)
        trail.record("care.withdrawn", follow_up, by=by, at=at)
    return follow_up


@transaction.atomic
def hand_on(follow_up: FollowUp, to: User | None, *, by: User, at: datetime) -> FollowUp:
    """Begin anew with another manager, or with whoever takes it; what was noted stays between the former two.

    The manager chooses to whom; the person can ask for somebody else, whoever that will be. Raises OnlyTheTwo,
    NobodyYet, NotForCare, Same, IsOver.
    """
    follow_up = _enter(follow_up, by)
    if to is not None:
        if by.pk == follow_up.person_id or not eligible(follow_up).filter(pk=to.pk).exists():
            raise NotForCare
        if to.pk == follow_up.manager_id:
            raise Same
    return _begin_anew(follow_up, to, by=by, at=at)


def release(at: datetime, *, of: int) -> bool:
    """Let one whose manager has left, or is a manager no more, wait for another; False where that is not so."""
    with transaction.atomic():
        follow_up = without_manager().select_for_update(no_key=True, of=("self",)).filter(pk=of).first()
        if follow_up is None:
            return False
        _begin_anew(follow_up, None, by=None, at=at)
    return True


def without_manager() -> QuerySet[FollowUp]:
    """Taken by somebody who is no manager any more."""
    return FollowUp.objects.open().filter(manager__isnull=False).exclude(manager__in=managers().values("pk"))


def has_nobody(follow_up: FollowUp) -> bool:
    """Whether no manager is left who could take it (S-1)."""
    return not eligible(follow_up).exists()


def _begin_anew(follow_up: FollowUp, to: User | None, *, by: User | None, at: datetime) -> FollowUp:
    follow_up.handed_on_at = at
    follow_up.save(update_fields=["handed_on_at"])
    today = at.astimezone(Firm.current().zone).date()
    fresh = FollowUp.objects.create(
        incident=follow_up.incident,
        person=follow_up.person,
        manager=to,
        taken_at=at if to else None,
        opened_at=at,
        due_on=today + timedelta(days=POLICY.care_days),
    )
    trail.record("care.handed_on", follow_up, by=by, at=at, to=fresh.pk)
    trail.record("care.opened", fresh, by=by, at=at, person=fresh.person_id)
    if to is not None:
        outbox.plan([messages_care.owed_for_handing_on(fresh, at=at)], at=at)
    return fresh


def _open_again(follow_up: FollowUp, *agreements: str) -> None:
    for field in agreements:
        setattr(follow_up, field, None)
    follow_up.closed_at = None
    follow_up.save(update_fields=[*agreements, "closed_at"])


def _agreement_of(follow_up: FollowUp, by: User) -> str:
    return "person_agreed_at" if by.pk == follow_up.person_id else "manager_agreed_at"


def _lock(follow_up: FollowUp) -> FollowUp:
    locked = FollowUp.objects.select_for_update(no_key=True).get(pk=follow_up.pk)
    if locked.handed_on_at is not None:
        raise IsOver
    return locked


def _enter(follow_up: FollowUp, by: User) -> FollowUp:
    """The row, locked, for one of the two."""
    if not FollowUp.objects.visible_to(by).filter(pk=follow_up.pk).exists():
        raise OnlyTheTwo
    follow_up = _lock(follow_up)
    if by.pk not in (follow_up.person_id, follow_up.manager_id):
        raise OnlyTheTwo
    if follow_up.manager_id is None:
        raise NobodyYet
    return follow_up
