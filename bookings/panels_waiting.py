"""Offers that run, on the first pages."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from supportportal.pages.panels import Panel

from .messages_waiting import offer_path
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


def _kept_for_you(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    running = Offer.objects.open().filter(entry__client=request.user, until__gt=at)
    offer = running.for_listing().order_by("until").first()
    return None if offer is None else {"offer": offer, "url": offer_path(offer), "at": at}


HOME_PANELS_WAITING = [Panel("bookings.offer", "bookings/panels/offer.html", _kept_for_you, position=5)]
STAFF_PANELS_WAITING = [Panel("bookings.offers", "bookings/panels/offers.html", _offers, position=35)]
