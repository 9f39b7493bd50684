"""What is closed to a client at the moment, first on the home page: the notice, and what stays open (R-4, R-6)."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from supportportal.people import decisions
from supportportal.people.access import restrictions_on

from .panels import Panel


def _restrictions(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    found = restrictions_on(request.user, at)
    decisions.load(found)
    return {"restrictions": found} if found else None


PANEL = Panel("pages.restrictions", "people/restrictions.html", _restrictions, position=0, wide=True)
