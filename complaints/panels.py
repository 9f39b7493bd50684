"""Complaints on the staff's first page: what is due next, what is asked of the reader, and what to tell a caller."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from supportportal.pages.panels import Panel
from supportportal.people.context import firm_of

from . import board, calendars, rules
from .models import Letter, NamedStaff, Remedy, Statement
from .thin_roles import thin_roles

WORK, ENTER = "complaints.change_complaint", "complaints.add_complaint"
MOST = 6


def _cases(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    """The reader's own next steps, and the counts of the whole board, each a link."""
    if not request.user.has_perm(WORK):
        return None
    zone = calendars.zone_of(firm_of(request))
    scope = board.Scope(request.user, at, rules.end_of(at.astimezone(zone).date(), zone), board.Asked(who="mine"))
    mine = list(board.listed(scope)[: MOST + 1])
    return {
        "cards": list(board.cards_of(mine[:MOST], scope).values()),
        "more": len(mine) > MOST,
        "totals": board.totals(scope),
        "to_post": Letter.objects.waiting_for_post().handled_by(request.user).count(),
        "thin": thin_roles(),
        "at": at,
        "zone": zone,
    }


def _asked(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    """Statements and remedies that the reader is asked for, without the cases that they belong to."""
    statements = list(Statement.objects.open_for(request.user))
    barred = NamedStaff.objects.barring().filter(person=request.user.pk).values("complaint")
    own = Remedy.objects.filter(owner=request.user.pk, done_at__isnull=True).exclude(complaint__in=barred)
    remedies = list(own.order_by("due_on", "pk")[:MOST])
    return {"statements": statements, "remedies": remedies, "at": at} if statements or remedies else None


def _caller(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    """The way to enter a complaint, and the letters to post, for those who have no board that offers them."""
    if request.user.has_perm(WORK) or not request.user.has_perm(ENTER):
        return None
    return {"to_post": Letter.objects.waiting_for_post().handled_by(request.user).count()}


STAFF_PANELS = [
    Panel("complaints.asked", "complaints/panels/asked.html", _asked, position=8),
    Panel("complaints.cases", "complaints/panels/cases.html", _cases, position=11, wide=True),
    Panel("complaints.caller", "complaints/panels/caller.html", _caller, position=40),
]
