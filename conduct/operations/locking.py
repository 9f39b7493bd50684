"""The lock order, everywhere: the people concerned by ascending id, then the incident, then the rest."""

from supportportal.people.models import User

from ..models import Incident
from ..refusals import NotYours, Stale


def lock(incident: Incident, *, seen: int | None = None) -> Incident:
    """The row as it is now, locked; raises Stale if it has changed since version ``seen`` (compare-and-swap)."""
    locked = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    if seen is not None and locked.version != seen:
        raise Stale
    return locked


def enter(incident: Incident, *, by: User, seen: int | None = None) -> Incident:
    """The same, for whoever may see the case; raises NotYours for others (R-10)."""
    locked = lock(incident, seen=seen)
    if not Incident.objects.visible_to(by).filter(pk=locked.pk).exists():
        raise NotYours
    return locked


def changed(incident: Incident, *fields: str) -> Incident:
    """Save the fields of a locked incident, and raise its version."""
    incident.version += 1
    incident.save(update_fields=[*fields, "version"])
    return incident
