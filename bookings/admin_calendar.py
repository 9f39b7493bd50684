"""An agent's own calendar: what it reads of the portal, and what the portal reads of it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from . import feed_views


class CalendarAdmin(admin.ModelAdmin):
    """What the admin of agents has for their own calendars: the own, and for managers anybody's."""

    def get_urls(self) -> list[Any]:
        view = never_cache(require_http_methods(["GET", "HEAD", "POST"])(self.calendar_view))
        calendar = self.admin_site.admin_view(view)
        return [path("<int:pk>/calendar/", calendar, name="bookings_agent_calendar"), *super().get_urls()]

    def calendar_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        agent = get_object_or_404(self.get_queryset(request).select_related("user"), pk=pk)
        is_own = agent.pk == request.user.pk
        if request.method == "POST" and is_own and "feed" in request.POST:
            feed_views.pressed(request)
            return redirect("admin:bookings_agent_calendar", agent.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Calendar of %(agent)s") % {"agent": agent},
            "opts": self.opts,
            "agent": agent,
            "is_own": is_own,
            **(feed_views.shown_to(request.user) if is_own else {}),
        }
        return TemplateResponse(request, "admin/bookings/agent/calendar.html", context)
