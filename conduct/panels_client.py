"""What a client sees of decisions about them on the home page, and managers of appeals on theirs."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from supportportal.pages.panels import Panel

from . import standing, thin_roles
from .models import Appeal

MOST = 6


def _decisions(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    found = standing.worth_a_word(request.user, at)  # type: ignore[arg-type]
    return {"decisions": found} if found else None


def _appeals(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    """Open appeals with the day by which they are to be answered; a warning where roles are too thin (S-1)."""
    appeals = Appeal.objects.visible_to(request.user).open()
    rows = list(appeals.select_related("measure__incident__client", "reviewer").order_by("answer_by", "pk")[: MOST + 1])
    thin = thin_roles.thin_roles() if request.user.has_perm("conduct.change_incident") else []
    if not (rows or thin):
        return None
    return {"appeals": rows[:MOST], "more": len(rows) > MOST, "thin": thin, "at": at}


HOME_PANELS = [Panel("conduct.decisions", "conduct/panels/decisions.html", _decisions, position=5)]
STAFF_PANELS = [Panel("conduct.appeals", "conduct/panels/appeals.html", _appeals, position=13)]
