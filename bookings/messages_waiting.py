"""The messages about undone changes and the waiting list (B-9a, B-15)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from supportportal import links, reader, wording
from supportportal.lattice import instant_at
from supportportal.outbox.kinds import Kind
from supportportal.outbox.models import Message
from supportportal.outbox.operations import Owed

from . import messages
from .messages_firm import with_copies
from .models import Agent, Booking, Offer
from .policy import POLICY

OFFER = "bookings.offer"
LINK_KIND = "offer"


def offer_path(offer: Offer) -> str:
    return reverse("bookings:offer", args=[links.token(LINK_KIND, offer.pk)])


# -- what is owed ------------------------------------------------------------------------------------------------------


def owed_for_undo(
    booking: Booking, *, reached: dict[str, Any] | None, left: Agent, given_up_at: datetime, at: datetime
) -> Iterator[Owed]:
    """``reached`` is the slot that an undone move had reached, and ``left`` who held it; None where a cancellation was
    undone.

    A reminder that would have gone out since it was given up goes out now (B-7).
    """
    yield Owed("booking_restored", booking.pk, at, version=booking.version, recipient=booking.client)
    yield Owed("agent_restored", booking.pk, at, version=booking.version, recipient=booking.agent.user)
    if reached is not None and left.pk != booking.agent_id:
        data = {name: reached[name] for name in ("first_cell", "cells", "agent")}
        yield messages.to_agent("agent_cancelled", booking, left, due_at=at, data=data)
    yield from messages.reminders(booking, agreed_at=given_up_at)


def owed_for_offer(offer: Offer, *, at: datetime) -> Iterator[Owed]:
    by_mail = [_owed("waitlist_offer", offer, at)]
    yield from with_copies(by_mail, offer.entry.booking, by=None) if offer.entry.booking else by_mail
    if offer.starts_at - at < POLICY.offer_sms and offer.entry.client.sms_consent_at is not None:
        yield _owed("waitlist_offer_sms", offer, at)


def owed_for_expiry(offer: Offer, *, at: datetime) -> Owed:
    return Owed("waitlist_expired", offer.pk, at, recipient=offer.entry.client)


def _owed(kind: str, offer: Offer, at: datetime) -> Owed:
    return Owed(kind, offer.pk, at, useful_until=offer.until, recipient=offer.entry.client)


# -- whether it is still owed ------------------------------------------------------------------------------------------


def _offer_due(message: Message, offer: Offer) -> str:
    return "" if offer.is_open else _("the offer is over")


def _sms_due(message: Message, offer: Offer) -> str:
    if offer.entry.client.sms_consent_at is None:
        return _("no consent to text messages")
    if not offer.entry.client.phone:
        return _("no phone number")
    return _offer_due(message, offer)


# -- what it shows -----------------------------------------------------------------------------------------------------


def _load(ids: Sequence[int]) -> dict[int, Offer]:
    return Offer.objects.for_listing().select_related("entry__booking__session_type").in_bulk(list(ids))


def _context(message: Message, offer: Offer) -> dict[str, Any]:
    language, zone = reader.language(), timezone.get_current_timezone()
    page = settings.SITE_URL + offer_path(offer)
    shown = {
        "offer": offer,
        "entry": offer.entry,
        "client": offer.entry.client,
        "is_copy": bool(message.copy),
        "agent": offer.agent,
        "what": offer.entry.session_type.title,
        "when": wording.written_span(offer.starts_at, offer.ends_at, zone, language),
        "when_short": wording.short(offer.starts_at, zone, language),
        "until": wording.written_out(offer.until, zone, language),
        "until_clock": wording.clock(offer.until, zone),
        "page": page,
        "links": [{"label": _("Look at the offer"), "url": page}],
    }
    if offer.entry.booking is not None:
        starts_at = instant_at(offer.entry.booking.first_cell)
        shown["own_when"] = wording.written_out(starts_at, zone, language)
    if message.kind == "waitlist_expired":
        shown["links"] = [{"label": _("My sessions"), "url": settings.SITE_URL + reverse("bookings:sessions")}]
    return shown


def _visible_to(messages: QuerySet, user: Any) -> QuerySet:
    if user.is_staff:
        return messages
    return messages.filter(subject_id__in=Offer.objects.filter(entry__client=user).values("pk"))


def _kind(code: str, label: Any, channel: str = "email", **rest: Any) -> Kind:
    return Kind(
        code=code,
        label=label,
        channel=channel,
        subject_type=OFFER,
        load=_load,
        context=_context,
        visible_to=_visible_to,
        **rest,
    )


KINDS_WAITING = [
    messages.kind(
        "booking_restored",
        gettext_lazy("Change undone"),
        context=messages.client_context,
        is_due=messages.overtaken,
        attachments=messages.invitation("REQUEST"),
    ),
    messages.kind(
        "agent_restored",
        pgettext_lazy("to the agent", "Change undone (agent)"),
        context=messages.agent_context,
        is_due=messages.overtaken,
        attachments=messages.invitation("REQUEST", for_agent=True),
    ),
    _kind("waitlist_offer", gettext_lazy("A time from the waiting list"), is_due=_offer_due, urgent=True),
    _kind(
        "waitlist_offer_sms",
        gettext_lazy("A time from the waiting list, by text message"),
        channel="sms",
        is_due=_sms_due,
        urgent=True,
    ),
    _kind("waitlist_expired", gettext_lazy("The offered time has gone on")),
]
