"""The list of incidents: opens on what needs a decision; an agent's holds what he or she reported (R-10)."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR
from django.db.models import Exists, OuterRef, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal import reader, wording
from supportportal.pages.templatetags.portal import pill
from supportportal.people.models import User

from . import outcomes
from .admin_access import DECIDE, GatedAdmin
from .models import Category, Incident, Measure

State = Incident.State
SHOWN = {
    "decide": gettext_lazy("To be decided"),
    "approve": gettext_lazy("Waiting for approval"),
    "decided": gettext_lazy("Decided"),
    "closed": gettext_lazy("Closed without a measure"),
    "all": gettext_lazy("All"),
}


def waiting() -> Exists:
    """Whether a measure of the incident waits for another manager."""
    return Exists(Measure.objects.filter(incident=OuterRef("pk"), state=Measure.State.PROPOSED))


def shown_to(request: HttpRequest) -> str:
    """What the list shows: what was asked for; else for managers what needs a decision, unless they look for more."""
    if asked := request.GET.get(StateFilter.parameter_name, ""):
        return asked if asked in SHOWN else "all"
    is_looking = any(value for name, value in request.GET.items() if name not in (PAGE_VAR, ORDER_VAR))
    return "decide" if request.user.has_perm(DECIDE) and not is_looking else "all"


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("shown")
    parameter_name = "what"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.shown = shown_to(request)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(SHOWN.items())

    def value(self) -> str:
        return self.shown

    def choices(self, changelist: Any) -> Any:
        for value, display in self.lookup_choices:
            query_string = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": self.value() == value, "query_string": query_string, "display": display}

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "decide":
                return queryset.open()
            case "approve":
                return queryset.filter(waiting())
            case "decided":
                return queryset.filter(state=State.DECIDED)
            case "closed":
                return queryset.filter(state=State.CLOSED)
        return queryset


class CategoryFilter(admin.SimpleListFilter):
    title = gettext_lazy("what it was")
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(one.value, one.label) for one in Category]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() not in Category.values:
            return queryset
        # A list of codes, as text: lists cannot be looked into on SQLite.
        listed = queryset.annotate(codes=Cast("categories", TextField()))
        return listed.filter(codes__contains=f'"{self.value()}"')


class MineFilter(admin.SimpleListFilter):
    title = gettext_lazy("whose")
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("mine", _("Reported by me"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(reporter=request.user.pk) if self.value() == "mine" else queryset


class PersonFilter(admin.RelatedOnlyFieldListFilter):
    """Names those of incidents that the reader may see, in one query."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[int, str]]:
        named = model_admin.get_queryset(request).order_by().values(field.name)
        return [(one.pk, str(one)) for one in User.objects.filter(pk__in=named).order_by("name", "pk")]


class ListAdmin(GatedAdmin):
    list_display = ["reported", "whom", "what", "stands", "reporter"]
    list_display_links = ["reported"]
    list_filter = [StateFilter, MineFilter, CategoryFilter, ("reporter", PersonFilter), ("client", PersonFilter)]
    list_per_page = 50
    show_full_result_count = False
    change_list_template = "admin/conduct/incident/change_list.html"

    def get_urls(self) -> list[Any]:
        return [path("", self.admin_site.admin_view(self.changelist_view), name="conduct_incident_changelist")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        return outcomes.with_outcomes(super().get_queryset(request))

    def get_ordering(self, request: HttpRequest) -> list[str]:
        """What waits longest first; of the rest, the newest."""
        first = shown_to(request) in {"decide", "approve"}
        return ["reported_at", "pk"] if first else ["-reported_at", "-pk"]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    @admin.display(description=gettext_lazy("reported"), ordering="reported_at")
    def reported(self, incident: Incident) -> SafeString:
        when = wording.short(incident.reported_at, timezone.get_current_timezone(), reader.language())
        return format_html('{}<br><span class="quiet small numbers">{}</span>', when, incident.reference)

    @admin.display(description=gettext_lazy("client"), ordering="client__name")
    def whom(self, incident: Incident) -> SafeString:
        client = incident.client
        return format_html('{}<br><span class="quiet small">{}</span>', client, client.account or "–")

    @admin.display(description=gettext_lazy("what it was"))
    def what(self, incident: Incident) -> str:
        return Truncator(", ".join(incident.category_labels)).chars(80)

    @admin.display(description=gettext_lazy("what became of it"), ordering="state")
    def stands(self, incident: Incident) -> SafeString:
        shown = outcomes.of(incident, timezone.now())
        return format_html_join(" ", "{}", ((_pill(one),) for one in shown))


def _pill(outcome: outcomes.Outcome) -> SafeString:
    return render_to_string("components/pill.html", pill(outcome.pill, outcome.words))
