"""The pages behind the Change and Cancel links: they need no sign-in, and opening them changes nothing (B-9)."""

import zoneinfo
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRefresh

from supportportal import links
from supportportal.people.models import Firm

from . import granting, ical, messages, operations, picker
from .forms import CancelForm, ChangeForm
from .ladder_views import fee_shown
from .meaning import Meaning, counted, meaning_of
from .models import Booking
from .refusals import BookingRefused
from .waitlist import undo_of

Page = Callable[[HttpRequest, Booking, datetime], HttpResponse]


def by_link(page: Page) -> Callable[[HttpRequest, str], HttpResponse]:
    """Find the booking that a token names; anything else, and a session that has started, is one plain page."""

    @never_cache
    @wraps(page)
    def view(request: HttpRequest, token: str) -> HttpResponse:
        at = timezone.now()
        booking = named_by(token)
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


def named_by(token: str) -> Booking | None:
    """The booking that a link names, whether or not the link still opens anything."""
    try:
        named = links.read(messages.LINK_KIND, token)
    except links.BadLink:
        return None
    rows = Booking.objects.select_related("client__account__plan", "agent__user", "session_type")
    return rows.filter(pk=named.pk, link_epoch=named.epoch).first()


@require_safe
@by_link
def link(request: HttpRequest, booking: Booking, at: datetime) -> HttpResponse:
    return render(request, "bookings/link.html", _shown(request, booking, at))


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def cancel(request: HttpRequest, booking: Booking, at: datetime) -> HttpResponse:
    meaning = meaning_of(booking, at, cancels=True)
    form = CancelForm(request.POST if request.method == "POST" else None, initial={"meaning": meaning.key})
    if not booking.is_live:
        return render(request, "bookings/link.html", _shown(request, booking, at))
    if form.is_valid():
        data = form.cleaned_data
        try:
            by = actor(request, booking)
            operations.cancel(booking, reason=data["reason"], by=by, at=at, shown=data["meaning"])
        except BookingRefused as refusal:
            meaning = meaning_of(booking, at, cancels=True)
            _show_again(form, refusal, meaning)
        else:
            return redirect(messages.manage_path(booking) + "?done=1")
    return render(request, "bookings/cancel.html", {**_shown(request, booking, at), "form": form, "meaning": meaning})


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def change(request: HttpRequest, booking: Booking, at: datetime) -> HttpResponse:
    meaning = meaning_of(booking, at, cancels=False)
    form = ChangeForm(request.POST if request.method == "POST" else None, initial={"meaning": meaning.key})
    if not booking.is_live:
        return render(request, "bookings/link.html", _shown(request, booking, at))
    if form.is_valid():
        try:
            operations.move(
                booking,
                first_cell=form.cleaned_data["start"],
                reason=form.cleaned_data["reason"],
                by=actor(request, booking),
                at=at,
                fee_accepted=form.cleaned_data["fee"],
                shown=form.cleaned_data["meaning"],
            )
        except BookingRefused as refusal:
            meaning = meaning_of(booking, at, cancels=False)
            _show_again(form, refusal, meaning)
        else:
            return redirect(messages.manage_path(booking) + "?done=1")
    shown = _shown(request, booking, at)
    if request.htmx and not shown["closed"]:
        return HttpResponseClientRefresh()  # the whole page says why there are no times any more
    week = picker.build(
        request,
        booking.session_type,
        client=booking.client,
        zone=zoneinfo.ZoneInfo(timezone.get_current_timezone_name()),
        at=at,
        moving=booking,
        picked=form["start"].value(),
        meaning=meaning.consequence,
    )
    template = "bookings/change.html" + ("#picker" if request.htmx and request.method == "GET" else "")
    can_accept = actor(request, booking) is not None
    return render(
        request, template, {**shown, "form": form, "week": week, "meaning": meaning, "can_accept": can_accept}
    )


@require_safe
@by_link
def calendar_entry(request: HttpRequest, booking: Booking, at: datetime) -> HttpResponse:
    return ics_response(booking, at)


def ics_response(booking: Booking, at: datetime) -> HttpResponse:
    content = ical.entry(
        booking,
        firm=Firm.current(),
        method="CANCEL" if booking.state == Booking.State.CANCELLED else "PUBLISH",
        attendee=booking.client,
        at=at,
        description=booking.topic,
    )
    headers = {"Content-Disposition": f'attachment; filename="session-{booking.reference}.ics"'}
    return HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers)


def _shown(request: HttpRequest, booking: Booking, at: datetime) -> dict:
    closed = granting.not_closed(booking.client, by=actor(request, booking), at=at)
    return {
        **fee_shown(booking, at),
        "booking": booking,
        "at": at,
        "closed": closed,
        "undo": undo_of(booking, at) if closed else None,
        "counted": counted(booking),
        "meaning": meaning_of(booking, at, cancels=True),
        "manage": messages.manage_path(booking),
        "agree_url": messages.manage_path(booking, "agree"),
        "change_url": messages.manage_path(booking, "change"),
        "cancel_url": messages.manage_path(booking, "cancel"),
        "add_links": ical.add_links(booking, firm=Firm.current()) if booking.is_live else [],
    }


def _show_again(form: CancelForm | ChangeForm, refusal: BookingRefused, meaning: Meaning) -> None:
    """Say why nothing was done; the next press answers to what the page says from now on."""
    form.data = form.data.copy()
    form.data["meaning"] = meaning.key
    refusal.show_in(form)


def actor(request: HttpRequest, booking: Booking):
    """Who acts: the signed-in client or coordinator where the session is theirs; else whoever holds the link.

    Staff with a client's link in hand are such a holder too: for their own acts they have the admin (B-11).
    """
    user = request.user
    if user.is_authenticated and not user.is_staff and Booking.objects.visible_to(user).filter(pk=booking.pk).exists():
        return user
    return None
