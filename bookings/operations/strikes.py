"""Strikes: record one, take one back, and bring up to date what follows from them (B-10, B-13).

All of it happens under the lock of the client's own row, which also keeps their sessions and fees still.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from supportportal.outbox import operations as outbox
from supportportal.people.models import User
from supportportal.trail import operations as trail

from .. import messages_ladder as messages
from ..models import Booking, Strike
from ..refusals import NoReason
from ..rules import Standing
from ..standing import StrikeRecord, day_of, record_of, records_of
from . import fees
from .locking import lock_people


def standing(client: User, at: datetime) -> Standing:
    """Where the client stands at this moment; strikes that can still be undone already count (B-9a)."""
    return record_of(client).standing()


def standings(clients: Iterable[int]) -> dict[int, Standing]:
    """The standing of many in two queries; who has no strike is left out."""
    return {client: record.standing() for client, record in records_of(clients).items()}


def record(
    booking: Booking, *, cause: str, first_cell: int, by: User | None, at: datetime, final_at: datetime
) -> Strike:
    """Record that the start at ``first_cell`` was missed; the client is told at ``final_at``, unless undone before.

    To be called under the people's lock, once the session is in its new state. A start is missed once: a second call
    gives back the first strike.
    """
    made = Strike.objects.counting().filter(booking=booking, first_cell=first_cell).first()
    if made:
        refresh(booking.client, at=at)
        return made
    strike = Strike.objects.create(
        booking=booking,
        client=booking.client,
        cause=cause,
        first_cell=first_cell,
        day=day_of(first_cell, booking.client.zone),
        recorded_at=at,
        recorded_by=by,
        final_at=final_at,
    )
    trail.record("strike.recorded", strike, by=by, at=at, booking=booking.pk, cause=cause, day=strike.day.isoformat())
    refresh(booking.client, at=at)
    return strike


@transaction.atomic
def take_back(
    strike: Strike, *, how: str, by: User | None, at: datetime, reason: str = "", is_told: bool = True
) -> Strike:
    """Make ``strike`` count nowhere: undone, corrected or waived. Taking back twice changes nothing.

    Who had been told of it is told of this too, unless ``is_told`` says that another message does so. Raises
    BookingRefused where a waiver has no reason.
    """
    if how == Strike.TakenBack.WAIVED and not reason.strip():
        raise NoReason
    client = lock_people(strike.client_id)[strike.client_id]
    strike = Strike.objects.get(pk=strike.pk)
    if strike.taken_back_at is not None:
        return strike
    strike.taken_back = how
    strike.taken_back_at = at
    strike.taken_back_by = by
    strike.taken_back_reason = reason.strip()
    strike.save(update_fields=["taken_back", "taken_back_at", "taken_back_by", "taken_back_reason"])
    trail.record("strike.taken_back", strike, by=by, at=at, how=how)
    if is_told and how != Strike.TakenBack.UNDONE and not messages.untold([strike], at=at):
        outbox.plan([messages.owed_for_taking_back(strike, at=at)], at=at)
    refresh(client, at=at)
    return strike


def refresh(client: User, *, at: datetime) -> None:
    """Bring what follows from the client's strikes up to date: fees asked, lapsed and owed, and the notices.

    To be called under the people's lock, after anything that changed a strike, a session or its outcome.
    """
    known = record_of(client)
    fees.settle(client, known, at=at)
    fees.ask_for_next(client, known, at=at)
    outbox.plan(_notices(known, at=at), at=at)


def _notices(known: StrikeRecord, *, at: datetime) -> list[outbox.Owed]:
    """For each strike that the client has not been told of yet, what recording it led to."""
    untold = messages.untold(known.strikes, at=at)
    return [messages.owed_for_strike(strike, known.level_of(strike)) for strike in untold]
