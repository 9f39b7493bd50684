"""The reports on complaints: charts with their tables, to print or as CSV (C-13)."""

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from supportportal.people.context import firm_of

from . import calendars, reports
from .admin_access import WORK, GatedAdmin
from .admin_board import scope_of
from .board import Asked

PERIODS = {"90": 90, "365": 365, "all": None}
DEFAULT = "365"


class ReportsAdmin(GatedAdmin):
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("reports/", view(require_safe(self.reports_view)), name="complaints_complaint_reports"),
            path("reports.csv", view(require_safe(self.reports_csv)), name="complaints_complaint_reports_csv"),
            *super().get_urls(),
        ]

    def reports_view(self, request: HttpRequest) -> HttpResponse:
        name, tables = self._tables(request)
        return self.page(request, "reports/reports", _("Reports on complaints"), period=name, tables=tables)

    def reports_csv(self, request: HttpRequest) -> HttpResponse:
        """One table; what a spreadsheet would run is made harmless."""
        _name, tables = self._tables(request)
        table = next((one for one in tables if one.code == request.GET.get("table")), None)
        if table is None:
            raise Http404
        headers = {"Content-Disposition": f'attachment; filename="complaints-{table.code}.csv"'}
        return HttpResponse(reports.csv_of(table), content_type="text/csv; charset=utf-8", headers=headers)

    def _tables(self, request: HttpRequest) -> tuple[str, list[reports.Table]]:
        """For managers; an outside reviewer has one case and no reports."""
        if not request.user.has_perm(WORK):
            raise Http404
        at = timezone.now()
        name = request.GET.get("days", DEFAULT)
        name = name if name in PERIODS else DEFAULT
        days = PERIODS[name]
        since = at - timedelta(days=days) if days else None
        zone = calendars.zone_of(firm_of(request))
        return name, reports.tables(scope_of(request, at, Asked()), reports.Period(since, at, zone))
