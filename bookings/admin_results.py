"""Feedback and surveys in the admin: read-only rows, and the results for managers with a table, a chart and a CSV."""

import csv
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from supportportal.spreadsheets import harmless

from . import results
from .models import Feedback, SurveyAnswer

COMMENTS_SHOWN = 20
PERIODS = {"90": 90, "365": 365, "all": None}
DEFAULT_PERIOD = "90"


class ReadOnlyAdmin(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Feedback)
class FeedbackAdmin(ReadOnlyAdmin):
    nav_position = 55
    list_display = ["given_at", "rating", "comment", "booking", "agent", "session_type"]
    list_select_related = ["booking__agent__user", "booking__session_type"]
    list_filter = ["rating", "booking__session_type", ("booking__agent", admin.RelatedOnlyFieldListFilter)]
    list_per_page = 50
    search_fields = ["comment", "booking__reference"]
    search_help_text = gettext_lazy("Comment or reference")
    change_list_template = "admin/bookings/feedback/change_list.html"

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # As for sessions: an agent's key is that of a user.
        return lookup == "booking__agent__user__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=gettext_lazy("agent"), ordering="booking__agent__user__name")
    def agent(self, feedback: Feedback) -> str:
        return str(feedback.booking.agent)

    @admin.display(description=gettext_lazy("session type"), ordering="booking__session_type__name")
    def session_type(self, feedback: Feedback) -> str:
        return feedback.booking.session_type.title

    def get_urls(self) -> list[Any]:
        own = [
            path("results/", self._for_managers(self.results_view), name="bookings_feedback_results"),
            path("results.csv", self._for_managers(self.csv_view), name="bookings_feedback_csv"),
        ]
        return own + super().get_urls()

    def _for_managers(self, view: Any) -> Any:
        def guarded(request: HttpRequest) -> HttpResponse:
            if not self.has_view_permission(request):
                raise PermissionDenied
            return view(request)

        return self.admin_site.admin_view(require_safe(guarded))

    def results_view(self, request: HttpRequest) -> HttpResponse:
        period, since = _period(request, timezone.now())
        feedback = results.since(since)
        context = {
            **self.admin_site.each_context(request),
            "title": _("What clients say"),
            "opts": self.opts,
            "period": period,
            "tables": [
                (_("By agent"), results.by_agent(feedback)),
                (_("By session type"), results.by_type(feedback)),
                (_("Quarterly survey"), results.by_quarter()),
            ],
            "ratings": results.RATINGS,
            "comments": results.comments(feedback, COMMENTS_SHOWN),
        }
        return TemplateResponse(request, "admin/bookings/feedback/results.html", context)

    def csv_view(self, request: HttpRequest) -> HttpResponse:
        _name, since = _period(request, timezone.now())
        headers = {"Content-Disposition": 'attachment; filename="feedback.csv"'}
        response = HttpResponse(content_type="text/csv; charset=utf-8", headers=headers)
        writer = csv.writer(response)
        writer.writerow(["given", "rating", "comment", "session", "agent", "type"])
        rows = results.since(since).select_related("booking__agent__user", "booking__session_type")
        for one in rows.order_by("given_at").iterator(chunk_size=500):
            booking = one.booking
            cells = [one.given_at.isoformat(), one.rating, one.comment, booking.reference]
            writer.writerow([harmless(str(cell)) for cell in [*cells, booking.agent, booking.session_type.name]])
        return response


def _period(request: HttpRequest, at: datetime) -> tuple[str, datetime | None]:
    name = request.GET.get("days", DEFAULT_PERIOD)
    name = name if name in PERIODS else DEFAULT_PERIOD
    days = PERIODS[name]
    return name, at - timedelta(days=days) if days else None


@admin.register(SurveyAnswer)
class SurveyAnswerAdmin(ReadOnlyAdmin):
    nav_position = 56
    list_display = ["quarter", "rating", "comment", "client", "given_at"]
    list_select_related = ["client"]
    list_filter = ["quarter", "rating"]
    list_per_page = 50
