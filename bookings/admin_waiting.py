"""The waiting list and its offers, to look at: people join and answer themselves, and the tick passes offers on."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal import reader, wording

from .models import Offer, WaitlistEntry


class OpenFirst(admin.SimpleListFilter):
    """Opens on what is going on."""

    title = gettext_lazy("state")
    parameter_name = "which"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("all", _("All"))]

    def choices(self, changelist: Any):
        choices = super().choices(changelist)
        yield {**next(choices), "display": self.first}
        yield from choices


class RunningFilter(OpenFirst):
    first = gettext_lazy("Running")

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset if self.value() == "all" else queryset.open()


class WaitingFilter(OpenFirst):
    first = gettext_lazy("Waiting")

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset if self.value() == "all" else queryset.waiting()


class LookOnly(admin.ModelAdmin):
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).for_listing()


@admin.register(WaitlistEntry)
class WaitlistEntryAdmin(LookOnly):
    list_display = ["client", "session_type", "wanted", "agent", "since", "until"]
    list_filter = [WaitingFilter, "session_type"]
    ordering = ["joined_at"]
    search_fields = ["client__name", "client__email", "client__account__name", "topic"]
    fields = ["client", "session_type", "wanted", "agent", "topic", "since", "until"]

    @admin.display(description=gettext_lazy("waits for"))
    def wanted(self, entry: WaitlistEntry) -> str:
        if entry.booking is not None:
            return _("an earlier time than %(when)s") % {"when": _short(entry.booking.starts_at)}
        return ", ".join(wording.short_day(date.fromisoformat(day), reader.language()) for day in entry.days)

    @admin.display(description=gettext_lazy("waiting since"), ordering="joined_at")
    def since(self, entry: WaitlistEntry) -> str:
        return _short(entry.joined_at)

    @admin.display(description=gettext_lazy("until"), ordering="left_at")
    def until(self, entry: WaitlistEntry) -> str:
        return _short(entry.left_at) if entry.left_at else "–"


@admin.register(Offer)
class OfferAdmin(LookOnly):
    list_display = ["starts", "client", "agent", "state", "offered", "answer_due"]
    list_filter = [RunningFilter, "state"]
    ordering = ["-offered_at"]
    search_fields = ["entry__client__name", "entry__client__email", "entry__client__account__name"]
    fields = ["starts", "client", "agent", "state", "offered", "answer_due", "decided"]

    @admin.display(description=gettext_lazy("time"), ordering="first_cell")
    def starts(self, offer: Offer) -> str:
        return _short(offer.starts_at)

    @admin.display(description=gettext_lazy("client"), ordering="entry__client__name")
    def client(self, offer: Offer) -> str:
        return str(offer.entry.client)

    @admin.display(description=gettext_lazy("offered"), ordering="offered_at")
    def offered(self, offer: Offer) -> str:
        return _short(offer.offered_at)

    @admin.display(description=gettext_lazy("answer due"), ordering="until")
    def answer_due(self, offer: Offer) -> str:
        return _short(offer.until)

    @admin.display(description=gettext_lazy("decided"), ordering="decided_at")
    def decided(self, offer: Offer) -> str:
        return _short(offer.decided_at) if offer.decided_at else "–"


def _short(instant: Any) -> str:
    return wording.short(instant, timezone.get_current_timezone(), reader.language())
