"""What became of a session: its start, its interruptions, its outcome, and the ways back (B-12, B-14)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from supportportal.outbox import operations as outbox
from supportportal.people.models import User
from supportportal.trail import operations as trail

from .. import messages_outcomes as messages
from .. import rules
from ..models import Booking, Strike
from ..policy import POLICY
from ..policy_words import how_long
from ..refusals import (
    BookingRefused,
    HasOutcome,
    HeldBack,
    NoOutcome,
    NoReason,
    NotAskedToStop,
    NotLive,
    NotYet,
    TooLateToSay,
    TooLateToUndo,
    WasThere,
)
from . import strikes
from .locking import lock

State = Booking.State


# -- while it is on ----------------------------------------------------------------------------------------------------


@transaction.atomic
def start(booking: Booking, *, by: User, at: datetime) -> Booking:
    """Note that the client is there and the session has begun. Twice changes nothing."""
    booking = lock(booking)
    _require_open(booking, at=at)
    if booking.started_at is None:
        _write(booking, "session.started", by=by, at=at, started_at=at)
    return booking


@transaction.atomic
def take_start_back(booking: Booking, *, by: User, at: datetime) -> Booking:
    """The client was not there after all."""
    booking = lock(booking)
    _require_open(booking, at=at)
    if booking.started_at is not None:
        _write(booking, "session.start_taken_back", by=by, at=at, started_at=None, dropped_at=None)
    return booking


@transaction.atomic
def dropped(booking: Booking, *, by: User, at: datetime) -> Booking:
    """The client has dropped out: the timer of B-14 runs from ``at``. Twice changes nothing."""
    booking = lock(booking)
    _require_open(booking, at=at)
    if booking.dropped_at is None:
        was_there = booking.started_at or at
        _write(booking, "session.dropped", by=by, at=at, started_at=was_there, dropped_at=at)
    return booking


@transaction.atomic
def back(booking: Booking, *, by: User, at: datetime) -> Booking:
    """The client is back: the timer stops."""
    booking = lock(booking)
    _require_open(booking, at=at)
    if booking.dropped_at is not None:
        _write(booking, "session.back", by=by, at=at, dropped_at=None)
    return booking


@transaction.atomic
def write_notes(booking: Booking, notes: str, *, by: User, at: datetime) -> Booking:
    """Keep the team's notes; the client never sees them."""
    booking = lock(booking)
    if booking.notes != notes.strip():
        _write(booking, "session.noted", by=by, at=at, notes=notes.strip())
    return booking


# -- what the client says ----------------------------------------------------------------------------------------------


@transaction.atomic
def running_late(booking: Booking, *, at: datetime) -> Booking:
    """The client says "running late": the tolerance is ten minutes longer, once. Refused once it is over."""
    booking = lock(booking)
    if booking.state == State.CANCELLED:
        raise NotLive
    if not booking.is_live:
        raise TooLateToSay
    if booking.late_until is None:
        if at < rules.door_opens(booking.starts_at, POLICY):
            opens = rules.door_opens(booking.starts_at, POLICY)
            raise NotYet(_("This can be said shortly before the session. You can still change its time."), opens)
        if not rules.may_run_late(booking.starts_at, at, POLICY):
            raise BookingRefused(_("The session started too long ago for this. Please call us, or book a new time."))
        _write(booking, "session.running_late", by=None, at=at, late_until=rules.late_until(booking.starts_at, POLICY))
    return booking


@transaction.atomic
def nobody_here(booking: Booking, *, at: datetime) -> Booking:
    """The client says that nobody is there: no absence is recorded until someone else has looked (``looked``).

    An absence recorded a moment ago, while it can still be undone, is taken back. Until the session's end.
    """
    booking = lock(booking)
    if booking.state == State.CANCELLED:
        raise NotLive
    _require_begun(booking, at=at)
    if booking.nobody_here_at is not None:
        return booking
    is_mistaken = booking.state == State.NO_SHOW and _can_undo(booking, at=at)
    if at >= booking.ends_at or not (booking.is_live or is_mistaken):
        raise TooLateToSay
    if is_mistaken:
        _take_back(booking, by=None, at=at)
    _write(booking, "session.nobody_here", by=None, at=at, nobody_here_at=at)
    return booking


@transaction.atomic
def looked(booking: Booking, *, by: User, at: datetime) -> Booking:
    """Someone other than the session's agent has looked into "Nobody here?"; an absence can be recorded again."""
    booking = lock(booking)
    if by.pk == booking.agent_id:
        raise BookingRefused(_("Somebody other than the session's agent has to look into this."))
    if booking.is_held_back:
        _write(booking, "session.looked_at", by=by, at=at, nobody_here_seen_at=at, nobody_here_seen_by=by)
    return booking


# -- its outcome -------------------------------------------------------------------------------------------------------


@transaction.atomic
def mark(
    booking: Booking, outcome: str, *, by: User, at: datetime, summary: str = "", asked_to_stop: bool = False
) -> Booking:
    """Record what became of a session. For five minutes it can be undone; what it owes is sent after that.

    The same outcome twice by the same person is one. Raises BookingRefused: NotYet before the outcome is lawful (B-12:
    ten minutes' tolerance; B-14: more than five minutes of silence), WasThere for an absence after the start was noted,
    HasOutcome, HeldBack, NotAskedToStop for an end for conduct without a request to stop.
    """
    booking = lock(booking)
    if booking.state == outcome and booking.outcome_by_id == by.pk:
        return booking
    _require_open(booking, at=at)
    _require_lawful(booking, outcome, at=at, asked_to_stop=asked_to_stop)
    _write(
        booking,
        "session.outcome",
        by=by,
        at=at,
        facts={"outcome": outcome},
        state=State(outcome),
        outcome_at=at,
        outcome_by=by,
        summary=summary.strip() if outcome == State.ATTENDED else "",
        version=booking.version + 1,
    )
    _follow(booking, by=by, at=at)
    return booking


@transaction.atomic
def summarise(booking: Booking, summary: str, *, by: User, at: datetime) -> Booking:
    """Write or change the summary of an attended session, until the mail that holds it leaves."""
    booking = lock(booking)
    if booking.state != State.ATTENDED:
        raise NoOutcome
    if booking.outcome_at is None or at >= rules.undo_until(booking.outcome_at, POLICY):
        raise BookingRefused(_("The summary has already been sent."))
    _write(booking, "session.summarised", by=by, at=at, summary=summary.strip())
    return booking


@transaction.atomic
def undo(booking: Booking, *, by: User, at: datetime) -> Booking:
    """Take an outcome back within five minutes, as if it had never been recorded. A correction is not undone."""
    booking = lock(booking)
    if booking.outcome_at is None:
        raise NoOutcome
    if not _can_undo(booking, at=at):
        raise TooLateToUndo
    _take_back(booking, by=by, at=at)
    return booking


@transaction.atomic
def correct(
    booking: Booking, outcome: str, *, reason: str, by: User, at: datetime, asked_to_stop: bool = False
) -> Booking:
    """Replace a recorded outcome, with a reason, at any time: strike and fee of the wrong one are taken back (B-12).

    The new outcome must be one that was lawful by now; only the timer of B-14 is taken on the word of who corrects.
    """
    if not reason.strip():
        raise NoReason
    booking = lock(booking)
    if booking.outcome_at is None:
        raise NoOutcome
    if booking.state == outcome:
        return booking
    _require_lawful(booking, outcome, at=at, asked_to_stop=asked_to_stop, corrects=True)
    was = booking.state
    _write(
        booking,
        "session.outcome_corrected",
        by=by,
        at=at,
        facts={"was": was, "outcome": outcome},
        state=State(outcome),
        outcome_at=at,
        outcome_by=by,
        outcome_reason=reason.strip(),
        version=booking.version + 1,
    )
    outbox.void(messages.SUBJECT_TYPE, booking.pk, below_version=booking.version)
    if was == State.NO_SHOW:
        _take_strike_back(booking, Strike.TakenBack.CORRECTED, by=by, at=at, reason=reason)
    _follow(booking, by=by, at=at)
    return booking


# -- what stands behind the verbs --------------------------------------------------------------------------------------


def _can_undo(booking: Booking, *, at: datetime) -> bool:
    if booking.outcome_at is None or booking.outcome_reason:
        return False
    return at <= rules.undo_until(booking.outcome_at, POLICY)


def _take_back(booking: Booking, *, by: User | None, at: datetime) -> None:
    was = booking.state
    _write(
        booking,
        "session.outcome_undone",
        by=by,
        at=at,
        facts={"was": was},
        state=State.BOOKED,
        outcome_at=None,
        outcome_by=None,
        summary="",
        version=booking.version + 1,
    )
    outbox.void(messages.SUBJECT_TYPE, booking.pk, below_version=booking.version)
    if was == State.NO_SHOW:
        _take_strike_back(booking, Strike.TakenBack.UNDONE, by=by, at=at, reason="")
    strikes.refresh(booking.client, at=at)


def _follow(booking: Booking, *, by: User, at: datetime) -> None:
    """What an outcome leads to: a strike, the use of a sanction, and the messages, due once undo is over."""
    final_at = rules.undo_until(at, POLICY)
    if booking.state == State.NO_SHOW:
        strikes.record(
            booking, cause=Strike.Cause.NO_SHOW, first_cell=booking.first_cell, by=by, at=at, final_at=final_at
        )
    else:
        strikes.refresh(booking.client, at=at)
    outbox.plan(messages.owed_for_outcome(booking, due_at=final_at), at=at)


def _take_strike_back(booking: Booking, how: str, *, by: User | None, at: datetime, reason: str) -> None:
    recorded = booking.strikes.counting().filter(cause=Strike.Cause.NO_SHOW, first_cell=booking.first_cell).first()
    if recorded is not None:
        strikes.take_back(recorded, how=how, by=by, at=at, reason=reason)


def _require_begun(booking: Booking, *, at: datetime) -> None:
    if not booking.has_started(at):
        raise NotYet(_("The session has not started yet."), booking.starts_at)


def _require_open(booking: Booking, *, at: datetime) -> None:
    if booking.state == State.CANCELLED:
        raise NotLive
    if not booking.is_live:
        raise HasOutcome
    _require_begun(booking, at=at)


def _require_lawful(
    booking: Booking, outcome: str, *, at: datetime, asked_to_stop: bool, corrects: bool = False
) -> None:
    if outcome not in Booking.OUTCOMES:
        raise BookingRefused(_("Please choose what became of the session."))
    if outcome == State.NO_SHOW:
        if booking.is_held_back:
            raise HeldBack
        if booking.started_at is not None and not corrects:
            raise WasThere
        allowed = rules.absent_from(booking.starts_at, booking.late_until, POLICY)
        if at < allowed:
            raise NotYet(_("Please wait a little longer for the client."), allowed)
    if outcome == State.INTERRUPTED:
        silent_from = booking.dropped_at or (booking.starts_at if corrects else None)
        if not rules.may_interrupt(silent_from, at, POLICY):
            allowed = rules.interrupted_after(silent_from or at, POLICY)
            longer = {"length": how_long("interrupted_after")}
            raise NotYet(_("Please wait more than %(length)s for the client to come back.") % longer, allowed)
    if outcome == State.ENDED and not asked_to_stop:
        raise NotAskedToStop


def _write(
    booking: Booking, verb: str, *, by: User | None, at: datetime, facts: dict | None = None, **values: Any
) -> None:
    for name, value in values.items():
        setattr(booking, name, value)
    booking.save(update_fields=list(values))
    trail.record(verb, booking, by=by, at=at, **(facts or {}))
