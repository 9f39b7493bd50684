"""A measure in force: the sessions booked before it, and its end before the time (R-5, R-7)."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import preview
from .admin_access import DECIDE, GatedAdmin
from .admin_decide import seen_version
from .forms_decide import LiftForm, SessionsForm
from .models import AffectedSession, Measure
from .operations import deciding, sessions
from .refusals import ConductRefused, Stale

Choice = AffectedSession.Choice


class MeasureAdmin(GatedAdmin):
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("measures/<int:pk>/sessions/", view(self.sessions_view), name="conduct_measure_sessions"),
            path("measures/<int:pk>/lift/", view(self.lift_view), name="conduct_measure_lift"),
            *super().get_urls(),
        ]

    def measure(self, request: HttpRequest, pk: int) -> Measure:
        """One that was taken, for managers. Raises Http404."""
        if not request.user.has_perm(DECIDE):
            raise Http404
        rows = Measure.objects.select_related("restriction", "assessment", "decided_by", "posted_by")
        measure = get_object_or_404(rows, pk=pk, taken_at__isnull=False)
        measure.incident = self.case(request, measure.incident_id)
        return measure

    def sessions_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        measure, at = self.measure(request, pk), timezone.now()
        asks = sessions.still_asks(measure, at)
        open_ones = sessions.affected_sessions(measure, at) if asks else []
        form = SessionsForm(request.POST if request.method == "POST" else None, bookings=open_ones)
        if form.is_valid():
            try:
                self._choose(request, measure, form, at)
            except ConductRefused as refusal:
                refusal.show_in(form)
            else:
                return redirect("admin:conduct_measure_sessions", measure.pk)
        chosen = measure.affected.select_related("booking__session_type", "booking__client", "by")
        context = {
            "measure": measure,
            "incident": measure.incident,
            "form": form,
            "rows": form.rows,
            "chosen": chosen.order_by("booking__first_cell"),
            "asks": asks,
            "until": preview.until_in_words(measure),
        }
        return self.page(request, "decide/sessions", _("Sessions already booked"), **context)

    def _choose(self, request: HttpRequest, measure: Measure, form: SessionsForm, at: datetime) -> None:
        """Raises ConductRefused; what was chosen before it stays chosen."""
        bookings, done = {booking.pk: booking for booking, _field in form.rows}, 0
        wanted = form.chosen()
        for pk, choice in wanted.items():
            done += sessions.choose(measure, bookings[pk], choice, by=request.user, at=at)
        if done:
            text = ngettext("%(n)d session is decided.", "%(n)d sessions are decided.", done)
            self.message_user(request, text % {"n": done}, messages.SUCCESS)
        if missed := len(wanted) - done:
            text = ngettext(
                "%(n)d session was decided, or had ended, a moment before.",
                "%(n)d sessions were decided, or had ended, a moment before.",
                missed,
            )
            self.message_user(request, text % {"n": missed}, messages.WARNING)

    def lift_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End it before its time, with reasons; the client is told."""
        measure, at = self.measure(request, pk), timezone.now()
        form, status = LiftForm(request.POST if request.method == "POST" else None), 200
        if form.is_valid():
            swap = {"by": request.user, "at": at, "seen": seen_version(request)}
            try:
                deciding.lift(measure, form.cleaned_data["reasons"], **swap)
            except ConductRefused as refusal:
                status = 409 if isinstance(refusal, Stale) else 200
                refusal.show_in(form)
                measure = self.measure(request, pk)
            else:
                said = _("Lifted: it closes nothing any more. The client is told.")
                self.message_user(request, said, messages.SUCCESS)
                return redirect(measure.incident)
        context = {
            "measure": measure,
            "incident": measure.incident,
            "form": form,
            "is_stale": status == 409,
            "until": preview.until_in_words(measure),
            "is_subscription": measure.kind == Measure.Kind.SUBSCRIPTION,
            "can_be_lifted": measure.can_become(Measure.State.LIFTED),
        }
        return self.page(request, "decide/lift", _("Lift the measure"), status=status, **context)
