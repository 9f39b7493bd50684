"""The messages that sessions owe: when they are due, until when they are useful, and what they show."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from supportportal import links, reader, wording
from supportportal.lattice import instant_at
from supportportal.outbox.kinds import Attachment, Kind
from supportportal.outbox.models import Message
from supportportal.outbox.operations import Owed
from supportportal.people.models import Firm, Gate

from . import desk, ical, rules
from .models import Agent, Booking
from .policy import POLICY
from .policy_words import reminder_label

SUBJECT_TYPE = "bookings.booking"
LINK_KIND = "booking"


def manage_path(booking: Booking, action: str = "") -> str:
    """The page behind the mail's links: ``action`` is "change", "cancel", "now" (while it is on) or nothing (B-9)."""
    token = links.token(LINK_KIND, booking.pk, booking.link_epoch)
    return reverse(f"bookings:link_{action}" if action else "bookings:link", args=[token])


# -- what is owed ------------------------------------------------------------------------------------------------------


def owed_for_booking(booking: Booking, *, at: datetime) -> Iterator[Owed]:
    yield _to_client("booking_confirmed", booking, due_at=at)
    yield to_agent("agent_booked", booking, booking.agent, due_at=at)
    yield from reminders(booking, agreed_at=at)


def owed_for_move(booking: Booking, *, moved_from: dict[str, Any], before: Agent, at: datetime) -> Iterator[Owed]:
    """``moved_from``: ``first_cell``, ``cells`` and ``agent`` of the slot that was given up, ``before`` who held it."""
    yield _to_client("booking_moved", booking, due_at=at, data=moved_from)
    if before.pk == booking.agent_id:
        yield to_agent("agent_moved", booking, before, due_at=at, data=moved_from)
    else:
        yield to_agent("agent_cancelled", booking, before, due_at=at, data=moved_from)
        yield to_agent("agent_booked", booking, booking.agent, due_at=at)
    yield from reminders(booking, agreed_at=at)


def owed_for_cancellation(booking: Booking, *, at: datetime) -> Iterator[Owed]:
    is_silence = booking.cancel_reason == Booking.CancelReason.FEE
    yield _to_client("fee_cancelled" if is_silence else "booking_cancelled", booking, due_at=at)
    yield to_agent("agent_cancelled", booking, booking.agent, due_at=at)


def reminders(booking: Booking, *, agreed_at: datetime) -> Iterator[Owed]:
    for one in rules.plan_reminders(booking.starts_at, agreed_at, POLICY):
        yield Owed(
            one.kind,
            booking.pk,
            one.due_at,
            version=booking.version,
            useful_until=one.useful_until,
            recipient=booking.client,
        )


def _to_client(kind: str, booking: Booking, *, due_at: datetime, data: dict[str, Any] | None = None) -> Owed:
    return Owed(kind, booking.pk, due_at, version=booking.version, recipient=booking.client, data=data or {})


def to_agent(
    kind: str, booking: Booking, agent: Agent, *, due_at: datetime, data: dict[str, Any] | None = None
) -> Owed:
    return Owed(kind, booking.pk, due_at, version=booking.version, recipient=agent.user, data=data or {})


# -- whether it is still owed ------------------------------------------------------------------------------------------


def _reminder_due(message: Message, booking: Booking) -> str:
    if not booking.is_live:
        return _("the session was cancelled")
    return overtaken(message, booking)


def _sms_due(message: Message, booking: Booking) -> str:
    if booking.client.sms_consent_at is None:
        return _("no consent to text messages")
    if not booking.client.phone:
        return _("no phone number")
    return _reminder_due(message, booking)


def overtaken(message: Message, booking: Booking) -> str:
    return "" if message.version == booking.version else _("the session has been changed since")


# -- what it shows -----------------------------------------------------------------------------------------------------


def _load(ids: Sequence[int]) -> dict[int, Booking]:
    rows = Booking.objects.select_related("client__account", "agent__user", "session_type")
    return rows.prefetch_related("client__restrictions", "client__account__restrictions").in_bulk(list(ids))


def _may_move(booking: Booking, at: datetime) -> bool:
    """Whoever booking is closed to can cancel, and not move (R-5)."""
    client = booking.client
    on_all = client.account.restrictions.all() if client.account else ()
    return not any(one.closes(Gate.BOOKING, at) for one in (*client.restrictions.all(), *on_all))


def slot_of(message: Message, booking: Booking) -> tuple[datetime, datetime]:
    """The session's times, or for an agent who has lost it to a colleague or another hour, the ones given up."""
    if message.kind == "agent_cancelled" and message.data:
        first = message.data["first_cell"]
        return instant_at(first), instant_at(first + message.data["cells"])
    return booking.starts_at, booking.ends_at


def context(message: Message, booking: Booking) -> dict[str, Any]:
    """Everything that the templates of sessions use; called in the recipient's language and zone."""
    language = reader.language()
    zone = timezone.get_current_timezone()
    starts_at, ends_at = slot_of(message, booking)
    is_imposed = booking.is_live and booking.is_imposed
    free_until = starts_at if is_imposed else rules.free_until(starts_at, POLICY)
    # The reminder of 24 hours leaves at the very instant until which a change is free: it can only say that it was.
    read_at = message.due_at + timedelta(seconds=message.kind.startswith("reminder"))
    shown: dict[str, Any] = {
        "booking": booking,
        "client": booking.client,
        "agent": booking.agent,
        "when": wording.written_span(starts_at, ends_at, zone, language),
        "when_short": wording.short(starts_at, zone, language),
        "clock": wording.clock(starts_at, zone),
        "zone": wording.zone_label(zone, language),
        "place": ical.place_in_words(booking),
        "place_is_link": booking.place.startswith("https://"),
        "free_until": wording.short(free_until, zone, language),
        "is_free": is_imposed or rules.is_free_to_change(starts_at, read_at, POLICY),
        "is_imposed": is_imposed,
        "may_move": True,
        "is_copy": bool(message.copy),
        "notice_hours": int(POLICY.change_notice.total_seconds() // 3600),
    }
    if "first_cell" in message.data:
        was = message.data["first_cell"]
        shown["is_same_time"] = was == booking.first_cell
        if was != booking.first_cell:
            shown["old_when"] = wording.written_out(instant_at(was), zone, language)
    return shown


def client_context(message: Message, booking: Booking) -> dict[str, Any]:
    shown = context(message, booking)
    shown["page"] = settings.SITE_URL + manage_path(booking)
    if message.kind == "booking_confirmed":
        shown["peak"] = desk.peak(message.due_at)  # B-18
    shown["now"] = settings.SITE_URL + manage_path(booking, "now")
    if booking.is_live:
        at_the_door = [{"label": _("Join, or say that you are late"), "url": shown["now"]}]
        shown["may_move"] = _may_move(booking, message.due_at)
        move = [{"label": _("Change the time"), "url": settings.SITE_URL + manage_path(booking, "change")}]
        shown["links"] = [
            *(at_the_door if message.kind == "reminder_1h" else []),
            *(move if shown["may_move"] else []),
            {"label": _("Cancel the session"), "url": settings.SITE_URL + manage_path(booking, "cancel")},
        ]
    elif booking.cancel_reason != Booking.CancelReason.MEASURE:  # to whom booking is closed, none is offered
        shown["links"] = [{"label": _("Book a new time"), "url": settings.SITE_URL + reverse("bookings:book")}]
    return shown


def agent_context(message: Message, booking: Booking) -> dict[str, Any]:
    shown = context(message, booking)
    url = settings.SITE_URL + reverse("admin:bookings_booking_change", args=[booking.pk])
    shown["links"] = [{"label": _("Open the session"), "url": url}]
    return shown


def invitation(method: str, *, for_agent: bool = False) -> Callable[[Message, Booking], Iterable[Attachment]]:
    def attach(message: Message, booking: Booking) -> Iterable[Attachment]:
        path = reverse("admin:bookings_booking_change", args=[booking.pk]) if for_agent else manage_path(booking)
        url = settings.SITE_URL + path
        free_until = context(message, booking)["free_until"]
        lines = [booking.topic, url]
        if method == "REQUEST" and not for_agent:
            lines.insert(1, _("Free to change until %(instant)s.") % {"instant": free_until})
        content = ical.entry(
            booking,
            firm=Firm.current(),
            method=method,
            attendee=booking.client if message.recipient is None or message.copy else message.recipient,
            at=message.created_at,
            url=url,
            description="\n".join(lines),
            slot=slot_of(message, booking),
        )
        yield Attachment("session.ics", content, f"text/calendar; method={method}; charset=utf-8", alternative=True)

    return attach


def _visible_to(messages: QuerySet, user: Any) -> QuerySet:
    return messages.filter(subject_id__in=Booking.objects.visible_to(user).values("pk"))


def _by_reference(text: str) -> Iterable[int]:
    return Booking.objects.filter(reference=text.upper()).values_list("pk", flat=True)


def kind(code: str, label: Any, channel: str = "email", **rest: Any) -> Kind:
    return Kind(
        code=code,
        label=label,
        channel=channel,
        subject_type=SUBJECT_TYPE,
        load=_load,
        visible_to=_visible_to,
        find=_by_reference,
        **rest,
    )


KINDS = [
    kind(
        "booking_confirmed",
        gettext_lazy("Confirmation"),
        context=client_context,
        is_due=overtaken,
        attachments=invitation("REQUEST"),
    ),
    kind(
        "booking_moved",
        gettext_lazy("New time"),
        context=client_context,
        is_due=overtaken,
        attachments=invitation("REQUEST"),
    ),
    kind(
        "booking_cancelled",
        gettext_lazy("Cancellation"),
        context=client_context,
        is_due=overtaken,
        attachments=invitation("CANCEL"),
    ),
    kind(
        "fee_cancelled",
        gettext_lazy("Cancellation: no answer about the fee"),
        context=client_context,
        is_due=overtaken,
        attachments=invitation("CANCEL"),
    ),
    *(
        kind(
            code,
            reminder_label(gettext_lazy("Reminder, {length} before"), code),
            context=client_context,
            is_due=_reminder_due,
        )
        for code in ("reminder_2d", "reminder_24h", "reminder_1h")
    ),
    kind(
        "reminder_30m",
        reminder_label(gettext_lazy("Text message, {length} before"), "reminder_30m"),
        channel="sms",
        context=client_context,
        is_due=_sms_due,
    ),
    kind(
        "agent_booked",
        pgettext_lazy("to the agent", "New session (agent)"),
        context=agent_context,
        is_due=overtaken,
        attachments=invitation("REQUEST", for_agent=True),
    ),
    kind(
        "agent_moved",
        pgettext_lazy("to the agent", "Moved session (agent)"),
        context=agent_context,
        is_due=overtaken,
        attachments=invitation("REQUEST", for_agent=True),
    ),
    kind(
        "agent_cancelled",
        pgettext_lazy("to the agent", "Cancelled session (agent)"),
        context=agent_context,
        is_due=overtaken,
        attachments=invitation("CANCEL", for_agent=True),
    ),
]
