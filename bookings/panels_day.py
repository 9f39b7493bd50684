"""The agent's day on the staff's first page: today's sessions, outcomes that are missing, messages that failed."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from supportportal.outbox import reading
from supportportal.outbox.models import Message
from supportportal.pages.panels import Panel

from .card import card_of, shown_first
from .models import Agent, Booking
from .operations import strikes

MOST = 8
FAILED_FOR = timedelta(days=7)  # longer ago, nobody acts on it from here


def _sessions(request: HttpRequest) -> Any:
    return Booking.objects.visible_to(request.user).for_listing().order_by("first_cell")


def _is_agent(request: HttpRequest) -> bool:
    return Agent.objects.filter(pk=request.user.pk).exists()


def _day(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    """Today's sessions in order, the reader's own where the reader holds any; else everybody's."""
    if not request.user.has_perm("bookings.view_booking"):
        return None
    is_agent = _is_agent(request)
    day = timezone.localdate(at)
    today = _sessions(request).exclude(state=Booking.State.CANCELLED)
    today = today.filter(Q(starts_at__date=day) | Q(starts_at__lte=at, ends_at__gt=at))
    if is_agent:
        today = today.filter(agent=request.user.pk)
    cards = [card_of(booking, at) for booking in today]
    standings = strikes.standings({card.booking.client_id for card in cards})
    return {
        "rows": [(card, standings.get(card.booking.client_id)) for card in cards],
        "first": shown_first(cards) if is_agent else None,
        "is_agent": is_agent,
        "may_act": request.user.has_perm("bookings.change_booking"),
        "at": at,
        "day": day,
    }


def _open_outcomes(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    """Sessions that ended an hour ago or more, and nobody has said what became of them (B-12)."""
    if not request.user.has_perm("bookings.change_booking"):
        return None
    missing = _sessions(request).without_outcome(at)
    is_agent = _is_agent(request)
    if is_agent:
        missing = missing.filter(agent=request.user.pk)
    found = [card_of(booking, at) for booking in missing[: MOST + 1]]
    return {"cards": found[:MOST], "more": len(found) > MOST, "is_agent": is_agent} if found else None


def _held_back(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    """Clients who found nobody there: someone other than the session's agent has to look (B-12)."""
    if not request.user.has_perm("bookings.change_booking"):
        return None
    alone = _sessions(request).live().filter(started_at__isnull=True, nobody_here_at__isnull=False)
    found = list(alone.filter(nobody_here_seen_at__isnull=True).exclude(agent=request.user.pk)[:MOST])
    return {"bookings": found} if found else None


def _failed(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    """Messages of the last week that were given up; one that was sent again is not listed any more (N-3)."""
    if not request.user.has_perm("outbox.view_message"):
        return None
    failed = Message.objects.visible_to(request.user).filter(state=Message.State.FAILED, due_at__gt=at - FAILED_FOR)
    again = set(
        Message.objects.filter(data__has_key="again_of", due_at__gt=at - FAILED_FOR).values_list(
            "data__again_of", flat=True
        )
    )
    rows = failed.exclude(pk__in=again).defer("text", "html").select_related("recipient").order_by("-due_at")
    found = [reading.shown(message) for message in rows[: MOST + 1]]
    return {"messages": found[:MOST], "more": len(found) > MOST} if found else None


STAFF_PANELS_DAY = [
    Panel("bookings.nobody", "bookings/panels/nobody.html", _held_back, position=5, wide=True),
    Panel("bookings.today", "bookings/panels/today.html", _day, position=10, wide=True),
    Panel("bookings.open", "bookings/panels/open.html", _open_outcomes, position=12),
    Panel("bookings.failed", "bookings/panels/failed.html", _failed, position=30),
]
