"""Incidents on the staff's first page: what managers have to decide, and what became of the reader's reports."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest

from supportportal.pages.panels import Panel

from . import outcomes
from .admin_access import DECIDE
from .models import Incident

MOST = 5
RECENTLY = timedelta(days=14)


def _decide(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    """Incidents that wait for a decision, the oldest first."""
    if not request.user.has_perm(DECIDE):
        return None
    waiting = Incident.objects.visible_to(request.user).open()
    shown = list(outcomes.with_outcomes(waiting).order_by("reported_at", "pk")[:MOST])
    if not shown:
        return None
    number = len(shown) if len(shown) < MOST else waiting.count()
    return {"rows": [(one, outcomes.of(one, at)) for one in shown], "number": number, "more": number > len(shown)}


def _own(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    """The way to report, and what became lately of what the reader reported."""
    return {"rows": [(one, outcomes.of(one, at)) for one in _changed(request, at - RECENTLY)]}


def _changed(request: HttpRequest, since: datetime) -> list[Incident]:
    own = Incident.objects.filter(reporter=request.user.pk)
    decided = Q(closed_at__gte=since) | Q(measures__taken_at__gte=since) | Q(measures__ended_at__gte=since)
    appealed = Q(measures__appeal__decided_at__gte=since) | Q(measures__appeal__lodged_at__gte=since)
    lately = own.filter(pk__in=own.filter(decided | appealed).values("pk"))
    return list(outcomes.with_outcomes(lately).order_by("-reported_at", "-pk")[:MOST])


STAFF_PANELS = [
    Panel("conduct.decide", "conduct/panels/decide.html", _decide, position=12),
    Panel("conduct.own", "conduct/panels/own.html", _own, position=42),
]
