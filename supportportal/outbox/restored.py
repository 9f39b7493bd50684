"""After a restore nothing leaves until a person says so: what the backup owed may have gone out since it was made."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop

from supportportal.trail import operations as trail

from .models import Message, Restoration

LEFT_OUT = gettext_noop("It was due before the restore from a backup, and was not to be sent again.")


def hold(backup_at: datetime, *, at: datetime) -> Restoration:
    """The database was just put back as it was at ``backup_at``."""
    held = Restoration.objects.create(backup_at=backup_at, restored_at=at)
    trail.record("outbox.restored", held, by=None, at=at, backup_at=backup_at)
    return held


def waiting(held: Restoration) -> int:
    """How many messages of the backup were due by the restore: those that may have gone out already."""
    return _due_before(held).count()


@transaction.atomic
def release(held: Restoration, *, send: bool, by: Any, at: datetime) -> int:
    """Let messages leave again. ``send``: also those that were due before the restore; else they are skipped.

    Returns how many were due before the restore. A second release of the same one changes nothing and returns 0.
    """
    if not Restoration.objects.filter(pk=held.pk, released_at=None).update(released_at=at, released_by=by, sent=send):
        return 0
    due = _due_before(held)
    count = (
        due.count() if send else due.update(state=Message.State.SKIPPED, note=LEFT_OUT, token=None, lease_until=None)
    )
    trail.record("outbox.released", held, by=by, at=at, send=send, messages=count)
    return count


def _due_before(held: Restoration):
    open_states = [*Message.UNSENT, *Message.AT_RISK]
    return Message.objects.filter(state__in=open_states, due_at__lte=held.restored_at, created_at__lte=held.restored_at)
