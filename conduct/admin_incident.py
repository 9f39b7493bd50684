"""The page of one incident: everything for managers, for whoever reported it what became of it (R-10)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from . import outcomes
from .admin_access import GatedAdmin, sees_all_of


class PageAdmin(GatedAdmin):
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/change/", view(require_safe(self.case_view)), name="conduct_incident_change"),
            *super().get_urls(),
        ]

    def case_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        incident, at = self.case(request, pk), timezone.now()
        context = {
            "incident": incident,
            "at": at,
            "outcomes": outcomes.of(incident, at),
            "sees_all": sees_all_of(request, incident),
        }
        return self.page(request, "incident/case", incident.reference, **context)
