"""Offers that run, on the staff's first page."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from supportportal.pages.panels import Panel

from .models import Offer, WaitlistEntry

MOST = 8


def _offers(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    """Open offers, the one that ends first on top; nothing where nobody waits."""
    if not request.user.has_perm("bookings.view_offer"):
        return None
    running = list(Offer.objects.open().filter(until__gt=at).for_listing().order_by("until")[: MOST + 1])
    waiting = WaitlistEntry.objects.waiting().count()
    if not running and not waiting:
        return None
    return {"offers": running[:MOST], "more": len(running) > MOST, "waiting": waiting, "at": at}


STAFF_PANELS_WAITING = [Panel("bookings.offers", "bookings/panels/offers.html", _offers, position=40)]
