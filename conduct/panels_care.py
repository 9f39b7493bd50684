"""Follow-ups on the staff's first page: one's own, and for managers those that wait (R-8)."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from supportportal.pages.panels import Panel

from .admin_care import looks_after, waiting_for, with_due
from .models import FollowUp
from .operations import care

MOST = 6


def _own(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    """Open ones of the reader, as whom it is about or as who looks after somebody."""
    rows = FollowUp.objects.visible_to(request.user).open().with_noted().select_related("person", "manager")
    own = with_due(request, rows[:MOST], at)
    alone = next((row for row, _due in own if row.manager is None), None)
    return {"own": own, "at": at, "has_nobody": alone is not None and care.has_nobody(alone)} if own else None


def _waiting(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    if not looks_after(request):
        return None
    rows = with_due(request, waiting_for(request)[: MOST + 1], at)
    return {"waiting": rows[:MOST], "more": len(rows) > MOST, "at": at} if rows else None


PANELS = [
    Panel("conduct.own_care", "admin/conduct/care/own_panel.html", _own, position=9),
    Panel("conduct.care", "admin/conduct/care/waiting_panel.html", _waiting, position=10),
]
