"""What managers have to decide about no-shows, on the staff's first page."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from supportportal.pages.panels import Panel

from .decisions import WAIVE, to_decide_on
from .models import Fee, StrikeReview


def _decisions(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    if not request.user.has_perm(WAIVE):
        return None
    reviews = StrikeReview.objects.filter(decision="", strike__taken_back_at__isnull=True)
    shown = {
        "reviews": list(reviews.select_related("strike__client__account").order_by("asked_at")[:8]),
        "to_decide": len(to_decide_on()),
        "owed": Fee.objects.filter(state=Fee.State.OWED).count(),
    }
    return shown if any(shown.values()) else None


STAFF_PANELS_LADDER = [Panel("bookings.decisions", "bookings/panels/decisions.html", _decisions, position=40)]
