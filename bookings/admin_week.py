"""One agent's week: what is booked, day by day, with hours and time off."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from supportportal.choosing import ChoosingAdmin, row_or_404
from supportportal.lattice import cell_at

from .busy_state import Busy, coming
from .card import Card, card_of
from .models import Agent, Booking

DAYS, SATURDAY = 7, 5


@dataclass(frozen=True)
class Day:
    day: date
    is_today: bool
    hours: list[tuple[time, time]]
    off: list[Any]
    busy: list[Busy]
    cards: list[Card]


class WeekAdmin(ChoosingAdmin):
    """What the admin of agents has for the week."""

    def get_urls(self) -> list[Any]:
        week = self.admin_site.admin_view(require_safe(self.week_view))
        return [path("<int:pk>/week/", week, name="bookings_agent_week"), *super().get_urls()]

    def week_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        agent = row_or_404(self.get_queryset(request).select_related("user"), pk)
        at = timezone.now()
        monday = _monday(request.GET.get("day", ""), timezone.localdate(at))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Week of %(agent)s") % {"agent": agent},
            "opts": self.opts,
            "agent": agent,
            "days": week_of(agent, monday, at, request),
            "previous": monday - timedelta(days=DAYS),
            "following": monday + timedelta(days=DAYS),
        }
        return TemplateResponse(request, "admin/bookings/agent/week.html", context)


def week_of(agent: Agent, monday: date, at: datetime, request: HttpRequest) -> list[Day]:
    """The days in the reader's zone, a weekend only if there is something on it; hours are by the agent's own clock."""
    zone = timezone.get_current_timezone()
    begins = [datetime.combine(monday + timedelta(days=number), time(), zone) for number in range(DAYS + 1)]
    booked = Booking.objects.visible_to(request.user).exclude(state=Booking.State.CANCELLED).for_listing()
    booked = booked.filter(agent=agent, starts_at__gte=begins[0], starts_at__lt=begins[-1]).order_by("first_cell")
    cards = [card_of(booking, at) for booking in booked]
    off = list(agent.time_off.filter(starts_at__lt=begins[-1], ends_at__gt=begins[0]).order_by("starts_at"))
    busy = coming(agent, cell_at(begins[0]), cell_at(begins[-1]))
    hours = list(agent.working_hours.order_by("weekday", "opens"))
    today = timezone.localdate(at)
    days = [
        Day(
            day=since.date(),
            is_today=since.date() == today,
            hours=[(one.opens, one.closes) for one in hours if one.weekday == since.weekday()],
            off=[one for one in off if one.starts_at < until and one.ends_at > since],
            busy=[one for one in busy if one.starts_at < until and one.ends_at > since],
            cards=[card for card in cards if since <= card.booking.starts_at < until],
        )
        for since, until in pairwise(begins)
    ]
    return [one for one in days if one.day.weekday() < SATURDAY or one.hours or one.cards]


def _monday(text: str, today: date) -> date:
    """The Monday of the week asked for; of this week where the text is no date that we can count around."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = today
    if abs((day - today).days) > 3660:
        day = today
    return day - timedelta(days=day.weekday())
