"""The session's own page, from half an hour before its start to its end: join, "running late", "Nobody here?" (B-12).

It works by the link in the last reminders, without signing in. Opening it changes nothing.
"""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime

from django.contrib import messages as notes
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from supportportal.people.models import User

from . import ical, messages, rules
from .link_views import named_by
from .messages_outcomes import feedback_path
from .models import Booking
from .operations import outcomes
from .policy import POLICY
from .refusals import BookingRefused


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def now(request: HttpRequest, token: str) -> HttpResponse:
    at = timezone.now()
    booking = named_by(token)
    if booking is None or at >= booking.ends_at:
        return render(request, "bookings/link_invalid.html", status=404)
    with ExitStack() as reader:
        if request.user != booking.client:
            reader.enter_context(translation.override(booking.client.language))
            reader.enter_context(timezone.override(booking.client.zone))
        response = _pressed(request, booking, at) if request.method == "POST" else _page(request, booking, at)
    response["Referrer-Policy"] = "same-origin"  # else browsers post with the origin "null", which CSRF checks refuse
    return response


def shown_beside(booking: Booking, reader: User, at: datetime) -> dict[str, str]:
    """The addresses that the client's own page of a session leads to: this page while it is of use, later feedback."""
    if reader != booking.client:
        return {}
    if booking.state == Booking.State.ATTENDED:
        return {"feedback_url": feedback_path(booking)}
    if booking.is_live and rules.door_opens(booking.starts_at, POLICY) <= at < booking.ends_at:
        return {"now_url": messages.manage_path(booking, "now")}
    return {}


def _page(request: HttpRequest, booking: Booking, at: datetime) -> HttpResponse:
    has_begun = booking.has_started(at)
    is_waiting = booking.is_live and booking.started_at is None
    shown = {
        "booking": booking,
        "at": at,
        "place": ical.place_in_words(booking),
        "joins": booking.place.startswith("https://"),
        "is_open": at >= rules.door_opens(booking.starts_at, POLICY),
        "opens_at": rules.door_opens(booking.starts_at, POLICY),
        "has_begun": has_begun,
        "can_be_late": is_waiting and not booking.late_until and rules.may_run_late(booking.starts_at, at, POLICY),
        "can_say_nobody": has_begun and _may_say_nobody(booking, at),
        "missed": booking.state == Booking.State.NO_SHOW,
        "manage": messages.manage_path(booking),
    }
    return render(request, "bookings/now.html", shown)


def _may_say_nobody(booking: Booking, at: datetime) -> bool:
    if booking.nobody_here_at is not None:
        return False
    undone = booking.state == Booking.State.NO_SHOW and at <= rules.undo_until(booking.outcome_at, POLICY)
    return booking.is_live or undone


def _late(booking: Booking, at: datetime) -> str:
    outcomes.running_late(booking, at=at)
    return _("Thank you. The agent waits for you a little longer.")


def _nobody(booking: Booking, at: datetime) -> str:
    outcomes.nobody_here(booking, at=at)
    return _("Thank you for telling us. Nothing counts as missed before someone has looked into it.")


PRESSES: dict[str, Callable[[Booking, datetime], str]] = {"late": _late, "nobody": _nobody}


def _pressed(request: HttpRequest, booking: Booking, at: datetime) -> HttpResponse:
    press = PRESSES.get(request.POST.get("say", ""))
    if press is None:
        notes.error(request, _("Please choose what you want to tell us."))
    else:
        try:
            notes.success(request, press(booking, at))
        except BookingRefused as refusal:
            notes.error(request, str(refusal))
    return redirect(messages.manage_path(booking, "now"))
