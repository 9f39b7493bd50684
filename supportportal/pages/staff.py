"""The staff's admin site: the first screen is today's work, and the skin is the portal's own."""

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import checklist, manuals
from .panels import staff_board

APPS = ["bookings", "complaints", "conduct", "people", "outbox"]
LAST = 50


class PortalAdminSite(AdminSite):
    site_header = gettext_lazy("Support")
    site_title = gettext_lazy("Support")
    index_title = gettext_lazy("Today")
    enable_nav_sidebar = False  # the skin has its own

    def get_urls(self) -> list:
        own = [
            path("set-up/", self.admin_view(self.set_up), name="set_up"),
            path("help/", self.admin_view(self.help), name="help"),
            path("help/<slug:name>/", self.admin_view(self.manual), name="help_manual"),
            # Django's way from a row to its page asks nobody who may know that the row exists (C-8).
            path("r/<path:content_type_id>/<path:object_id>/", self.admin_view(self.nowhere), name="view_on_site"),
        ]
        return [*own, *super().get_urls()]

    def nowhere(self, request: HttpRequest, content_type_id: str, object_id: str) -> HttpResponse:
        raise Http404

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        if context["has_permission"] and request.user.has_perm("people.change_firm"):
            context["set_up_url"] = reverse("admin:set_up")
        context["help_url"] = manuals.address_for(getattr(request.resolver_match, "url_name", ""))
        return context

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Apps in the order of work, and in each what is used most first (``nav_position`` of its admin class)."""
        apps = self._build_app_dict(request, app_label).values()
        for app in apps:
            for model in app["models"]:
                model["name"] = str(model["name"])  # lazy, each comparison would translate it anew: half of a page
            app["models"].sort(key=lambda model: (self._position(model["model"]), model["name"]))
        return sorted(apps, key=lambda app: APPS.index(app["app_label"]) if app["app_label"] in APPS else len(APPS))

    def _position(self, model: type[Model]) -> int:
        return getattr(self._registry[model], "nav_position", LAST)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        at = timezone.now()
        context = {
            "at": at,
            "panels": staff_board.shown_to(request, at),
            "open_items": [] if settings.DEMO else [state for state in checklist.states() if not state.done],
            **(extra_context or {}),
        }
        return super().index(request, context)

    def set_up(self, request: HttpRequest) -> HttpResponse:
        """The list of what a new portal needs before its first client."""
        states = [{"item": state.item, "done": state.done, "url": state.item.url()} for state in checklist.states()]
        context = {**self.each_context(request), "title": _("Set-up"), "states": states}
        return render(request, "admin/set_up.html", context)

    def help(self, request: HttpRequest) -> HttpResponse:
        """The manuals that this portal has."""
        context = {**self.each_context(request), "title": _("Help"), "manuals": manuals.manuals()}
        return render(request, "admin/help/index.html", context)

    def manual(self, request: HttpRequest, name: str) -> HttpResponse:
        found = manuals.manual(name)
        if found is None:
            raise Http404
        context = {**self.each_context(request), "title": found.title, "manual": found}
        return render(request, "admin/help/manual.html", context)
