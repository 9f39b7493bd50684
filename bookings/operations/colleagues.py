"""Colleagues of the same account: who they are, and that one of them can attend instead, until the start (B-10)."""

from datetime import datetime

from django.db import IntegrityError, transaction

from supportportal.outbox import operations as outbox
from supportportal.people.models import User
from supportportal.trail import operations as trail

from .. import granting, messages, messages_firm
from ..models import Booking, Hold, TermsVersion
from ..refusals import (
    AlreadyStarted,
    AttendeeBusy,
    AttendeeOwesFee,
    NotAColleague,
    NotLive,
    TermsNotAcceptedByClient,
)
from ..standing import day_of
from . import holds, strikes
from .locking import acting, lock


def colleagues_of(person: User) -> list[User]:
    """Who could be booked for, or attend, instead of ``person``: the active people of the same account, by name."""
    if person.account_id is None:
        return []
    rows = User.objects.clients().filter(account=person.account_id, is_active=True).exclude(pk=person.pk)
    return list(rows.select_related("account__plan").order_by("name", "pk"))


@transaction.atomic
def replace_attendee(booking: Booking, *, attendee: User, by: User, at: datetime) -> Booking:
    """Let ``attendee`` come instead, until the start; no strike, however late (B-10). Both are told.

    The session is then the attendee's in every respect: reminders, no-shows, the links in mails; the links that were
    sent before are revoked. The attendee must have accepted the terms (B-3). Naming who comes already changes nothing.
    Whoever is restricted neither comes nor names anybody; a coordinator can name a colleague in their place (R-4).
    Raises BookingRefused, with nothing changed.
    """
    booking = lock(booking, attendee.pk, *acting(by))
    before = booking.client
    if before.pk == attendee.pk:
        return booking
    if not booking.is_live:
        raise NotLive if booking.state == Booking.State.CANCELLED else AlreadyStarted
    if booking.has_started(at):
        raise AlreadyStarted
    attendee = User.objects.select_related("account__plan").get(pk=attendee.pk)
    _require_may_attend(booking, attendee, by=by, at=at)
    booking.client = attendee
    booking.version += 1
    booking.link_epoch += 1
    try:
        with transaction.atomic():
            booking.save(update_fields=["client", "version", "link_epoch"])
    except IntegrityError:
        raise AttendeeBusy(attendee) from None
    _let_go(booking, before, at=at)
    outbox.void(messages.SUBJECT_TYPE, booking.pk, below_version=booking.version)
    owed = messages_firm.owed_for_replacement(booking, before=before, at=at)
    outbox.plan(messages_firm.with_copies(owed, booking, by=by), at=at)
    trail.record("booking.attendee_replaced", booking, by=by, at=at, before=before.pk, client=attendee.pk)
    return booking


def _require_may_attend(booking: Booking, attendee: User, *, by: User, at: datetime) -> None:
    same_account = attendee.account_id is not None and attendee.account_id == booking.client.account_id
    if not same_account or attendee.is_staff or not attendee.is_active:
        raise NotAColleague
    granting.require(granting.may_book(attendee, booking.session_type, by=by, at=at))
    if TermsVersion.to_accept(attendee, at):
        raise TermsNotAcceptedByClient(attendee)
    own = attendee.bookings.live().filter(first_cell__lt=booking.first_cell + booking.cells)
    if any(one.first_cell + one.cells > booking.first_cell for one in own.order_by("-first_cell")[:1]):
        raise AttendeeBusy(attendee)
    if strikes.standing(attendee, at).is_chargeable(day_of(booking.first_cell, attendee.zone)):
        raise AttendeeOwesFee(attendee)


def _let_go(booking: Booking, before: User, *, at: datetime) -> None:
    """What was tied to the one who does not come: waiting for an earlier time, an undo, a fee."""
    holds.stop_waiting(booking, at=at)
    for hold in Hold.objects.select_for_update(no_key=True, of=("self",)).filter(booking=booking):
        holds.vacate(hold, at=at)
    strikes.refresh(before, at=at)
