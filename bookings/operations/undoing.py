"""Taking back a cancel or a move of one's own (B-9a)."""

from datetime import datetime

from django.db import IntegrityError, transaction

from supportportal.outbox import operations as outbox
from supportportal.people.models import User
from supportportal.trail import operations as trail

from .. import granting, messages, messages_waiting
from ..messages_firm import with_copies
from ..models import Booking, Closure, Hold, Strike, TimeOff, WaitlistEntry
from ..refusals import AlreadyStarted, ClientBusy, NothingToUndo, SlotTaken
from . import holds, strikes
from .locking import acting, lock

SLOT = ["first_cell", "cells", "cells_before", "cells_after", "place_kind", "place"]
INSTANTS = ["fixed_at", "imposed_at", "agreed_at"]
GIVEN_BACK = [*SLOT, *INSTANTS, "agent", "state", "cancelled_at", "cancelled_by", "cancel_reason", "version"]


def can_undo(booking: Booking, at: datetime) -> Hold | None:
    """The hold that an undo would use, if there is still one."""
    hold = Hold.objects.filter(booking=booking, until__gt=at).first()
    if hold is None or hold.slot["client"] != booking.client_id or (booking.is_live and booking.has_started(at)):
        return None
    return hold


@transaction.atomic
def undo(booking: Booking, *, by: User | None, at: datetime) -> Booking:
    """Give ``booking`` its former slot and state back, as if it had not been cancelled or moved; both sides are told.

    A strike for it is taken back. A slot that a move had reached is handed on to those who wait. Raises BookingRefused,
    with nothing changed, once the time to undo is over, somebody has undone it already, the client has another session
    at that time now, or booking is closed to them: to have it back is to claim it anew (R-5).
    """
    seen = can_undo(booking, at)
    if seen is None:
        raise NothingToUndo
    booking = lock(booking, seen.agent_id, *acting(by))
    if not Hold.objects.select_for_update(no_key=True, of=("self",)).filter(pk=seen.pk, booking=booking).exists():
        raise NothingToUndo
    hold = can_undo(booking, at)
    if hold is None:
        raise NothingToUndo
    if booking.state not in (Booking.State.BOOKED, Booking.State.CANCELLED):
        raise AlreadyStarted
    granting.require(granting.not_closed(booking.client, by=by, at=at))
    slot = hold.slot
    reached, left = (holds.slot_of(booking) if booking.is_live else None), booking.agent
    hold.delete()
    _give_back(booking, slot, at=at)
    booking = Booking.objects.select_related("client__account__plan", "agent__user", "session_type").get(pk=booking.pk)
    outbox.void(messages.SUBJECT_TYPE, booking.pk, below_version=booking.version)
    given_up_at = datetime.fromisoformat(slot["given_up_at"])
    owed = messages_waiting.owed_for_undo(booking, reached=reached, left=left, given_up_at=given_up_at, at=at)
    outbox.plan(with_copies(owed, booking, by=by), at=at)
    trail.record("booking.undone", booking, by=by, at=at, first_cell=slot["first_cell"], reached=reached)
    _take_strike_back(booking, given_up_at, by=by, at=at)
    if reached is not None:
        holds.hand_on(reached, booking, at=at)
    return booking


@transaction.atomic
def restore(booking: Booking, *, by: User, at: datetime) -> Booking:
    """Bring a session back that we cancelled without cause, to the slot that it had; client and agent are told (R-7).

    Restored already, it stays as it is. Raises BookingRefused, with nothing changed, once its start has come, where
    somebody else has the slot now, or where nobody could hold the session any more: the agent has left or is away.
    """
    booking = lock(booking)
    if booking.is_live:
        return booking
    if booking.state != Booking.State.CANCELLED or booking.starts_at <= at:
        raise NothingToUndo
    if not _can_be_held(booking):
        raise SlotTaken
    cancelled_at = booking.cancelled_at or at
    booking.state = Booking.State.BOOKED
    booking.cancelled_at = booking.cancelled_by = None
    booking.cancel_reason = ""
    booking.version += 1
    try:
        with transaction.atomic():
            booking.save(update_fields=["state", "cancelled_at", "cancelled_by", "cancel_reason", "version"])
    except IntegrityError:
        raise SlotTaken from None
    outbox.void(messages.SUBJECT_TYPE, booking.pk, below_version=booking.version)
    owed = messages_waiting.owed_for_undo(booking, reached=None, left=booking.agent, given_up_at=cancelled_at, at=at)
    outbox.plan(with_copies(owed, booking, by=by), at=at)
    trail.record("booking.restored", booking, by=by, at=at, first_cell=booking.first_cell)
    return booking


def _can_be_held(booking: Booking) -> bool:
    """Whether its agent is still there then: what was closed or taken off since leaves nobody to hold it."""
    if not (booking.agent.is_active and booking.agent.user.is_active):
        return False
    over = {"starts_at__lt": booking.ends_at, "ends_at__gt": booking.starts_at}
    is_away = TimeOff.objects.filter(agent=booking.agent, **over).exists()
    return not (is_away or Closure.objects.filter(**over).exists())


def _give_back(booking: Booking, slot: holds.Slot, *, at: datetime) -> None:
    booking.state = Booking.State.BOOKED
    booking.cancelled_at = booking.cancelled_by = None
    booking.cancel_reason = ""
    booking.agent_id = slot["agent"]
    for name in SLOT:
        setattr(booking, name, slot[name])
    for name in INSTANTS:
        setattr(booking, name, slot[name] and datetime.fromisoformat(slot[name]))
    booking.version += 1
    try:
        with transaction.atomic():
            booking.save(update_fields=GIVEN_BACK)
    except IntegrityError:
        raise ClientBusy from None
    if slot.get("waited") is not None:
        WaitlistEntry.objects.filter(pk=slot["waited"]).update(left_at=None)


def _take_strike_back(booking: Booking, given_up_at: datetime, *, by: User | None, at: datetime) -> None:
    """Only the strike that came of what is undone: the same start may have been missed by an earlier change already."""
    counting = Strike.objects.counting().filter(booking=booking, first_cell=booking.first_cell)
    strike = counting.filter(recorded_at=given_up_at).first()
    if strike is None:
        strikes.refresh(booking.client, at=at)
    else:
        strikes.take_back(strike, how=Strike.TakenBack.UNDONE, by=by, at=at)
