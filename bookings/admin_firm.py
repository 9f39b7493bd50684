"""Away in the staff's admin: the sessions that are hit, a proposal for each, one press; and whom to call (B-11)."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from supportportal.lattice import instant_at

from .forms_firm import AwayForm, PlanForm, choices_posted
from .models import Agent, Booking, TimeOff, Unreached
from .operations import firm
from .policy import POLICY
from .proposals import propose

LONGEST_READ = timedelta(hours=12)  # a page that was opened longer ago begins anew with now


class AwayAdmin(admin.ModelAdmin):
    """What the admin of agents has for a time in which one is away: the own, and for managers anybody's."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("ill/", view(self.away_view), name="bookings_agent_ill"),
            path("to-call/", view(self.to_call_view), name="bookings_agent_to_call"),
            path("to-call/<int:pk>/reached/", view(require_POST(self.reached_view)), name="bookings_agent_reached"),
            *super().get_urls(),
        ]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if formset.model is TimeOff:
            changed = [row for row, _fields in formset.changed_objects]
            request.time_off_entered = [*formset.new_objects, *changed]  # type: ignore[attr-defined]

    def response_change(self, request: HttpRequest, obj: Agent) -> HttpResponse:
        """Time off over booked sessions leads to the page that sees to them."""
        at = timezone.now()
        for off in getattr(request, "time_off_entered", []):
            if hit := firm.sessions_hit(obj, off.starts_at, off.ends_at, at=at):
                told = ngettext(
                    "The time off is kept. %(n)s session is booked in it.",
                    "The time off is kept. %(n)s sessions are booked in it.",
                    len(hit),
                )
                self.message_user(request, told % {"n": len(hit)}, messages.WARNING)
                return redirect(reverse("admin:bookings_agent_ill") + f"?off={off.pk}")
        return super().response_change(request, obj)

    def away_view(self, request: HttpRequest) -> HttpResponse:
        """Looking changes nothing; one press keeps the time off and sees to each session as chosen."""
        agents = self._agents(request)
        at = timezone.now()
        off = self._entered(request, agents)
        mine = {"agent": request.user.pk} if any(one.pk == request.user.pk for one in agents) else {}
        asked = request.GET if "until" in request.GET else None
        if asked is not None and len(agents) == 1:
            asked = asked.copy()
            asked["agent"] = str(agents[0].pk)
        form = AwayForm(asked, agents=agents, at=at, initial={"until": AwayForm.TODAY, **mine})
        if off is not None:
            agent, starts_at, ends_at = off.agent, off.starts_at, off.ends_at
        elif form.is_valid():
            agent, ends_at = form.cleaned_data["agent"], form.cleaned_data["ends_at"]
            starts_at = _first_instant(request, at)
        else:
            return self._page(request, "away", _("I'm ill today"), form=form)
        if request.method == "POST":
            off = off or firm.take_off(agent, starts_at, ends_at, by=request.user, at=at)
            choices = choices_posted(request.POST)
            report = firm.clear_away(off, choices, by=request.user, at=at)
            left = firm.sessions_hit(agent, starts_at, ends_at, at=at)
            refused = {one.booking.pk for one in report.done if one.refusal}
            shown = {"report": report, "left": [one for one in left if one.pk not in refused], "off": off}
            calls = Unreached.objects.to_call().filter(booking__in=[one.booking.pk for one in report.done]).exists()
            return self._page(request, "done", _("Seen to"), agent=agent, calls=calls, **shown)
        hit = firm.sessions_hit(agent, starts_at, ends_at, at=at)
        plan = PlanForm(proposals=propose(hit, agent, until=ends_at, at=at))
        shown = {
            "form": None if off else form,
            "off": off,
            "agent": agent,
            "is_own": agent.pk == request.user.pk,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "first_cell": int(starts_at.timestamp()) // 300,
            "plan": plan,
            "running": Booking.objects.live().filter(agent=agent, starts_at__lte=at, ends_at__gt=at).first(),
            "quickly_until": at + POLICY.firm_sms,
        }
        return self._page(request, "away", _("I'm ill today"), **shown)

    def to_call_view(self, request: HttpRequest) -> HttpResponse:
        self._agents(request)
        rows = list(Unreached.objects.to_call().for_listing())
        done = Unreached.objects.filter(reached_at__gt=timezone.now() - timedelta(days=1)).for_listing()
        return self._page(request, "to_call", _("To call"), rows=rows, done=done.order_by("-reached_at")[:20])

    def reached_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._agents(request)
        call = firm.reached(get_object_or_404(Unreached, pk=pk), by=request.user, at=timezone.now())
        self.message_user(request, _("%(client)s knows.") % {"client": call.booking.client}, messages.SUCCESS)
        return redirect("admin:bookings_agent_to_call")

    def _agents(self, request: HttpRequest) -> list[Agent] | Any:
        """Those for whom the reader may act; nobody else has this page."""
        if not request.user.has_perm("bookings.change_booking"):
            raise PermissionDenied
        agents = self.get_queryset(request).filter(is_active=True).select_related("user").order_by("user__name")
        if not agents:
            raise Http404
        return agents

    def _entered(self, request: HttpRequest, agents: Any) -> TimeOff | None:
        pk = request.GET.get("off", "")
        if not pk:
            return None
        if not pk.isdecimal() or len(pk) > 18:
            raise Http404
        return get_object_or_404(TimeOff.objects.select_related("agent__user"), pk=pk, agent__in=agents)

    def _page(self, request: HttpRequest, name: str, title: str, **shown: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, **shown}
        return TemplateResponse(request, f"admin/bookings/firm/{name}.html", context)


def _first_instant(request: HttpRequest, at: datetime) -> datetime:
    """From when: as the page showed it, so that a second press is about the same time off."""
    posted = request.POST.get("starts", "")
    if posted.isdecimal() and len(posted) < 9:
        shown = instant_at(int(posted))
        if at - LONGEST_READ <= shown <= firm.first_instant(at):
            return shown
    return firm.first_instant(at)
