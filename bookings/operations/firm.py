"""What we change ourselves: someone is away, and the sessions of that time are moved or cancelled (B-11).

None of it ever counts against a client.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from supportportal.lattice import cell_from, instant_at
from supportportal.outbox import operations as outbox
from supportportal.outbox.models import Message
from supportportal.people.models import User
from supportportal.trail import operations as trail

from .. import messages, messages_firm
from ..models import Agent, Booking, TimeOff, Unreached
from ..policy import POLICY
from ..refusals import AlreadyTold, BookingRefused, ChangedMeanwhile, NothingImposed, NotLive, NotTheTime
from . import booking as sessions
from .locking import lock, lock_people

CHANGED = _("It was changed by somebody else a moment ago, so it was left as it is.")


@dataclass(frozen=True)
class Choice:
    """What becomes of one session: another time or agent, or with ``first_cell`` None a cancellation.

    ``version`` is the session's as it was shown.
    """

    booking: int
    version: int
    agent: Agent | None = None
    first_cell: int | None = None


@dataclass(frozen=True)
class Done:
    """One session afterwards; ``refusal`` says why nothing was done."""

    booking: Booking
    refusal: str = ""


@dataclass
class Report:
    done: list[Done] = field(default_factory=list)


def sessions_hit(agent: Agent, starts_at: datetime, ends_at: datetime, *, at: datetime) -> list[Booking]:
    """The agent's sessions that have not begun and lie, in part at least, between the two instants: one query."""
    near = Booking.objects.live().filter(agent=agent, starts_at__gt=at, starts_at__lt=ends_at, ends_at__gt=starts_at)
    return list(near.select_related("client__account", "agent__user", "session_type").order_by("first_cell"))


@transaction.atomic
def take_off(agent: Agent, starts_at: datetime, ends_at: datetime, *, by: User, at: datetime) -> TimeOff:
    """Keep that the agent is away, under the agent's lock: nobody can book that time any more. Twice is once."""
    lock_people(agent.pk)
    off, made = TimeOff.objects.get_or_create(agent=agent, starts_at=starts_at, ends_at=ends_at)
    if made:
        trail.record("agent.away", off, by=by, at=at, agent=agent.pk)
    return off


def clear_away(off: TimeOff, choices: Iterable[Choice], *, by: User, at: datetime) -> Report:
    """Move or cancel the sessions in that time, each in a transaction of its own; the report names every one.

    What was changed since it was shown is left alone, what is as chosen already counts as done.
    """
    report = Report()
    for choice in choices:
        booking = Booking.objects.for_listing().filter(pk=choice.booking).first()
        if booking is None:
            continue
        try:
            try:
                done = _carry_out(booking, choice, off, by=by, at=at)
            except ChangedMeanwhile:  # by the same press, made twice: now it shows what came of it
                done = _carry_out(booking, choice, off, by=by, at=at)
            report.done.append(Done(done))
        except BookingRefused as refusal:
            report.done.append(Done(booking, str(refusal)))
    return report


@transaction.atomic
def _carry_out(booking: Booking, choice: Choice, off: TimeOff, *, by: User, at: datetime) -> Booking:
    others = [choice.agent.pk] if choice.agent else []
    booking = lock(booking, *others, off.agent_id)
    if _is_as_chosen(booking, choice):
        return booking
    is_hit = booking.is_live and booking.agent_id == off.agent_id and booking.version == choice.version
    if not is_hit:
        raise BookingRefused(CHANGED)
    if choice.first_cell is None:
        return cancel(booking, by=by, at=at)
    return move(booking, first_cell=choice.first_cell, agent=choice.agent, by=by, at=at)


def _is_as_chosen(booking: Booking, choice: Choice) -> bool:
    if choice.first_cell is None:
        return booking.state == Booking.State.CANCELLED and booking.cancel_reason == Booking.CancelReason.FIRM
    agent_id = choice.agent.pk if choice.agent else None
    is_there = (booking.first_cell, booking.agent_id) == (choice.first_cell, agent_id)
    return booking.is_live and is_there and booking.imposed_at is not None


@transaction.atomic
def move(booking: Booking, *, first_cell: int, agent: Agent | None, by: User, at: datetime) -> Booking:
    """Move it for reasons of ours: no strike, free to refuse until the start; told by text message shortly before."""
    was, version = booking.first_cell, booking.version
    moved = sessions.move(booking, first_cell=first_cell, agent=agent, reason="firm", by=by, at=at, by_firm=True)
    if moved.version != version:
        _tell_quickly(moved, was, at=at)
    return moved


@transaction.atomic
def cancel(booking: Booking, *, by: User, at: datetime) -> Booking:
    """Cancel it for reasons of ours, with an apology; told by text message shortly before the start."""
    version = booking.version
    cancelled = sessions.cancel(booking, reason=Booking.CancelReason.FIRM, by=by, at=at, by_firm=True)
    if cancelled.version != version:
        _tell_quickly(cancelled, cancelled.first_cell, at=at)
    return cancelled


def _tell_quickly(booking: Booking, was: int, *, at: datetime) -> None:
    """A text message where the mail may come too late; where none can go, somebody has to call."""
    if instant_at(min(was, booking.first_cell)) > at + POLICY.firm_sms:
        return
    if booking.client.phone and booking.client.sms_consent_at:
        outbox.plan([messages_firm.owed_for_sms(booking, at=at, first_cell=was)], at=at)
        return
    why = Unreached.Why.NO_CONSENT if booking.client.phone else Unreached.Why.NO_NUMBER
    facts = {"first_cell": was, "why": why, "since": at}
    Unreached.objects.get_or_create(booking=booking, version=booking.version, defaults=facts)


@transaction.atomic
def reached(call: Unreached, *, by: User, at: datetime) -> Unreached:
    """Somebody has talked to the client. Twice is once; who was first stays on record."""
    locked = Unreached.objects.select_for_update(no_key=True, of=("self",))
    call = locked.select_related("booking__client").get(pk=call.pk)
    if call.reached_at is None:
        call.reached_at, call.reached_by = at, by
        call.save(update_fields=["reached_at", "reached_by"])
        trail.record("booking.client_reached", call.booking, by=by, at=at, version=call.version)
    return call


@transaction.atomic
def agree(booking: Booking, *, version: int, by: User | None, at: datetime) -> Booking:
    """The client is fine with the time that we chose: from now on it counts as one they chose themselves (B-11).

    ``version`` is the session's as the client saw it. Raises NothingImposed where that is no longer what stands.
    """
    booking = lock(booking)
    if not booking.is_live:
        raise NotLive
    if booking.version != version or booking.imposed_at is None:
        raise NothingImposed
    if booking.agreed_at is None:
        booking.agreed_at = at
        booking.save(update_fields=["agreed_at"])
        trail.record("booking.agreed", booking, by=by, at=at, first_cell=booking.first_cell)
    return booking


def can_be_late(booking: Booking, at: datetime) -> bool:
    """Whether it helps to say that the agent comes late: from half an hour before the start until it has begun."""
    until = booking.starts_at + POLICY.agent_late
    return booking.is_live and booking.started_at is None and booking.starts_at - POLICY.door <= at < until


def was_told_late(booking: Booking) -> bool:
    return Message.objects.about(messages.SUBJECT_TYPE, booking.pk).filter(kind="agent_late").exists()


@transaction.atomic
def tell_late(booking: Booking, *, by: User, at: datetime) -> Booking:
    """Tell the client that the agent is ten minutes late; once for each session."""
    booking = lock(booking)
    if not can_be_late(booking, at):
        raise NotTheTime
    if was_told_late(booking):
        raise AlreadyTold
    outbox.plan(messages_firm.owed_for_late(booking, at=at), at=at)
    trail.record("booking.agent_late", booking, by=by, at=at)
    return booking


def next_session(agent: Agent, at: datetime) -> Booking | None:
    """The one that the agent could be late for now."""
    coming = Booking.objects.live().filter(agent=agent, started_at=None, starts_at__gt=at - POLICY.agent_late)
    booking = coming.filter(starts_at__lte=at + POLICY.door).order_by("first_cell").first()
    return booking if booking is not None and can_be_late(booking, at) else None


def first_instant(at: datetime) -> datetime:
    """Time off that begins now begins with the next cell: a whole five minutes."""
    return instant_at(cell_from(at))
