"""Decisions on the staff's first page: proposals that wait for an answer, sessions to keep or cancel (R-3, R-5)."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from supportportal.pages.panels import Panel

from .admin_access import DECIDE, today_of
from .admin_approvals import answers, waiting_for
from .operations import sessions

MOST = 6


def _approvals(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    """What others proposed; who of the managers may answer is said at the press alone (C-8)."""
    if not answers(request):
        return None
    others = waiting_for(request).exclude(decided_by=request.user.pk)
    rows = list(others.exclude(incident__concerned=request.user.pk))
    today = today_of(request, at)
    late = sum(one.approval.due_on < today for one in rows)
    shown = {"rows": rows[:MOST], "number": len(rows), "more": len(rows) > MOST, "late": late, "today": today}
    return shown if rows else None


def _sessions(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    if not request.user.has_perm(DECIDE):
        return None
    rows = sessions.undecided(at, request.user)
    return {"rows": rows[:MOST], "more": len(rows) > MOST} if rows else None


PANELS = [
    Panel("conduct.approvals", "admin/conduct/approvals/panel.html", _approvals, position=7),
    Panel("conduct.sessions", "admin/conduct/decide/sessions_panel.html", _sessions, position=12),
]
