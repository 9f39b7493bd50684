"""The messages about strikes and fees: warned, sanctioned, asked, taken back, looked at again (B-13)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal import reader, wording
from supportportal.lattice import instant_at
from supportportal.outbox.kinds import Kind
from supportportal.outbox.models import Message
from supportportal.outbox.operations import Owed

from . import standing_words
from .messages import client_context
from .models import Booking, Fee, Strike
from .policy import POLICY
from .rules.ladder import RENEWED, SANCTION, WARNING
from .standing import can_be_reviewed, record_of, review_until
from .way_out import free_dates

STRIKE, FEE = "bookings.strike", "bookings.fee"
NOTICES = {WARNING: "strike_warning", SANCTION: "strike_sanction", RENEWED: "strike_renewed"}
LEFT: set[str] = {Message.State.SENT, Message.State.DELIVERED, *Message.AT_RISK}


# -- what is owed ------------------------------------------------------------------------------------------------------


def owed_for_strike(strike: Strike, level: int) -> Owed:
    """The notice of a strike, once it can't be undone any more."""
    return Owed(NOTICES[level], strike.pk, strike.final_at, recipient=strike.client)


def owed_for_taking_back(strike: Strike, *, at: datetime) -> Owed:
    return Owed("strike_taken_back", strike.pk, at, recipient=strike.client)


def owed_for_review(strike: Strike, *, at: datetime) -> Owed:
    return Owed("strike_reviewed", strike.pk, at, recipient=strike.client)


def owed_for_fee(fee: Fee) -> Owed:
    starts_at = instant_at(fee.booking.first_cell)
    return Owed("fee_asked", fee.pk, fee.asked_at, useful_until=starts_at - POLICY.fee_silence, recipient=fee.client)


def owed_again_for_fee(fee: Fee) -> list[Owed]:
    """For a fee that is asked again by an undo, where the client was not told of it before it lapsed."""
    told = Message.objects.about(FEE, fee.pk).filter(kind="fee_asked")
    if told.filter(state__in=[*Message.UNSENT, *LEFT]).exists():
        return []
    return [replace(owed_for_fee(fee), version=told.count() + 1)]


# -- whether it has left -----------------------------------------------------------------------------------------------


def untold(strikes: Sequence[Strike], *, at: datetime) -> list[Strike]:
    """Those whose notice is still to come: not final yet, or held up on its way."""
    if not strikes:
        return []
    notices = Message.objects.about(STRIKE, *(strike.pk for strike in strikes)).filter(kind__in=NOTICES.values())
    states: dict[int, set[str]] = {}
    for pk, state in notices.values_list("subject_id", "state"):
        states.setdefault(pk, set()).add(state)
    return [
        strike
        for strike in strikes
        if not states.get(strike.pk, set()) & LEFT and (strike.final_at >= at or strike.pk in states)
    ]


# -- whether it is still owed ------------------------------------------------------------------------------------------


def _notice_due(message: Message, strike: Strike) -> str:
    if strike.taken_back_at is not None:
        return _("the strike was taken back")
    is_same = NOTICES[record_of(strike.client).level_of(strike)] == message.kind
    return "" if is_same else _("what the strike leads to has changed since")


def _fee_due(message: Message, fee: Fee) -> str:
    return "" if fee.state == Fee.State.ASKED else _("the fee is no longer asked")


# -- what it shows -----------------------------------------------------------------------------------------------------


def _load_strikes(ids: Sequence[int]) -> dict[int, Strike]:
    rows = Strike.objects.select_related("client", "booking__session_type", "booking__agent__user")
    return rows.prefetch_related("reviews").in_bulk(list(ids))


def _load_fees(ids: Sequence[int]) -> dict[int, Fee]:
    rows = Fee.objects.select_related("client", "booking__client__account", "booking__session_type")
    return rows.select_related("booking__agent__user").in_bulk(list(ids))


def _strike_context(message: Message, strike: Strike) -> dict[str, Any]:
    language, zone = reader.language(), timezone.get_current_timezone()
    standing = record_of(strike.client).standing()
    can_ask = can_be_reviewed(strike, strike.client.zone, message.due_at)
    review = next(iter(strike.reviews.all()), None)
    mine = settings.SITE_URL + reverse("bookings:sessions")
    links = [{"label": _("My sessions"), "url": mine}]
    if can_ask and review is None:
        url = settings.SITE_URL + reverse("bookings:strike", args=[strike.pk])
        links.append({"label": _("Ask us to look at it again"), "url": url})
    return {
        "strike": strike,
        "booking": strike.booking,
        "client": strike.client,
        "when": wording.written_out(instant_at(strike.first_cell), zone, language),
        "when_short": wording.short(instant_at(strike.first_cell), zone, language),
        "standing": standing,
        "following": standing_words.following(standing),
        "free_from": standing_words.day(standing.free_from) if standing.free_from else "",
        "fee": standing_words.fee(),
        "months": POLICY.strike_months,
        "notice_hours": int(POLICY.change_notice.total_seconds() // 3600),
        "review_until": standing_words.day(review_until(strike, strike.client.zone)) if can_ask and not review else "",
        "review": review,
        "links": links,
    }


def _fee_context(message: Message, fee: Fee) -> dict[str, Any]:
    language, zone = reader.language(), timezone.get_current_timezone()
    shown = client_context(message, fee.booking)
    standing = record_of(fee.client).standing(reviewed_too=True)
    until = fee.booking.starts_at - POLICY.fee_silence
    shown["fee"] = standing_words.fee(fee.net, fee.vat_rate, fee.currency)
    shown["answer_until"] = wording.written_out(until, zone, language)
    shown |= free_dates(fee.booking, standing, message.due_at)
    if fee.booking.is_live:
        url = settings.SITE_URL + reverse("bookings:fee", args=[fee.booking.reference])
        shown["links"] = [{"label": _("Accept the fee"), "url": url}, *shown["links"]]
    return shown


def _visible_strikes(messages: QuerySet, user: Any) -> QuerySet:
    seen = Strike.objects.filter(booking__in=Booking.objects.visible_to(user))
    return messages.filter(subject_id__in=seen.values("pk"))


def _visible_fees(messages: QuerySet, user: Any) -> QuerySet:
    return messages.filter(subject_id__in=Fee.objects.filter(booking__in=Booking.objects.visible_to(user)).values("pk"))


def _kind(code: str, label: Any, **rest: Any) -> Kind:
    return Kind(
        code=code,
        label=label,
        channel="email",
        subject_type=STRIKE,
        load=_load_strikes,
        context=_strike_context,
        visible_to=_visible_strikes,
        **rest,
    )


KINDS_LADDER = [
    _kind("strike_warning", gettext_lazy("Warning after a no-show"), is_due=_notice_due),
    _kind("strike_sanction", gettext_lazy("Fee after a second no-show"), is_due=_notice_due),
    _kind("strike_renewed", gettext_lazy("Fee renewed after another no-show"), is_due=_notice_due),
    _kind("strike_taken_back", gettext_lazy("No-show taken back")),
    _kind("strike_reviewed", gettext_lazy("Answer: no-show looked at again")),
    Kind(
        code="fee_asked",
        label=gettext_lazy("Fee asked for a booked session"),
        channel="email",
        subject_type=FEE,
        load=_load_fees,
        context=_fee_context,
        is_due=_fee_due,
        visible_to=_visible_fees,
    ),
]
