"""Slots given up: kept for an undo (B-9a), then handed on to those who wait (B-15), then open to all.

A hold is one row that owns the agent's cells. Whoever changes one has locked the people before, then locks the row
itself and looks at it again. Holds are locked before offers.
"""

from datetime import datetime
from typing import Any

from django.db.models import Q

from supportportal.lattice import instant_at
from supportportal.outbox import operations as outbox
from supportportal.people.models import User

from .. import messages_waiting as messages
from ..models import Agent, Booking, Hold, Offer, SessionType, WaitlistEntry
from ..models.booking import LONGEST_CELLS
from ..policy import POLICY

Slot = dict[str, Any]


def slot_of(booking: Booking) -> Slot:
    """The slot that ``booking`` has now, with all that an undo needs to give it back."""
    return {
        "first_cell": booking.first_cell,
        "cells": booking.cells,
        "cells_before": booking.cells_before,
        "cells_after": booking.cells_after,
        "agent": booking.agent_id,
        "client": booking.client_id,
        "version": booking.version,
        "place_kind": booking.place_kind,
        "place": booking.place,
        "fixed_at": booking.fixed_at.isoformat(),
        "imposed_at": booking.imposed_at and booking.imposed_at.isoformat(),
        "agreed_at": booking.agreed_at and booking.agreed_at.isoformat(),
    }


def keep_for_undo(before: Slot, booking: Booking, *, at: datetime) -> None:
    """Keep the slot that the client has just given up, for 15 minutes and at most until its start (B-9a).

    ``before`` is ``slot_of`` the booking as it was. In the transaction of the cancel or move, after it.
    """
    until = min(at + POLICY.undo, instant_at(before["first_cell"]))
    _settle_earlier(booking, at=at)
    if until > at:
        _hold(before, booking, until=until, for_undo=True, at=at)


def hand_on(before: Slot, booking: Booking, *, at: datetime) -> None:
    """Ask those who wait at once: a slot that nobody can take back (given up by staff, or by an undo)."""
    _settle_earlier(booking, at=at)
    if instant_at(before["first_cell"]) > at and _anybody_waits(before["agent"]):
        _hold(before, booking, until=at, for_undo=False, at=at)


def make_room(session_type: SessionType, agent: Agent, first_cell: int, *, client: User, at: datetime) -> None:
    """Let go of what is held of the agent for this start, where its time is long over or it is the own undo."""
    first = first_cell - session_type.buffer_before // 5
    end = first_cell + session_type.cells + session_type.buffer_after // 5
    near = Hold.objects.select_for_update(no_key=True, of=("self",)).filter(
        Q(until__lte=at - POLICY.hold_grace) | Q(booking__client=client),
        agent=agent,
        first_cell__lt=end,
        first_cell__gt=first - LONGEST_CELLS,
    )
    for hold in near.order_by("pk"):
        if hold.first_cell + hold.cells > first:
            vacate(hold, at=at)
            hold.delete()


def vacate(hold: Hold, *, at: datetime, offer_becomes: str = Offer.State.EXPIRED) -> None:
    """Make a locked hold nobody's, due to be passed on now; what it was offered for is settled."""
    if hold.offer_id is not None:
        settle_offer(hold.offer_id, offer_becomes, at=at)
    hold.booking = hold.offer = None
    hold.until = min(hold.until, at)
    hold.save(update_fields=["booking", "offer", "until"])


def settle_offer(offer_id: int, state: str, *, at: datetime) -> None:
    """The offer's hold is locked, or gone. A settled offer stays as it is."""
    changed = Offer.objects.open().filter(pk=offer_id).update(state=state, decided_at=at)
    if changed and state == Offer.State.EXPIRED:
        outbox.plan([messages.owed_for_expiry(Offer.objects.for_listing().get(pk=offer_id), at=at)], at=at)


def stop_waiting(booking: Booking, *, at: datetime) -> int | None:
    """A session that is called off waits for nothing any more; what was offered for it goes on to the next.

    Returns the entry that ends, for an undo to open again.
    """
    entry = WaitlistEntry.objects.waiting().filter(booking=booking).first()
    if entry is None:
        return None
    leave(WaitlistEntry.objects.filter(pk=entry.pk), at=at)
    return entry.pk


def leave(entries: Any, *, at: datetime) -> None:
    """End these entries, their clients locked; their open offers are withdrawn."""
    pks = list(entries.values_list("pk", flat=True))
    held = Hold.objects.select_for_update(no_key=True, of=("self",)).filter(offer__entry__in=pks)
    for hold in held.order_by("pk"):
        vacate(hold, at=at, offer_becomes=Offer.State.WITHDRAWN)
    WaitlistEntry.objects.waiting().filter(pk__in=pks).update(left_at=at)


def _settle_earlier(booking: Booking, *, at: datetime) -> None:
    """At most one undo hold per session: what an earlier change kept goes on to those who wait."""
    for hold in Hold.objects.select_for_update(no_key=True, of=("self",)).filter(booking=booking):
        vacate(hold, at=at)


def _anybody_waits(agent_id: int) -> bool:
    return WaitlistEntry.objects.waiting().filter(session_type__agents=agent_id).exists()


def _hold(slot: Slot, booking: Booking, *, until: datetime, for_undo: bool, at: datetime) -> None:
    first, end = slot["first_cell"] - slot["cells_before"], slot["first_cell"] + slot["cells"] + slot["cells_after"]
    if booking.is_live and booking.agent_id == slot["agent"]:
        first, end = _beside(booking, first, end)
    if first < end:
        Hold.objects.create(
            agent_id=slot["agent"],
            first_cell=first,
            cells=end - first,
            booking=booking if for_undo else None,
            freed=f"{booking.pk}:{slot['version']}",
            slot={**slot, "given_up_at": at.isoformat()},
            until=until,
        )


def _beside(booking: Booking, first: int, end: int) -> tuple[int, int]:
    """What a session that was moved by less than its length leaves of its old cells."""
    begins = booking.first_cell - booking.cells_before
    ends = booking.first_cell + booking.cells + booking.cells_after
    if ends <= first or end <= begins:
        return first, end
    return (first, begins) if begins > first else (ends, end)
