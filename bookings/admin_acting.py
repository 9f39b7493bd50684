"""Acting for a client in the admin (B-11): move, cancel, book; and telling the next client that the agent is late."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from supportportal import reader, wording

from . import granting, ical, operations, standing_words
from .forms_firm import ActCancelForm, ActMoveForm, BookForClientForm, ClientForm, ForWhom
from .models import Booking, TermsVersion
from .operations import firm
from .operations.consequences import Consequence, consequence
from .policy_words import how_long
from .refusals import BookingRefused, FeeNotAccepted, TermsNotAcceptedByClient


class ActingAdmin(admin.ModelAdmin):
    """What the admin of sessions has for acting in a client's place, or in the firm's."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("for-client/", view(self.for_client_view), name="bookings_booking_for_client"),
            path("<int:pk>/move/", view(self.move_view), name="bookings_booking_move"),
            path("<int:pk>/cancel/", view(self.cancel_view), name="bookings_booking_cancel"),
            path("<int:pk>/late/", view(require_POST(self.late_view)), name="bookings_booking_late"),
            *super().get_urls(),
        ]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        booking = self.get_object(request, object_id)
        extra = dict(extra_context or {})
        if booking is not None:
            extra["can_be_late"] = firm.can_be_late(booking, timezone.now()) and not firm.was_told_late(booking)
        return super().change_view(request, object_id, form_url, extra)

    def move_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        booking, at = self._booking(request, pk), timezone.now()
        form = ActMoveForm(request.POST or None, booking=booking, at=at, initial=_asked(request, booking, at))

        def act(shown: str | None) -> Booking:
            agent, cell = form.cleaned_data["start"]
            if form.is_for_client:
                given = {"asked_at": form.cleaned_data["asked_at"], "shown": shown, "reason": "client"}
                return operations.move(booking, first_cell=cell, agent=agent, by=request.user, at=at, **given)
            return firm.move(booking, first_cell=cell, agent=agent, by=request.user, at=at)

        return self._acting(request, booking, form, act, at, cancels=False)

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        booking, at = self._booking(request, pk), timezone.now()
        form = ActCancelForm(request.POST or None, booking=booking, at=at, initial=_asked(request, booking, at))

        def act(shown: str | None) -> Booking:
            if form.is_for_client:
                given = {"asked_at": form.cleaned_data["asked_at"], "shown": shown}
                reason = form.cleaned_data["reason"] or Booking.CancelReason.OTHER
                return operations.cancel(booking, reason=reason, by=request.user, at=at, **given)
            return firm.cancel(booking, by=request.user, at=at)

        return self._acting(request, booking, form, act, at, cancels=True)

    def _acting(
        self, request: HttpRequest, booking: Booking, form: Any, act: Any, at: datetime, *, cancels: bool
    ) -> HttpResponse:
        """For a client, what it means at the instant of asking stands before the press that does it."""
        asked = form.asked
        found = consequence(booking, at=asked, cancels=cancels) if asked is not None else None
        if form.is_valid():
            is_shown = found is None or form.cleaned_data["meaning"] == found.key
            if is_shown and _done(form, lambda: act(found.key if found else None)):
                told = _("The session has been cancelled, and both sides are told.")
                moved = _("The session has been moved, and both sides are told.")
                self.message_user(request, told if cancels else moved, messages.SUCCESS)
                return redirect("admin:bookings_booking_change", booking.pk)
        if found is not None:
            form.data = {**form.data.dict(), "meaning": found.key} if form.is_bound else form.data
            form.initial["meaning"] = found.key
        shown = {
            "booking": booking,
            "original": booking,
            "form": form,
            "at": at,
            "can_be_changed": booking.is_live,
            "place": ical.place_in_words(booking),
            "meaning": _in_words(booking, found, asked) if found is not None and asked is not None else [],
            "counts": found is not None and found.counts,
            "press": "danger" if cancels else "primary",
        }
        title = _("Cancel the session") if cancels else _("Move the session")
        return self._show(request, "booking/acting", title, **shown)

    def for_client_view(self, request: HttpRequest) -> HttpResponse:
        """First for whom and what, then the time and the topic."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        at = timezone.now()
        choice = ClientForm(request.GET if "session_type" in request.GET else None)
        if not choice.is_valid():
            return self._show(request, "firm/for_client", _("Book for a client"), choice=choice)
        client, session_type = choice.cleaned_data["client"], choice.cleaned_data["session_type"]
        form = BookForClientForm(
            request.POST or None,
            client=client,
            session_type=session_type,
            at=at,
            initial={"form_key": secrets.token_urlsafe(24)},
        )
        if form.is_valid():
            agent, cell = form.cleaned_data["start"]
            booking = _done(
                form,
                lambda: operations.book(
                    session_type=session_type,
                    client=client,
                    first_cell=cell,
                    agent=agent,
                    topic=form.cleaned_data["topic"],
                    details=form.cleaned_data["details"],
                    form_key=form.cleaned_data["form_key"],
                    by=request.user,
                    at=at,
                ),
            )
            if booking:
                told = _("The session is booked, and %(client)s is told.") % {"client": client}
                self.message_user(request, told, messages.SUCCESS)
                return redirect("admin:bookings_booking_change", booking.pk)
        shown = {
            "choice": choice,
            "form": form,
            "client": client,
            "session_type": session_type,
            "access": granting.may_book(client, session_type, by=request.user, at=at),
            "terms_missing": _terms_missing(client, at),
            "terms_url": settings.SITE_URL + reverse("bookings:terms"),
        }
        return self._show(request, "firm/for_client", _("Book for a client"), **shown)

    def late_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        booking = self._booking(request, pk)
        try:
            firm.tell_late(booking, by=request.user, at=timezone.now())
        except BookingRefused as refusal:
            self.message_user(request, f"{booking.client}: {refusal}", messages.WARNING)
        else:
            late = {"client": booking.client, "length": how_long("agent_late")}
            told = _("%(client)s is told that you are %(length)s late.") % late
            self.message_user(request, told, messages.SUCCESS)
        if request.POST.get("next") == "index":
            return redirect("admin:index")
        return redirect("admin:bookings_booking_change", pk)

    def _booking(self, request: HttpRequest, pk: int) -> Booking:
        if not self.has_change_permission(request):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request).for_listing(), pk=pk)

    def _show(self, request: HttpRequest, template: str, title: str, **shown: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, **shown}
        context["list_url"] = reverse("admin:bookings_booking_changelist")
        return TemplateResponse(request, f"admin/bookings/{template}.html", context)


def _done(form: Any, act: Callable[[], Booking]) -> Booking | None:
    """What ``act`` gives; None where it is refused, with the reason in the form."""
    try:
        return act()
    except FeeNotAccepted:
        text = _("That time carries a fee, which only the client can accept. Choose a time without a fee.")
        form.add_error("start", text)
    except BookingRefused as refusal:
        refusal.show_in(form)
    return None


def _asked(request: HttpRequest, booking: Booking, at: datetime) -> dict[str, Any]:
    """The instant that a request by mail brings along (``?asked_at=``), if the client can have asked then."""
    try:
        asked = parse_datetime(request.GET.get("asked_at", "").replace(" ", "+"))
    except ValueError:
        return {}
    if asked is None:
        return {}
    if timezone.is_naive(asked):
        asked = timezone.make_aware(asked)
    if not booking.booked_at <= asked <= at or booking.has_started(asked):
        return {}
    return {"whose": ForWhom.CLIENT, "asked_at": asked}


def _in_words(booking: Booking, found: Consequence, asked: datetime) -> list[str]:
    """What the client's wish means, for the member of staff who carries it out."""
    when = wording.written_out(asked, timezone.get_current_timezone(), reader.language())
    first = _("%(client)s asked on %(instant)s.") % {"client": booking.client, "instant": when}
    if not found.counts:
        return [first, _("That was in time: it is free and no no-show.")]
    return [first, standing_words.counting(found.standing), *standing_words.following(found.standing)]


def _terms_missing(client: Any, at: datetime) -> str:
    return str(TermsNotAcceptedByClient(client)) if TermsVersion.to_accept(client, at) else ""
