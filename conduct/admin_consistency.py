"""The page on consistency, and the register of a quarter: to look at, to print, as CSV (R-9)."""

from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from complaints.reports import csv_of
from supportportal.people.context import firm_of

from . import consistency
from .admin_access import DECIDE, GatedAdmin
from .consistency import Decisions, Period, Quarter

PERIODS = {"90": 90, "365": 365, "all": None}
DEFAULT = "365"


class ConsistencyAdmin(GatedAdmin):
    def get_urls(self) -> list[Any]:
        def page(view: Any) -> Any:
            return self.admin_site.admin_view(require_safe(view))

        return [
            path("consistency/", page(self.consistency_view), name="conduct_incident_consistency"),
            path("consistency.csv", page(self.consistency_csv), name="conduct_incident_consistency_csv"),
            path("register/", page(self.register_view), name="conduct_incident_register"),
            path("register.csv", page(self.register_csv), name="conduct_incident_register_csv"),
            *super().get_urls(),
        ]

    def consistency_view(self, request: HttpRequest) -> HttpResponse:
        at = _entered(request)
        name, tables = self._tables(request, at)
        shown = {
            "period": name,
            "tables": [(table, _rows_of(table)) for table in tables],
            "in_force": [(one, consistency.closes(one)) for one in consistency.in_force(request.user, at)],
            "quarter": Quarter.of(at.astimezone(firm_of(request).zone).date()),
        }
        return self.page(request, "consistency/consistency", _("Consistency of decisions"), **shown)

    def consistency_csv(self, request: HttpRequest) -> HttpResponse:
        """One table of the page."""
        at = _entered(request)
        _name, tables = self._tables(request, at)
        standing = consistency.in_force_table(consistency.in_force(request.user, at), firm_of(request).zone)
        table = next((one for one in [*tables, standing] if one.code == request.GET.get("table")), None)
        if table is None:
            raise Http404
        return _download(csv_of(table), f"conduct-{table.code}.csv")

    def register_view(self, request: HttpRequest) -> HttpResponse:
        at = _entered(request)
        quarter = _quarter(request, at)
        table = consistency.register(self._decided_in(request, quarter))
        shown = {
            "table": table,
            "rows": _rows_of(table),
            "quarter": quarter,
            "days": consistency.written_quarter(quarter),
            "is_over": quarter.after.first_day <= at.astimezone(firm_of(request).zone).date(),
            "at": at,
        }
        return self.page(request, "consistency/register", _("Register of decisions"), **shown)

    def register_csv(self, request: HttpRequest) -> HttpResponse:
        quarter = _quarter(request, _entered(request))
        table = consistency.register(self._decided_in(request, quarter))
        return _download(csv_of(table), f"conduct-register-{quarter}.csv")

    def _decided_in(self, request: HttpRequest, quarter: Quarter) -> Decisions:
        return Decisions(request.user, quarter.period(firm_of(request).zone))

    def _tables(self, request: HttpRequest, at: datetime) -> tuple[str, list[Any]]:
        name = request.GET.get("days", DEFAULT)
        name = name if name in PERIODS else DEFAULT
        days = PERIODS[name]
        # To the end of this instant: what was decided just now counts.
        period = Period(at - timedelta(days=days) if days else None, at + timedelta(seconds=1), firm_of(request).zone)
        return name, consistency.tables(Decisions(request.user, period), by_quarter=days is None)


def _rows_of(table: Any) -> list[tuple[Any, list[tuple[Any, Any]]]]:
    """Each line with its cells, and with each the heading of its column: on a phone that stands beside it."""
    return [(line, list(zip(table.columns[1:], line.cells, strict=True))) for line in table.lines]


def _entered(request: HttpRequest) -> datetime:
    """The instant, for managers; an outside reviewer has one case and no counts. Raises Http404."""
    if not request.user.has_perm(DECIDE):
        raise Http404
    return timezone.now()


def _quarter(request: HttpRequest, at: datetime) -> Quarter:
    asked = Quarter.named(request.GET.get("quarter", ""))
    return asked or Quarter.of(at.astimezone(firm_of(request).zone).date())


def _download(text: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)
