"""Whom the pages of complaints let in, and to which rows: never around ``Complaint.objects.visible_to`` (C-8)."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from .models import Appointment, Complaint

WORK = "complaints.change_complaint"


def works_on_cases(request: HttpRequest) -> bool:
    """Managers and above; an outside reviewer for the case appointed to (S-1). Asked once per request."""
    if not hasattr(request, "works_on_cases"):
        user = request.user
        found = user.is_active and (
            user.has_perm(WORK) or Appointment.objects.filter(person=user.pk, ended_at__isnull=True).exists()
        )
        request.works_on_cases = found  # type: ignore[attr-defined]
    return request.works_on_cases  # type: ignore[attr-defined]


class GatedAdmin(admin.ModelAdmin):
    """Pages of complaints: whoever may not see one is told that there is none."""

    def has_view_permission(self, request: HttpRequest, obj: Complaint | None = None) -> bool:
        return works_on_cases(request)

    def has_change_permission(self, request: HttpRequest, obj: Complaint | None = None) -> bool:
        return works_on_cases(request)

    def has_delete_permission(self, request: HttpRequest, obj: Complaint | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Complaint]:
        return super().get_queryset(request).visible_to(request.user)

    def case(self, request: HttpRequest, pk: int) -> Complaint:
        """The complaint, for who may work on it. Raises Http404."""
        if not works_on_cases(request):
            raise Http404
        rows = self.get_queryset(request).select_related("reviewer", "client", "entered_by", "decided_by")
        return get_object_or_404(rows, pk=pk)

    def page(self, request: HttpRequest, template: str, title: Any, **shown: Any) -> HttpResponse:
        status = shown.pop("status", 200)
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, **shown}
        return TemplateResponse(request, f"admin/complaints/{template}.html", context, status=status)
