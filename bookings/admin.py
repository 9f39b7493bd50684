"""Sessions in the staff's admin: state is read-only, and every change goes through the same operations as the site."""

from typing import Any

from django.contrib import admin
from django.db.models import F, ManyToManyField, Q
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal import reader, wording
from supportportal.choosing import ChoosingAdmin
from supportportal.edits import FollowedAdmin
from supportportal.lattice import cell_at
from supportportal.longlists import LongListAdmin
from supportportal.people import searching
from supportportal.people.models import Role

from . import (  # noqa: F401  (admin_…: they register their own)
    admin_calls,
    admin_ladder,
    admin_results,
    admin_waiting,
    ical,
    operations,
    rules,
)
from .admin_acting import ActingAdmin
from .admin_calendar import CalendarAdmin
from .admin_firm import AwayAdmin
from .admin_forms import AgentForm, SessionTypeForm
from .admin_outcomes import OutcomesAdmin
from .admin_week import WeekAdmin
from .models import (
    Agent,
    Booking,
    Closure,
    Holiday,
    OpeningHours,
    SessionType,
    TermsAcceptance,
    TermsVersion,
    TimeOff,
    WorkingHours,
)
from .models.booking import LONGEST_CELLS
from .policy import POLICY
from .sent import messages_of

TICK_BOXES = {ManyToManyField: {"widget": CheckboxSelectMultiple}}  # few choices, all of them seen at once


class WhenFilter(admin.SimpleListFilter):
    """Opens on what is still to come."""

    title = gettext_lazy("when")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("today", _("Today")), ("open", _("Outcome missing")), ("past", _("Past")), ("all", _("All"))]

    def choices(self, changelist: Any):
        choices = super().choices(changelist)
        coming = next(choices)
        yield {**coming, "display": _("Coming")}
        yield from choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        at = timezone.now()
        match self.value():
            case "today":
                day = timezone.localdate(at)
                return queryset.filter(starts_at__date=day).order_by("first_cell")
            case "open":
                return queryset.without_outcome(at).order_by("first_cell")
            case "past":
                return queryset.filter(ends_at__lte=at)
            case "all":
                return queryset
        # Not over yet, said in cells: by the index over times, in its order.
        near = queryset.filter(first_cell__gt=cell_at(at) - LONGEST_CELLS)
        return near.filter(first_cell__gt=cell_at(at) - F("cells")).order_by("first_cell")


class MineFilter(admin.SimpleListFilter):
    title = gettext_lazy("whose")
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("mine", _("My sessions"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(agent=request.user.pk) if self.value() == "mine" else queryset


class AgentFilter(admin.RelatedOnlyFieldListFilter):
    """Names its agents in one query."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[int, str]]:
        holding = model_admin.get_queryset(request).order_by().values("agent")
        agents = Agent.objects.filter(pk__in=holding).select_related("user").order_by("user__name")
        return [(agent.pk, str(agent)) for agent in agents]


@admin.register(Booking)
class BookingAdmin(ActingAdmin, OutcomesAdmin, admin_ladder.StandingColumn, LongListAdmin):
    nav_position = 10
    list_display = ["starts", "client", "account", "standing", "session_type", "agent", "topic", "state", "reference"]
    list_display_links = ["starts"]
    list_select_related = ["client__account", "agent__user", "session_type"]
    list_filter = [WhenFilter, MineFilter, "state", "session_type", ("agent", AgentFilter)]
    list_per_page = 50
    search_fields = ["reference", "client__name", "client__email", "client__account__name", "topic"]
    word_fields = ["reference", "topic"]
    search_help_text = gettext_lazy("Client, account, reference or topic")
    date_hierarchy = None
    fields = [
        "reference",
        "state",
        "when",
        "client",
        "account",
        "standing",
        "agent",
        "session_type",
        "place_shown",
        "booked_at",
        "notice",
        "cancelled_at",
        "cancel_reason",
    ]
    change_form_template = "admin/bookings/booking/change_form.html"

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # An agent's key is that of a user, which Django takes for a look behind the agent.
        return lookup == "agent__user__exact" or super().lookup_allowed(lookup, value, request)

    def get_ordering(self, request: HttpRequest) -> list[str]:
        """What comes next first; of what is over, the newest first."""
        return ["-first_cell"] if request.GET.get(WhenFilter.parameter_name) in {"past", "all"} else ["first_cell"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Booking | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Booking | None = None) -> list[str]:
        return list(self.fields)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).visible_to(request.user)

    def found_by_words(self, search_term: str) -> Q:
        return super().found_by_words(search_term) | Q(client__in=searching.found(search_term))

    @admin.display(description=gettext_lazy("starts"), ordering="first_cell")
    def starts(self, booking: Booking) -> str:
        return _in_words(booking)

    @admin.display(description=gettext_lazy("when"))
    def when(self, booking: Booking) -> str:
        return _in_words(booking, long=True)

    @admin.display(description=gettext_lazy("account"), ordering="client__account__name")
    def account(self, booking: Booking) -> str:
        return str(booking.client.account or "–")

    @admin.display(description=gettext_lazy("place"))
    def place_shown(self, booking: Booking) -> str:
        place = ical.place_in_words(booking)
        if place.startswith("https://"):
            return format_html('<a href="{0}" rel="noopener noreferrer" target="_blank">{0}</a>', place)
        return place

    @admin.display(description=gettext_lazy("free to change until"))
    def notice(self, booking: Booking) -> str:
        limit = rules.free_until(booking.starts_at, POLICY)
        return wording.written_out(limit, timezone.get_current_timezone(), reader.language())

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        booking = self.get_object(request, object_id)
        extra = dict(extra_context or {}, show_save=False, show_save_and_continue=False, show_close=True)
        if booking is not None:
            extra["can_be_changed"] = booking.is_live  # after the start too, for a client who asked before it (B-11)
            extra["sent"] = messages_of(booking)
        return super().change_view(request, object_id, form_url, extra)


def _in_words(booking: Booking, *, long: bool = False) -> str:
    zone, language = timezone.get_current_timezone(), reader.language()
    if long:
        return wording.written_span(booking.starts_at, booking.ends_at, zone, language, year=True)
    return wording.short(booking.starts_at, zone, language)


class WorkingHoursInline(admin.TabularInline):
    model = WorkingHours
    extra = 0


class TimeOffInline(admin.TabularInline):
    model = TimeOff
    extra = 0


@admin.register(Agent)
class AgentAdmin(AwayAdmin, WeekAdmin, CalendarAdmin):
    nav_position = 20
    """An agent sees and edits the own hours; managers everybody's."""

    form = AgentForm
    list_display = ["user", "time_zone", "types", "is_active", "week", "own_calendar"]
    list_select_related = ["user", "busy_calendar"]
    list_filter = ["is_active", "session_types"]
    search_fields = ["user__name", "user__email"]
    autocomplete_fields = ["user"]
    formfield_overrides = TICK_BOXES
    inlines = [WorkingHoursInline, TimeOffInline]

    def get_queryset(self, request: HttpRequest) -> Any:
        agents = super().get_queryset(request).prefetch_related("session_types")
        if request.user.is_superuser or request.user.has_role(Role.MANAGER, Role.SENIOR_MANAGER, Role.OWNER):
            return agents
        return agents.filter(pk=request.user.pk)

    def get_readonly_fields(self, request: HttpRequest, obj: Agent | None = None) -> list[str]:
        return ["user", "own_calendar"] if obj else []

    @admin.display(description=gettext_lazy("week"))
    def week(self, agent: Agent) -> str:
        return format_html('<a href="{}">{}</a>', reverse("admin:bookings_agent_week", args=[agent.pk]), _("Week"))

    @admin.display(description=gettext_lazy("session types"))
    def types(self, agent: Agent) -> str:
        return ", ".join(one.title for one in agent.session_types.all())


class OpeningHoursInline(admin.TabularInline):
    model = OpeningHours
    extra = 0


@admin.register(SessionType)
class SessionTypeAdmin(ChoosingAdmin):
    nav_position = 30
    form = SessionTypeForm
    list_display = ["title", "minutes", "place_kind", "plans_shown", "is_active", "position"]
    list_filter = ["is_active", "place_kind", "plans"]
    search_fields = ["name", "name_it", "name_nl", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    formfield_overrides = TICK_BOXES
    inlines = [OpeningHoursInline]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("plans")

    @admin.display(description=gettext_lazy("plans"))
    def plans_shown(self, session_type: SessionType) -> str:
        return ", ".join(plan.title for plan in session_type.plans.all())


@admin.register(Holiday)
class HolidayAdmin(FollowedAdmin):
    list_display = ["day", "name", "country", "is_observed"]
    list_editable = ["is_observed"]
    list_filter = ["country", "is_observed"]
    search_fields = ["name"]
    date_hierarchy = "day"
    ordering = ["day"]


@admin.register(Closure)
class ClosureAdmin(ChoosingAdmin, FollowedAdmin):
    list_display = ["reason", "starts_at", "ends_at"]


@admin.register(TermsVersion)
class TermsVersionAdmin(ChoosingAdmin):
    """A published version is never edited: people accepted what it said."""

    list_display = ["version", "published_at"]

    def has_change_permission(self, request: HttpRequest, obj: TermsVersion | None = None) -> bool:
        if obj is not None and obj.published_at <= timezone.now():
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: TermsVersion | None = None) -> bool:
        return self.has_change_permission(request, obj) and super().has_delete_permission(request, obj)


@admin.register(TermsAcceptance)
class TermsAcceptanceAdmin(admin.ModelAdmin):
    list_display = ["user", "terms", "accepted_at"]
    list_select_related = ["user", "terms"]
    search_fields = ["user__name", "user__email"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: TermsAcceptance | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: TermsAcceptance | None = None) -> bool:
        return False
