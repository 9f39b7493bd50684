"""Book, move and cancel."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from supportportal.files.models import StoredFile
from supportportal.outbox import operations as outbox
from supportportal.people.access import RESTRICTED
from supportportal.people.models import User
from supportportal.trail import operations as trail

from .. import availability, granting, messages
from ..messages_firm import with_copies
from ..models import Agent, Booking, SessionType, Strike, TermsVersion
from ..models.booking import LONGEST_CELLS
from ..models.offer import PlaceKind
from ..numbers import CONFLICTS
from ..policy import POLICY
from ..refusals import (
    AlreadyStarted,
    BookingRefused,
    ClientBusy,
    ConsequenceChanged,
    NotLive,
    NoTopic,
    NotTheAskedInstant,
    SlotNotOffered,
    SlotTaken,
)
from ..standing import day_of
from . import fees, holds, strikes
from .consequences import Consequence, consequence
from .locking import acting, lock, lock_people
from .terms import accept_terms

REFERENCE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that is misread or misheard


def book(
    *,
    session_type: SessionType,
    client: User,
    first_cell: int,
    topic: str,
    by: User,
    at: datetime,
    agent: Agent | None = None,
    details: str = "",
    files: Iterable[StoredFile] = (),
    terms: TermsVersion | None = None,
    form_key: str | None = None,
    phone: str = "",
    sms_consent: bool = False,
    fee_accepted: bool = False,
) -> Booking:
    """Book the slot that begins with ``first_cell``, with ``agent`` or with whoever is free, spread evenly.

    ``phone`` (E.164) and ``sms_consent`` are what the client said about text messages in the same form (B-8).
    ``terms`` is the version that the client accepts with this booking, if any (B-3). The same ``form_key`` twice is one
    booking, given back both times. ``fee_accepted``: ``by`` accepts the fee, should this start carry one (B-13.3).
    Raises BookingRefused, with nothing changed: not granted (P-2), terms or fee not accepted, not offered then (B-1),
    or just taken (B-2).
    """
    if not topic.strip():
        raise NoTopic
    if form_key and (made := Booking.objects.filter(form_key=form_key, booked_by=by).first()):
        return made
    if agent:
        # A look before the lock, where it is decided: of many at once, most are told without waiting for one another.
        _require_free(session_type, agent, first_cell, client=client, at=at)
    candidates = [agent] if agent else _whoever_is_free(session_type, first_cell, client=client, at=at)
    refusal: BookingRefused = SlotNotOffered() if not candidates else SlotTaken()
    for candidate in candidates:
        try:
            return _book_with(
                candidate,
                session_type=session_type,
                client=client,
                first_cell=first_cell,
                fields={"topic": topic.strip(), "details": details.strip(), "form_key": form_key},
                files=list(files),
                terms=terms,
                phone=phone,
                sms_consent=sms_consent,
                fee_accepted=fee_accepted,
                by=by,
                at=at,
            )
        except (SlotTaken, SlotNotOffered) as one:
            refusal = one
    raise refusal


def _whoever_is_free(
    session_type: SessionType, first_cell: int, *, client: User, at: datetime, moving: Booking | None = None
) -> list[Agent]:
    agents = session_type.agents_for(client)
    return availability.agents_by_load(session_type, first_cell, agents=agents, client=client, at=at, moving=moving)


@transaction.atomic
def _book_with(
    agent: Agent,
    *,
    session_type: SessionType,
    client: User,
    first_cell: int,
    fields: dict[str, Any],
    files: Sequence[StoredFile],
    terms: TermsVersion | None,
    phone: str,
    sms_consent: bool,
    fee_accepted: bool,
    by: User,
    at: datetime,
) -> Booking:
    client = lock_people(agent.pk, client.pk, *acting(by))[client.pk]
    if fields["form_key"] and (made := Booking.objects.filter(form_key=fields["form_key"], booked_by=by).first()):
        return made
    granting.require(granting.may_book(client, session_type, by=by, at=at))
    accept_terms(client, terms, at=at, by=by)
    _require_free(session_type, agent, first_cell, client=client, at=at)
    holds.make_room(session_type, agent, first_cell, client=client, at=at)
    day = day_of(first_cell, client.zone)
    carries_fee = fees.require(strikes.standing(client, at), day, accepted=fee_accepted, by=by)
    _note_contact(client, phone, sms_consent, at=at)
    kind, place = place_of(session_type, agent)
    booking = _write_slot(
        lambda: Booking.objects.create(
            reference=new_reference(),
            session_type=session_type,
            agent=agent,
            client=client,
            booked_by=by,
            first_cell=first_cell,
            cells=session_type.cells,
            cells_before=session_type.buffer_before // 5,
            cells_after=session_type.buffer_after // 5,
            place_kind=kind,
            place=place,
            booked_at=at,
            fixed_at=at,
            **fields,
        )
    )
    booking.files.set(files)
    if carries_fee:
        fees.put_on_record(booking, by=by, at=at)
    outbox.plan(with_copies(messages.owed_for_booking(booking, at=at), booking, by=by), at=at)
    trail.record("booking.booked", booking, by=by, at=at, agent=agent.pk, client=client.pk, first_cell=first_cell)
    return booking


def move(
    booking: Booking,
    *,
    first_cell: int,
    by: User | None,
    at: datetime,
    agent: Agent | None = None,
    reason: str = "",
    asked_at: datetime | None = None,
    by_firm: bool = False,
    excused: bool = False,
    fee_accepted: bool = False,
    shown: str | None = None,
) -> Booking:
    """Move ``booking`` to the slot that begins with ``first_cell``: with ``agent``, else its own, else whoever is free.

    The new start must be one that could be booked now. A late move counts as a no-show and is judged as if its strike
    already stood (B-10); a start before ``free_from`` needs ``fee_accepted`` by somebody who has signed in (B-13).
    ``asked_at`` is when the client asked, where staff act for them: it decides the notice (B-11). ``by_firm`` is our
    own doing: no strike, no fee, and the client can refuse the new time free of charge. ``excused`` makes no strike
    either (an offer from the waiting list). ``shown`` is the ``Consequence.key`` that the page showed.

    Raises BookingRefused, with nothing changed, when the session is cancelled, has started, the slot is not free, the
    fee is not accepted, or the consequence is not the one shown. Moving to where it is already changes nothing.
    """
    if booking.first_cell == first_cell and agent in (None, booking.agent):
        return booking
    candidates = [agent] if agent else _agents_for_move(booking, first_cell, at=at)
    refusal: BookingRefused = SlotNotOffered() if not candidates else SlotTaken()
    for candidate in candidates:
        try:
            return _move_to(
                booking,
                first_cell,
                candidate,
                reason=reason,
                by=by,
                at=at,
                asked_at=asked_at,
                by_firm=by_firm,
                excused=excused,
                fee_accepted=fee_accepted,
                shown=shown,
            )
        except (SlotTaken, SlotNotOffered) as one:
            refusal = one
    raise refusal


def _agents_for_move(booking: Booking, first_cell: int, *, at: datetime) -> list[Agent]:
    """The session's own agent first: people like to keep whom they know."""
    free = _whoever_is_free(booking.session_type, first_cell, client=booking.client, at=at, moving=booking)
    return sorted(free, key=lambda agent: agent.pk != booking.agent_id)


@transaction.atomic
def _move_to(
    booking: Booking,
    first_cell: int,
    agent: Agent,
    *,
    reason: str,
    by: User | None,
    at: datetime,
    asked_at: datetime | None,
    by_firm: bool,
    excused: bool,
    fee_accepted: bool,
    shown: str | None,
) -> Booking:
    booking = lock(booking, agent.pk, *acting(by))
    asked = _instant_of_asking(booking, asked_at, at=at)
    _require_changeable(booking, at=asked)
    if booking.first_cell == first_cell and booking.agent_id == agent.pk:
        return booking
    access = granting.may_book(booking.client, booking.session_type, by=by, at=at)
    if not (by_firm and access.code == RESTRICTED):  # what we have to move ourselves is no act of the client's
        granting.require(access)
    _require_free(
        booking.session_type, agent, first_cell, client=booking.client, at=at, moving=booking, by_firm=by_firm
    )
    holds.make_room(booking.session_type, agent, first_cell, client=booking.client, at=at)
    meaning = consequence(booking, at=asked, by_firm=by_firm or excused)
    _require_shown(meaning, shown)
    day = day_of(first_cell, booking.client.zone)
    carries_fee = not by_firm and meaning.carries_fee(day)
    if carries_fee:
        fees.require(meaning.standing, day, accepted=fee_accepted, by=by)

    before, held_by = holds.slot_of(booking), booking.agent
    moved_from = {"first_cell": booking.first_cell, "cells": booking.cells, "agent": booking.agent_id}
    old_start = booking.starts_at
    booking.first_cell = first_cell
    booking.cells = booking.session_type.cells
    booking.cells_before = booking.session_type.buffer_before // 5
    booking.cells_after = booking.session_type.buffer_after // 5
    if agent.pk != booking.agent_id:
        booking.agent = agent
        booking.place_kind, booking.place = place_of(booking.session_type, agent)
    booking.fixed_at = at
    booking.imposed_at, booking.agreed_at = (at if by_firm else None), None
    booking.version += 1
    slot = ["first_cell", "cells", "cells_before", "cells_after", "agent", "place_kind", "place"]
    fields = [*slot, "fixed_at", "imposed_at", "agreed_at", "version"]
    _write_slot(lambda: booking.save(update_fields=fields))
    booking.refresh_from_db(fields=["starts_at", "ends_at"])
    outbox.void(messages.SUBJECT_TYPE, booking.pk, below_version=booking.version)
    owed = messages.owed_for_move(booking, moved_from=moved_from, before=held_by, at=at)
    outbox.plan(with_copies(owed, booking, by=by), at=at)
    facts = {"agent": agent.pk, "first_cell": first_cell, "moved_from": moved_from, "reason": reason}
    trail.record("booking.moved", booking, by=by, at=at, **facts)
    if carries_fee and by is not None:
        fees.put_on_record(booking, by=by, at=at)
    cause = Strike.Cause.LATE_MOVE
    _follow_up(booking, meaning, cause, missed=(moved_from["first_cell"], old_start), by=by, at=at)
    _give_up(before, booking, by=by, by_firm=by_firm, at=at)
    return booking


@transaction.atomic
def cancel(
    booking: Booking,
    *,
    reason: str,
    by: User | None,
    at: datetime,
    asked_at: datetime | None = None,
    by_firm: bool = False,
    shown: str | None = None,
) -> Booking:
    """Cancel ``booking`` and free its slot. ``by`` is None when done by the link in a mail, without signing in.

    Less than 24 hours before the start it counts as a no-show (B-10), unless it is the firm's doing (``by_firm``).
    ``asked_at`` is when the client asked, where staff act for them: it decides the notice (B-11). ``shown`` is the
    ``Consequence.key`` that the page showed. Cancelling what is cancelled already changes nothing. Raises
    BookingRefused, with nothing changed, once the session has begun or where the consequence is not the one shown.
    """
    booking = lock(booking)
    if booking.state == Booking.State.CANCELLED:
        return booking
    asked = _instant_of_asking(booking, asked_at, at=at)
    _require_changeable(booking, at=asked)
    meaning = consequence(booking, at=asked, by_firm=by_firm, cancels=True)
    _require_shown(meaning, shown)
    before = holds.slot_of(booking)
    booking.state = Booking.State.CANCELLED
    booking.cancelled_at = at
    booking.cancelled_by = by
    booking.cancel_reason = reason
    booking.version += 1
    booking.save(update_fields=["state", "cancelled_at", "cancelled_by", "cancel_reason", "version"])
    outbox.void(messages.SUBJECT_TYPE, booking.pk, below_version=booking.version)
    outbox.plan(with_copies(messages.owed_for_cancellation(booking, at=at), booking, by=by), at=at)
    trail.record("booking.cancelled", booking, by=by, at=at, reason=reason)
    cause = Strike.Cause.LATE_CANCEL
    _follow_up(booking, meaning, cause, missed=(booking.first_cell, booking.starts_at), by=by, at=at)
    before["waited"] = holds.stop_waiting(booking, at=at)
    _give_up(before, booking, by=by, by_firm=by_firm, at=at)
    return booking


def place_of(session_type: SessionType, agent: Agent) -> tuple[str, str]:
    """Where a session is held: kind, and link, number or address (B-1a)."""
    link = agent.video_link if session_type.place_kind == PlaceKind.VIDEO else ""
    return session_type.place_kind, session_type.place or link


# -- what stands behind the verbs --------------------------------------------------------------------------------------


def _instant_of_asking(booking: Booking, asked_at: datetime | None, *, at: datetime) -> datetime:
    if asked_at is None:
        return at
    if not booking.booked_at <= asked_at <= at:
        raise NotTheAskedInstant
    return asked_at


def _require_shown(meaning: Consequence, shown: str | None) -> None:
    if shown is not None and shown != meaning.key:
        raise ConsequenceChanged


def _follow_up(
    booking: Booking,
    meaning: Consequence,
    cause: str,
    *,
    missed: tuple[int, datetime],
    by: User | None,
    at: datetime,
) -> None:
    """Record the strike if it counts, for the start that was given up, and bring up to date what follows."""
    first_cell, start = missed
    if meaning.counts:
        can_undo = by is None or not by.is_staff
        final_at = max(at, min(at + POLICY.undo, start)) if can_undo else at
        strikes.record(booking, cause=cause, first_cell=first_cell, by=by, at=at, final_at=final_at)
    else:
        strikes.refresh(booking.client, at=at)


def _give_up(before: holds.Slot, booking: Booking, *, by: User | None, by_firm: bool, at: datetime) -> None:
    """What the client gave up can be taken back for a while; what staff gave up goes to those who wait (B-9a)."""
    if by_firm or (by is not None and by.is_staff):
        holds.hand_on(before, booking, at=at)
    else:
        holds.keep_for_undo(before, booking, at=at)


def _require_changeable(booking: Booking, *, at: datetime) -> None:
    if booking.state == Booking.State.CANCELLED:
        raise NotLive
    if not booking.is_live:
        raise AlreadyStarted
    if booking.has_started(at):
        raise AlreadyStarted


def _require_free(
    session_type: SessionType,
    agent: Agent,
    first_cell: int,
    *,
    client: User,
    at: datetime,
    moving: Booking | None = None,
    by_firm: bool = False,
) -> None:
    end = first_cell + session_type.cells
    own = client.bookings.live().filter(first_cell__lt=end, first_cell__gt=first_cell - LONGEST_CELLS)
    if any(one.first_cell + one.cells > first_cell for one in own if one != moving):
        raise ClientBusy
    if not availability.is_free(session_type, agent, first_cell, client=client, at=at, moving=moving, by_firm=by_firm):
        raise _taken()


def _write_slot(write: Any) -> Any:
    """Run one write of a slot; the database's own refusal of an overlap becomes SlotTaken."""
    try:
        with transaction.atomic():
            return write()
    except IntegrityError:
        raise _taken() from None


def _taken() -> SlotTaken:
    CONFLICTS.count()
    return SlotTaken()


def _note_contact(client: User, phone: str, sms_consent: bool, *, at: datetime) -> None:
    if phone and phone != client.phone:
        client.phone = phone
        client.save(update_fields=["phone"])
    if sms_consent and client.sms_consent_at is None:
        client.sms_consent_at = at
        client.save(update_fields=["sms_consent_at"])
        trail.record("sms.consented", client, by=client, at=at)


def new_reference() -> str:
    letters = "".join(secrets.choice(REFERENCE_LETTERS) for _i in range(8))
    return f"{letters[:4]}-{letters[4:]}"
