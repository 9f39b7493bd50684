"""What we change ourselves, on the staff's first page: ill today, late, whom to call, book for a client."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from supportportal.pages.panels import Panel

from .models import Agent, Unreached
from .operations import firm


def _away(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    if not request.user.has_perm("bookings.change_booking"):
        return None
    agent = Agent.objects.filter(pk=request.user.pk, is_active=True).first()
    coming = firm.next_session(agent, at) if agent else None
    return {
        "is_agent": agent is not None,
        "coming": coming if coming is not None and not firm.was_told_late(coming) else None,
        "to_call": Unreached.objects.to_call().count(),
    }


STAFF_PANELS_FIRM = [Panel("bookings.away", "bookings/panels/away.html", _away, position=11)]
