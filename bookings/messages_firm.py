"""The messages about what we changed ourselves (B-11), an agent who is late, and what others do for a client."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeGuard

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal.outbox.models import Message
from supportportal.outbox.operations import Owed
from supportportal.people.models import User

from . import messages
from .models import Booking, Unreached
from .policy import POLICY

COPY = "coordinator"
# What changes a session: to the coordinators who booked it or change it now.
COPIED = {
    "booking_confirmed",
    "booking_moved",
    "booking_cancelled",
    "booking_restored",
    "fee_cancelled",
    "attendee_replaced",
}
# What asks for a decision, and reminders while changing is still free: to the coordinator who booked it.
TO_DECIDE = {
    "fee_asked",
    "waitlist_offer",
    *(one.kind for one in POLICY.reminders if one.channel == "email" and one.before > POLICY.change_notice),
}


# -- what is owed ------------------------------------------------------------------------------------------------------


def with_copies(owed: Iterable[Owed], booking: Booking, *, by: User | None) -> Iterator[Owed]:
    """The same, with copies to coordinators, as far as they concern them."""
    booked = [person for person in [booking.booked_by] if _coordinates(person, booking.client)]
    changing = {person.pk: person for person in [*booked, by] if _coordinates(person, booking.client)}
    for one in owed:
        yield one
        told = changing.values() if one.kind in COPIED else booked if one.kind in TO_DECIDE else ()
        yield from (replace(one, recipient=person, copy=COPY) for person in told)


def _coordinates(person: User | None, client: User) -> TypeGuard[User]:
    return (
        person is not None
        and person.pk != client.pk
        and person.is_active
        and person.is_coordinator
        and person.account_id is not None
        and person.account_id == client.account_id
    )


def owed_for_sms(booking: Booking, *, at: datetime, first_cell: int) -> Owed:
    """The text message beside the mail; ``first_cell`` is the start that the client had in mind."""
    kind = "firm_moved_sms" if booking.is_live else "firm_cancelled_sms"
    data = {"was": first_cell}
    return Owed(kind, booking.pk, at, version=booking.version, recipient=booking.client, data=data)


def owed_for_late(booking: Booking, *, at: datetime) -> Iterator[Owed]:
    for kind in ("agent_late", "agent_late_sms"):
        until = booking.starts_at + POLICY.agent_late
        yield Owed(kind, booking.pk, at, version=booking.version, useful_until=until, recipient=booking.client)


def owed_for_replacement(booking: Booking, *, before: User, at: datetime) -> Iterator[Owed]:
    """``before`` has stopped being the one who comes."""
    yield Owed("attendee_released", booking.pk, at, version=booking.version, recipient=before)
    yield Owed("attendee_replaced", booking.pk, at, version=booking.version, recipient=booking.client)
    yield Owed("agent_attendee", booking.pk, at, version=booking.version, recipient=booking.agent.user)
    yield from messages.reminders(booking, agreed_at=at)


# -- whether it is still owed, and what came of it ---------------------------------------------------------------------


def _sms_due(message: Message, booking: Booking) -> str:
    if booking.client.sms_consent_at is None:
        return _("no consent to text messages")
    if not booking.client.phone:
        return _("no phone number")
    return messages.overtaken(message, booking)


def _not_delivered(message: Message, outcome: str, at: datetime) -> None:
    """Whoever the text message did not reach has to be called."""
    if outcome in {"failed", "bounced"}:
        Unreached.objects.get_or_create(
            booking_id=message.subject_id,
            version=message.version,
            defaults={
                "first_cell": message.data["was"],
                "why": Unreached.Why.NOT_DELIVERED,
                "since": at,
            },
        )


# -- what it shows -----------------------------------------------------------------------------------------------------


def _late_context(message: Message, booking: Booking) -> dict[str, Any]:
    return {**messages.client_context(message, booking), "late": int(POLICY.agent_late.total_seconds() // 60)}


def _released_context(message: Message, booking: Booking) -> dict[str, Any]:
    """To one who has no part in the session any more: no links to change it."""
    return messages.context(message, booking)


KINDS_FIRM = [
    messages.kind(
        "firm_moved_sms",
        gettext_lazy("We changed the session, by text message"),
        channel="sms",
        context=messages.client_context,
        is_due=_sms_due,
        on_outcome=_not_delivered,
        urgent=True,
    ),
    messages.kind(
        "firm_cancelled_sms",
        gettext_lazy("We cancelled the session, by text message"),
        channel="sms",
        context=messages.client_context,
        is_due=_sms_due,
        on_outcome=_not_delivered,
        urgent=True,
    ),
    messages.kind(
        "agent_late", gettext_lazy("The agent is late"), context=_late_context, is_due=messages.overtaken, urgent=True
    ),
    messages.kind(
        "agent_late_sms",
        gettext_lazy("The agent is late, by text message"),
        channel="sms",
        context=_late_context,
        is_due=_sms_due,
        urgent=True,
    ),
    messages.kind(
        "attendee_replaced",
        gettext_lazy("You attend a session"),
        context=messages.client_context,
        is_due=messages.overtaken,
        attachments=messages.invitation("REQUEST"),
    ),
    messages.kind(
        "attendee_released",
        gettext_lazy("A colleague attends instead"),
        context=_released_context,
        is_due=messages.overtaken,
        attachments=messages.invitation("CANCEL"),
    ),
    messages.kind(
        "agent_attendee",
        gettext_lazy("Another client attends (agent)"),
        context=messages.agent_context,
        is_due=messages.overtaken,
        attachments=messages.invitation("REQUEST", for_agent=True),
    ),
]
