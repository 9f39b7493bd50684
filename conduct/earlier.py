"""What is known of a client from before, and what has changed on a case meanwhile."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from supportportal.people.models import User

from .models import Incident, Measure
from .precedents import Precedent

MOST = 20


@dataclass(frozen=True)
class Earlier:
    """An earlier incident of the same client, and what followed."""

    incident: Incident
    measures: list[Precedent]

    @property
    def outcome(self) -> str:
        """Where no measure followed."""
        return "" if self.measures else self.incident.get_state_display()


def earlier_of(incident: Incident, reader: User, at: datetime) -> list[Earlier]:
    """The client's other incidents that ``reader`` may see, the latest first. Two queries."""
    others = Incident.objects.visible_to(reader).filter(client=incident.client_id).exclude(pk=incident.pk)
    found = list(others.order_by("-happened_at", "-pk")[:MOST])
    decided = Measure.objects.filter(incident__in=found, taken_at__isnull=False)
    by_incident: dict[int, list[Precedent]] = {}
    for measure in decided.select_related("assessment", "appeal", "restriction", "incident").order_by("decided_at"):
        by_incident.setdefault(measure.incident_id, []).append(Precedent(measure, at))
    return [Earlier(one, by_incident.get(one.pk, [])) for one in found]


@dataclass(frozen=True)
class Change:
    what: str
    who: Any
    at: datetime


def latest_change(incident: Incident) -> Change | None:
    """The last thing that has happened to the case since it was reported, for whom it took by surprise."""
    found = []
    if incident.closed_at:
        found.append(Change(_("The incident was closed"), incident.closed_by, incident.closed_at))
    for measure in incident.measures.select_related("decided_by", "ended_by", "approval__by"):
        step = measure.get_kind_display()
        found.append(Change(_("%(step)s: decided") % {"step": step}, measure.decided_by, measure.decided_at))
        if measure.ended_at:
            what = f"{step}: {measure.get_state_display()}"
            found.append(Change(what, measure.ended_by, measure.ended_at))
        approval = getattr(measure, "approval", None)
        if approval is not None and approval.at:
            found.append(Change(f"{step}: {measure.get_state_display()}", approval.by, approval.at))
    for request in incident.stop_requests.select_related("sent_by"):
        found.append(Change(_("The client was asked to stop"), request.sent_by, request.sent_at))
    for answer in incident.answers.all():
        found.append(Change(_("The client answered"), incident.client, answer.arrived_at))
    return max(found, key=lambda change: change.at, default=None)
