"""The pages behind the Change and Cancel links: they work without signing in, and opening them changes nothing (B-9)."""

import zoneinfo
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from supportportal import links
from supportportal.people.models import Firm

from . import ical, messages, operations, picker, rules
from .forms import CancelForm, ChangeForm
from .models import Booking
from .policy import POLICY
from .refusals import BookingRefused

Page = Callable[[HttpRequest, Booking, datetime], HttpResponse]


def by_link(page: Page) -> Callable[[HttpRequest, str], HttpResponse]:
    """Find the booking that a token names; anything else, and a session that has started, is one plain page."""

    @never_cache
    @wraps(page)
    def view(request: HttpRequest, token: str) -> HttpResponse:
        at = timezone.now()
        booking = _named_by(token)
        if booking is None or booking.has_started(at):
            return render(request, "bookings/link_invalid.html", status=404)
        with ExitStack() as reader:
            if not request.user.is_authenticated:
                reader.enter_context(translation.override(booking.client.language))
                reader.enter_context(timezone.override(booking.client.zone))
            response = page(request, booking, at)
        # To our own pages only; with "no-referrer" browsers post with the origin "null", which CSRF checks refuse.
        response["Referrer-Policy"] = "same-origin"
        return response

    return view


def _named_by(token: str) -> Booking | None:
    try:
        named = links.read(messages.LINK_KIND, token)
    except links.BadLink:
        return None
    rows = Booking.objects.select_related("client__account__plan", "agent__user", "session_type")
    return rows.filter(pk=named.pk, link_epoch=named.epoch).first()


@require_safe
@by_link
def link(request: HttpRequest, booking: Booking, at: datetime) -> HttpResponse:
    return render(request, "bookings/link.html", _shown(booking, at))


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def cancel(request: HttpRequest, booking: Booking, at: datetime) -> HttpResponse:
    form = CancelForm(request.POST if request.method == "POST" else None, initial={"meaning": _meaning(booking, at)})
    if not booking.is_live:
        return render(request, "bookings/link.html", _shown(booking, at))
    if form.is_valid() and _same_meaning(form, booking, at):
        try:
            operations.cancel(booking, reason=form.cleaned_data["reason"], by=_actor(request, booking), at=at)
        except BookingRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(messages.manage_path(booking))
    return render(request, "bookings/cancel.html", {**_shown(booking, at), "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def change(request: HttpRequest, booking: Booking, at: datetime) -> HttpResponse:
    form = ChangeForm(request.POST if request.method == "POST" else None, initial={"meaning": _meaning(booking, at)})
    if not booking.is_live:
        return render(request, "bookings/link.html", _shown(booking, at))
    if form.is_valid() and _same_meaning(form, booking, at):
        try:
            operations.move(
                booking,
                first_cell=form.cleaned_data["start"],
                reason=form.cleaned_data["reason"],
                by=_actor(request, booking),
                at=at,
            )
        except BookingRefused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect(messages.manage_path(booking))
    week = picker.build(
        request,
        booking.session_type,
        client=booking.client,
        zone=zoneinfo.ZoneInfo(timezone.get_current_timezone_name()),
        at=at,
        moving=booking,
        picked=form["start"].value(),
    )
    template = "bookings/change.html" + ("#picker" if request.htmx and request.method == "GET" else "")
    return render(request, template, {**_shown(booking, at), "form": form, "week": week})


@require_safe
@by_link
def calendar_entry(request: HttpRequest, booking: Booking, at: datetime) -> HttpResponse:
    return ics_response(booking, at)


def ics_response(booking: Booking, at: datetime) -> HttpResponse:
    content = ical.entry(
        booking,
        firm=Firm.current(),
        method="PUBLISH" if booking.is_live else "CANCEL",
        attendee=booking.client,
        at=at,
        description=booking.topic,
    )
    headers = {"Content-Disposition": f'attachment; filename="session-{booking.reference}.ics"'}
    return HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers)


def _shown(booking: Booking, at: datetime) -> dict:
    return {
        "booking": booking,
        "at": at,
        "place": ical.place_in_words(booking),
        "free_until": rules.free_until(booking.starts_at, POLICY),
        "is_free": rules.is_free_to_change(booking.starts_at, at, POLICY),
        "notice_hours": int(POLICY.change_notice.total_seconds() // 3600),
        "manage": messages.manage_path(booking),
        "change_url": messages.manage_path(booking, "change"),
        "cancel_url": messages.manage_path(booking, "cancel"),
        "add_links": ical.add_links(booking, firm=Firm.current()) if booking.is_live else [],
    }


def _meaning(booking: Booking, at: datetime) -> str:
    """What the action means now; posted back, so that a page that has been left open cannot hide a change of it."""
    return "free" if rules.is_free_to_change(booking.starts_at, at, POLICY) else "late"


def _same_meaning(form: CancelForm | ChangeForm, booking: Booking, at: datetime) -> bool:
    now = _meaning(booking, at)
    if form.cleaned_data["meaning"] == now:
        return True
    form.data = form.data.copy()
    form.data["meaning"] = now
    form.add_error(None, _("What this means has changed since the page was shown. Please read it again and confirm."))
    return False


def _actor(request: HttpRequest, booking: Booking):
    """Who acts: the signed-in person where the session is theirs; else whoever holds the link."""
    user = request.user
    if user.is_authenticated and Booking.objects.visible_to(user).filter(pk=booking.pk).exists():
        return user
    return None
