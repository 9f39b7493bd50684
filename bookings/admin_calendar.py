"""An agent's own calendar: what it reads of the portal, and what the portal reads of it."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from supportportal.choosing import row_or_404
from supportportal.lattice import cell_at

from . import busy_state, feed_views
from .forms_calendar import BusyCalendarForm
from .models import Agent
from .operations import busy_calendars


class CalendarAdmin(admin.ModelAdmin):
    """What the admin of agents has for their own calendars: the own, and for managers anybody's."""

    def get_urls(self) -> list[Any]:
        view = never_cache(require_http_methods(["GET", "HEAD", "POST"])(self.calendar_view))
        calendar = self.admin_site.admin_view(view)
        return [path("<int:pk>/calendar/", calendar, name="bookings_agent_calendar"), *super().get_urls()]

    @admin.display(description=gettext_lazy("own calendar"))
    def own_calendar(self, agent: Agent) -> str:
        shown = {"agent": agent, "state": busy_state.state_of(agent, timezone.now())}
        return render_to_string("admin/bookings/agent/calendar_state.html", shown)

    def calendar_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The feed is the agent's alone; whoever may change the agent changes what is read."""
        agents = self.get_queryset(request).select_related("user", "busy_calendar")
        agent, at = row_or_404(agents, pk), timezone.now()
        is_own = agent.pk == request.user.pk
        form = BusyCalendarForm(request.POST if request.POST.get("busy") == "enter" else None)
        if request.method == "POST" and self._pressed(request, agent, form, is_own=is_own, at=at):
            return redirect("admin:bookings_agent_calendar", agent.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Calendar of %(agent)s") % {"agent": agent},
            "opts": self.opts,
            "agent": agent,
            "is_own": is_own,
            "form": form,
            "state": busy_state.state_of(agent, at),
            "coming": busy_state.coming(agent, cell_at(at)),
            "clashes": busy_state.clashes(agent, at),
            **(feed_views.shown_to(request.user) if is_own else {}),
        }
        return TemplateResponse(request, "admin/bookings/agent/calendar.html", context)

    def _pressed(
        self, request: HttpRequest, agent: Agent, form: BusyCalendarForm, *, is_own: bool, at: datetime
    ) -> bool:
        """Carry out what was chosen; False where the form has to be shown again."""
        if "feed" in request.POST:
            if not is_own:
                raise PermissionDenied
            feed_views.pressed(request)
            return True
        if not self.has_change_permission(request, agent):
            raise PermissionDenied
        match request.POST.get("busy"):
            case "enter":
                if not form.is_valid():
                    return False
                busy_calendars.enter(agent, form.cleaned_data["address"], by=request.user, at=at)
                self.message_user(request, _("The calendar is read within a minute."), messages.SUCCESS)
            case "remove":
                busy_calendars.remove(agent, by=request.user, at=at)
                self.message_user(request, _("The calendar is read no more, and blocks nothing."), messages.SUCCESS)
            case "now":
                busy_calendars.read_soon(agent, at=at)
                self.message_user(request, _("The calendar is read within a minute."), messages.SUCCESS)
        return True
