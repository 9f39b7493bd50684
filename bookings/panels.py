"""What sessions add to the first pages: a client's next session, and the steps of a new set-up."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from supportportal.pages.checklist import Item
from supportportal.pages.panels import Panel
from supportportal.people.access import gate_is_open
from supportportal.people.kept_open import Way
from supportportal.people.models import Gate

from . import ical, rules
from .models import Booking, SessionType, WorkingHours
from .models.offer import PlaceKind
from .policy import POLICY


def _next_session(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    """While booking is closed there is nothing to book here; what is closed says the first panel."""
    is_closed = not gate_is_open(request.user, Gate.BOOKING, at)
    own = Booking.objects.filter(client=request.user).upcoming(at).for_listing().order_by("first_cell")
    booking = own.first()
    if booking is None:
        return None if is_closed else {"booking": None}
    return {
        "booking": booking,
        "is_closed": is_closed,
        "place": ical.place_in_words(booking),
        "free_until": rules.free_until(booking.starts_at, POLICY),
        "is_free": rules.is_free_to_change(booking.starts_at, at, POLICY),
        "at": at,
    }


def _somebody_can_hold_sessions() -> bool:
    """A video session needs a link (B-1a)."""
    placed = ~Q(place_kind=PlaceKind.VIDEO) | ~Q(place="") | Q(agents__video_link__gt="")
    return SessionType.objects.offered().filter(placed, agents__is_active=True).exists()


def _sessions(reader: object) -> str:
    return reverse("bookings:sessions")


WAYS_KEPT_OPEN = [
    Way("sessions", _("Your sessions: what is booked can be cancelled"), _sessions, 30),
]
HELP_PANELS = [Panel("bookings.help", "bookings/panels/help.html", lambda request, at: {}, position=10)]
HOME_PANELS = [Panel("bookings.next", "bookings/panels/next.html", _next_session, position=10)]

CHECKLIST = [
    Item(
        "bookings.types",
        _("Session types"),
        _("What can be booked: its length, its limits and the plans that include it."),
        lambda: SessionType.objects.offered().filter(plans__isnull=False).exists(),
        lambda: reverse("admin:bookings_sessiontype_add"),
        position=30,
    ),
    Item(
        "bookings.agents",
        _("Agents"),
        _("Who holds sessions, which ones, and their video link."),
        _somebody_can_hold_sessions,
        lambda: reverse("admin:bookings_agent_add"),
        position=40,
    ),
    Item(
        "bookings.hours",
        _("Hours"),
        _("When each agent works: without hours, nothing can be booked."),
        lambda: WorkingHours.objects.exists(),
        lambda: reverse("admin:bookings_agent_changelist"),
        position=50,
    ),
]
