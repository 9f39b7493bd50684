"""Phone callbacks and requests by mail on the first pages."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from supportportal.outbox import inbound as intake
from supportportal.outbox.models import Inbound
from supportportal.pages.panels import Panel
from supportportal.people import phones
from supportportal.people.models import Firm

from . import desk
from .closed_calls import closing
from .models import Callback

MOST = 8


def _client(request: HttpRequest, at: datetime) -> dict[str, Any]:
    """The way to a call, or the open request; what the plan does not grant says why (P-2). What a measure closes is
    said by the first panel.
    """
    found = Callback.objects.open().filter(client=request.user).select_related("claimed_by").first()
    if found:
        calendar = desk.calendar(at, firm=Firm.current())
        return {"callback": found, "next_call": desk.next_call(calendar, at, found.day_part)}
    access = desk.may_ask(request.user, at)
    return None if access.closed_by else {"callback": None, "access": access}


def _queue(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    """Open callbacks in the order in which people asked, the reader's own first."""
    if not request.user.has_perm("bookings.view_callback"):
        return None
    found = list(Callback.objects.open().visible_to(request.user).for_listing().order_by("requested_at")[: MOST + 1])
    found.sort(key=lambda one: one.claimed_by_id != request.user.pk)
    closed = closing(found[:MOST], at)
    calendar = desk.calendar(at, firm=Firm.current())
    return {
        "rows": [(one, phones.for_reading(one.number), closed.get(one.pk)) for one in found[:MOST]],
        "more": len(found) > MOST,
        "is_open": desk.is_open(calendar, at),
        "next_call": desk.next_call(calendar, at),
        "may_act": request.user.has_perm("bookings.change_callback"),
        "reader": request.user,
    }


def _mails(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    if not request.user.has_perm("outbox.view_inbound"):
        return None
    waiting = intake.visible_to(Inbound.objects.to_do(), request.user).select_related("person")
    found = list(waiting.defer("raw").order_by("arrived_at")[: MOST + 1])
    return {"mails": found[:MOST], "more": len(found) > MOST}


HOME_PANELS_CALLS = [Panel("bookings.call", "bookings/panels/call.html", _client, position=20)]
STAFF_PANELS_CALLS = [
    Panel("bookings.calls", "bookings/panels/calls.html", _queue, position=20),
    Panel("bookings.mails", "bookings/panels/mails.html", _mails, position=25),
]
