"""Whoever changes a complaint must be let in by the one gate, and the case must be as they saw it (C-8)."""

from supportportal.people.models import User

from ..models import Complaint
from ..refusals import NotYours
from .locking import lock


def enter(complaint: Complaint, *, by: User, seen: int | None = None) -> Complaint:
    """The complaint, locked. Raises NotYours for whom the gate keeps out, Stale if it has changed since ``seen``."""
    locked = lock(complaint, seen=seen)
    require_sight(locked, by)
    return locked


def require_sight(complaint: Complaint, by: User) -> None:
    if not Complaint.objects.visible_to(by).filter(pk=complaint.pk).exists():
        raise NotYours
