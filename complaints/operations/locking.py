"""The lock order, everywhere: the people concerned by ascending id, then the complaint, then the rest."""

from ..models import Complaint
from ..refusals import Stale


def lock(complaint: Complaint, *, seen: int | None = None) -> Complaint:
    """The row as it is now, locked; raises Stale if it has changed since version ``seen`` (compare-and-swap)."""
    # No select_related: PostgreSQL would join what a row that was waited for referred to before, not what it does now.
    locked = Complaint.objects.select_for_update(no_key=True).get(pk=complaint.pk)
    if seen is not None and locked.version != seen:
        raise Stale
    return locked


def changed(complaint: Complaint, *fields: str) -> Complaint:
    """Save the fields of a locked complaint, and raise its version."""
    complaint.version += 1
    complaint.save(update_fields=[*fields, "version"])
    return complaint
