"""Whose own calendar could not be read for a day, on the staff's first page: theirs, and all for managers."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from supportportal.pages.panels import Panel
from supportportal.people.models import Role

from .models import BusyCalendar
from .policy import POLICY

SHOWN = 8


def _not_read(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    old = BusyCalendar.objects.not_read_since(at - POLICY.calendar_old).select_related("agent__user")
    if not (request.user.is_superuser or request.user.has_role(Role.MANAGER, Role.SENIOR_MANAGER, Role.OWNER)):
        old = old.filter(pk=request.user.pk)
    rows = list(old.order_by("agent__user__name", "pk")[: SHOWN + 1])
    return {"calendars": rows[:SHOWN], "are_more": len(rows) > SHOWN} if rows else None


STAFF_PANELS_CALENDAR = [Panel("bookings.calendars", "bookings/panels/calendars.html", _not_read, position=12)]
