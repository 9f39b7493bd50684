"""What is known of a client from before, and what has changed on a case meanwhile."""

from dataclasses import dataclass
from datetime import datetime

from supportportal.people.models import User

from . import timeline
from .models import Incident, Measure
from .precedents import Precedent
from .timeline import Happened, Rows

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


def latest_change(incident: Incident) -> Happened | None:
    """The last thing that has happened to the case since it was reported, for whom it took by surprise."""
    found = timeline.changes(Rows.read(incident, all_of_it=True))
    return max(found, key=lambda one: (one.at, bool(one.who)), default=None)
