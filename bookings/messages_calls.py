"""What phone callbacks owe by mail: received (or added to), not reached, out of scope, cancelled; and the answer to a
mail that could not become a request.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal import reader, wording
from supportportal.outbox import answers
from supportportal.outbox.kinds import Kind
from supportportal.outbox.models import Inbound, Message
from supportportal.outbox.operations import Owed
from supportportal.people import kept_open, phones
from supportportal.people.access import gate_is_open
from supportportal.people.models import Firm, Gate, User

from . import desk, scope
from .models import Callback
from .policy import POLICY

SUBJECT_TYPE = "bookings.callback"
INBOUND = "outbox.inbound"


def owed(kind: str, callback: Callback, *, at: datetime) -> Owed:
    return Owed(kind, callback.pk, at, version=callback.version, recipient=callback.client)


def received(callback: Callback, *, at: datetime) -> Owed:
    return owed("callback_received", callback, at=at)


def _load(ids: Sequence[int]) -> dict[int, Callback]:
    return Callback.objects.select_related("client__account", "claimed_by").in_bulk(list(ids))


def _still_open(message: Message, callback: Callback) -> str:
    if not callback.is_open:
        return _("the request has been closed since")
    return "" if message.version == callback.version else _("the request has been changed since")


def _visible_to(messages: QuerySet, user: Any) -> QuerySet:
    return messages.filter(subject_id__in=Callback.objects.visible_to(user).values("pk"))


def context(message: Message, callback: Callback) -> dict[str, Any]:
    firm = Firm.current()
    language = reader.language()
    zone = timezone.get_current_timezone()
    calendar = desk.calendar(message.due_at, firm=firm)
    span = desk.next_call(calendar, message.due_at, callback.day_part)
    answer = scope.answer(callback.topic)
    peak = desk.peak(message.due_at, firm=firm)
    return {
        "callback": callback,
        "number": phones.for_reading(callback.number),
        "additions": [one.text for one in callback.additions.all()],
        "next_call": wording.written_span(*span, zone, language) if span else "",
        "day_part": callback.get_day_part_display(),
        "attempts": POLICY.call_attempts,
        "answer": answer.text if answer else "",
        "note": callback.note,
        "peak": peak,
        "links": _links(callback, answer),
    }


def _links(callback: Callback, answer: scope.Answer | None) -> list[dict[str, Any]]:
    page = settings.SITE_URL + reverse("bookings:callback")
    if callback.is_open:
        return [{"label": _("See or change the request"), "url": page}]
    if answer and answer.turn_to:
        return [{"label": str(answer.label), "url": settings.SITE_URL + reverse(answer.turn_to)}]
    return [{"label": _("Ask for a new call"), "url": page}]


def _closed(message: Message, callback: Callback) -> dict[str, Any]:
    """What closes calls, as the client has been told, and the ways that stay open (R-4, R-6)."""
    access = gate_is_open(callback.client, Gate.CALLBACK, message.due_at)
    return {**context(message, callback), "reason": str(access.reason), "ways": _ways(callback.client), "links": []}


def _ways(client: User) -> list[tuple[str, str]]:
    return [(label, settings.SITE_URL + path) for label, path in kept_open.ways_for(client)]


# -- the answer to a mail ----------------------------------------------------------------------------------------------


def _load_mails(ids: Sequence[int]) -> dict[int, Inbound]:
    return Inbound.objects.select_related("person").in_bulk(list(ids))


def mail_context(message: Message, mail: Inbound) -> dict[str, Any]:
    """``data`` says why no request came of it: what is ``missing``, or a ``reason`` kept as its code."""
    path = reverse("bookings:callback_details") + f"?mail={mail.pk}" if mail.person else reverse("bookings:callback")
    names = {
        "number": _("the phone number"),
        "contact": _("the contact person"),
        "description": _("a short description"),
    }
    access = desk.may_ask(mail.person, message.due_at) if mail.person else None
    is_refused = access is not None and not access.allowed and not message.data.get("missing")
    return {
        "mail": mail,
        "missing": [names[one] for one in message.data.get("missing", [])],
        "reason": message.data.get("reason", ""),
        "explained": str(access.reason) if access is not None else "",
        "is_refused": is_refused,
        "ways": _ways(mail.person) if mail.person and access is not None and access.closed_by else [],
        "links": [] if is_refused else [{"label": _("Ask for a call on our page"), "url": settings.SITE_URL + path}],
    }


def _kind(code: str, label: Any, **rest: Any) -> Kind:
    shared: dict[str, Any] = {
        "channel": "email",
        "subject_type": SUBJECT_TYPE,
        "load": _load,
        "context": context,
        "visible_to": _visible_to,
    }
    return Kind(code=code, label=label, **{**shared, **rest})


KINDS_CALLS = [
    _kind("callback_received", gettext_lazy("Call requested"), is_due=_still_open),
    _kind("callback_unreached", gettext_lazy("Call not answered")),
    _kind("callback_out_of_scope", gettext_lazy("Call out of scope")),
    _kind("callback_cancelled", gettext_lazy("Call cancelled")),
    _kind("callback_closed", gettext_lazy("Calls are closed"), context=_closed),
    Kind(
        code="callback_not_made",
        label=gettext_lazy("Answer to a request by mail"),
        channel="email",
        subject_type=INBOUND,
        load=_load_mails,
        context=mail_context,
        visible_to=answers.visible_to,
    ),
]
