"""What sessions and calls add to the page of one's plan: session types with reasons, the desk's hours, the terms."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from supportportal.people.access import may_use_all
from supportportal.people.models import Firm
from supportportal.people.plan_page import Section

from . import desk
from .models import SessionType, TermsVersion


def _sessions(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    types = list(SessionType.objects.offered().prefetch_related("plans"))
    if not types:
        return None
    return {"types": list(zip(types, may_use_all(request.user, types, at), strict=True))}


def _hours(request: HttpRequest, at: datetime) -> dict[str, Any]:
    firm = Firm.current()
    calendar = desk.calendar(at, firm=firm)
    return {
        "is_open": desk.is_open(calendar, at),
        "next_call": desk.next_call(calendar, at),
        "today": desk.hours_of_today(calendar, at),
        "desk_week": desk.week(),
        "desk_zone": desk.zone(firm),
        "peak": desk.peak(at, firm=firm),
    }


def _terms(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    """Every version that has been in force, and when this reader accepted it (B-3)."""
    versions = list(TermsVersion.objects.filter(published_at__lte=at).order_by("-published_at"))
    accepted = dict(request.user.terms_acceptances.values_list("terms", "accepted_at"))
    rows = [(version, accepted.get(version.pk), number == 0) for number, version in enumerate(versions)]
    return {"rows": rows} if rows else None


SECTIONS = [
    Section("bookings.sessions", "bookings/plan/sessions.html", _sessions, position=10),
    Section("bookings.hours", "bookings/plan/hours.html", _hours, position=20),
    Section("bookings.terms", "bookings/plan/terms.html", _terms, position=30),
]
