"""Measures on a client's page in the admin, for managers (R-10)."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import HttpRequest

from supportportal.people.about import Part
from supportportal.people.models import User

from .admin_access import DECIDE
from .models import Incident, Measure
from .precedents import DECIDED, Precedent

MOST = 20


def _measures(request: HttpRequest, person: User, at: datetime) -> dict[str, Any] | None:
    """Against the person, or the whole account; what is in force first."""
    if not request.user.has_perm(DECIDE) or person.is_staff:
        return None
    seen = Incident.objects.visible_to(request.user).values("pk")
    against = Q(incident__client=person)
    if person.account_id:
        against |= Q(whole_account=True, account=person.account_id)
    found = Measure.objects.filter(against, state__in=DECIDED, incident__in=seen)
    found = found.select_related("incident__client", "assessment", "appeal", "restriction")
    rows = [Precedent(measure, at) for measure in found.order_by("-decided_at", "-pk")[:MOST]]
    rows.sort(key=lambda one: not one.measure.is_in_force(at))
    return {"rows": rows} if rows else None


MEASURES = Part("conduct.measures", "admin/conduct/decide/about_client.html", _measures, 20)
