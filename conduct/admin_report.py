"""Reporting an incident, one click from where it happened (R-1, R-1a)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.models import Booking, Callback
from complaints.models import Complaint
from supportportal.people.models import User

from .admin_access import GatedAdmin
from .forms_report import ReportForm
from .models import Incident
from .operations import reporting
from .refusals import ConductRefused

Channel = Incident.Channel


@dataclass(frozen=True)
class Origin:
    """Where the report was begun: what that is about is filled in already."""

    what: str = ""
    client: User | None = None
    happened_at: datetime | None = None
    channel: str = ""
    booking: Booking | None = None
    callback: Callback | None = None
    complaint: Complaint | None = None

    @property
    def subject(self) -> Any:
        return self.booking or self.callback or self.complaint or self.client

    @property
    def belongs_to(self) -> dict[str, Any]:
        return {"booking": self.booking, "callback": self.callback, "complaint": self.complaint}

    def initial(self, at: datetime) -> dict[str, Any]:
        happened_at = min(self.happened_at or at, at)
        return {
            "client": self.client.pk if self.client else None,
            "happened_at": timezone.localtime(happened_at).replace(second=0, microsecond=0, tzinfo=None),
            "channel": self.channel or Channel.SESSION,
        }


class ReportAdmin(GatedAdmin):
    def get_urls(self) -> list[Any]:
        add = self.admin_site.admin_view(self.add_view)
        return [path("add/", add, name="conduct_incident_add"), *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Handed in twice it is one report; refused, everything typed and every file stays."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        at, origin = timezone.now(), origin_of(request)
        given = (request.POST, request.FILES) if request.method == "POST" else (None, None)
        about_complaint = origin.complaint is not None
        form = ReportForm(*given, reader=request.user, about_complaint=about_complaint, initial=origin.initial(at))
        if request.method == "POST":
            is_valid = form.is_valid()
            files = form.take_files(at)
            if is_valid:
                try:
                    incident = _report(form.report(files, **origin.belongs_to), by=request.user, at=at)
                except ConductRefused as refusal:
                    refusal.show_in(form)
                else:
                    told = _("Reported: %(reference)s. A manager will look at it.") % {"reference": incident}
                    self.message_user(request, told, messages.SUCCESS)
                    return redirect("admin:conduct_incident_change", incident.pk)
        return self.page(request, "incident/report", _("Report an incident"), form=form, origin=origin)


def _report(said: reporting.Report, *, by: User, at: datetime) -> Incident:
    try:
        return reporting.report(said, by=by, at=at)
    except IntegrityError:  # pressed twice at the same instant: the other press is through by now
        return reporting.report(said, by=by, at=at)


def origin_of(request: HttpRequest) -> Origin:
    """What the address names: a session, a callback, a complaint or a client. Raises Http404 for what is not there."""
    if booking := _named(request, "booking", Booking.objects.select_related("client__account", "session_type")):
        what = _("Session %(reference)s") % {"reference": booking}
        began = booking.started_at or booking.starts_at
        return Origin(what, booking.client, began, Channel.SESSION, booking=booking)
    if callback := _named(request, "callback", Callback.objects.select_related("client__account")):
        last = callback.attempts.order_by("-at").first()
        return Origin(
            _("Phone callback"), callback.client, last.at if last else None, Channel.CALLBACK, callback=callback
        )
    if complaint := _named(request, "complaint", Complaint.objects.select_related("client__account")):
        what = _("Complaint %(reference)s") % {"reference": complaint}
        return Origin(what, complaint.client, complaint.arrived_at, Channel.COMPLAINT, complaint=complaint)
    if client := _named(request, "client", User.objects.clients().select_related("account")):
        return Origin(str(client), client)
    return Origin()


def _named(request: HttpRequest, name: str, rows: Any) -> Any:
    pk = request.GET.get(name, "")
    if not pk:
        return None
    if not (pk.isascii() and pk.isdigit() and len(pk) < 10):
        raise Http404
    return get_object_or_404(rows.visible_to(request.user), pk=pk)
