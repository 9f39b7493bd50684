"""Whom the pages of incidents let in, and to which rows: never around ``Incident.objects.visible_to`` (R-10)."""

from datetime import date, datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from complaints import calendars
from supportportal.people.context import firm_of

from .models import Appointment, Incident

DECIDE = "conduct.change_incident"


def reports(request: HttpRequest) -> bool:
    """Any member of staff can report, and sees what became of it (R-1)."""
    return request.user.is_active and request.user.is_staff


def sees_all_of(request: HttpRequest, incident: Incident) -> bool:
    """Managers, and the outside reviewer of the case; whoever reported it sees what became of it alone (R-10)."""
    if request.user.has_perm(DECIDE):
        return True
    appointed = Appointment.objects.filter(measure__incident=incident, person=request.user.pk, ended_at__isnull=True)
    return appointed.exists()


def today_of(request: HttpRequest, at: datetime) -> date:
    """The day at the desk: by it an approval or an appeal is due."""
    return calendars.day_of(at, firm_of(request))


class GatedAdmin(admin.ModelAdmin):
    """Pages of incidents: whoever may not see one is told that there is none."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return reports(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return reports(request)

    def has_view_permission(self, request: HttpRequest, obj: Incident | None = None) -> bool:
        return reports(request)

    def has_change_permission(self, request: HttpRequest, obj: Incident | None = None) -> bool:
        return request.user.has_perm(DECIDE)

    def has_delete_permission(self, request: HttpRequest, obj: Incident | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        return super().get_queryset(request).visible_to(request.user)

    def case(self, request: HttpRequest, pk: int) -> Incident:
        """The incident, for whoever may see it. Raises Http404."""
        rows = self.get_queryset(request).select_related("client__account", "reporter", "concerned", "closed_by")
        return get_object_or_404(rows, pk=pk)

    def page(self, request: HttpRequest, template: str, title: Any, **shown: Any) -> HttpResponse:
        status = shown.pop("status", 200)
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, **shown}
        return TemplateResponse(request, f"admin/conduct/{template}.html", context, status=status)
