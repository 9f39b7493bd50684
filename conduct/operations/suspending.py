"""An appeal that nobody who is left may decide suspends its measure after twenty business days (S-1)."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from supportportal.outbox import operations as outbox
from supportportal.trail import operations as trail

from .. import appeal_time, eligibility, messages_appeal
from ..models import Appeal, Measure
from . import effects
from .locking import changed, lock


def sweep(*, at: datetime) -> int:
    """Suspend every measure whose appeal has waited too long for somebody who may decide it; returns how many.

    Any number of these may run at once.
    """
    late = [appeal for appeal in _waiting().order_by("pk") if appeal_time.has_waited_too_long(appeal, at)]
    return sum(suspend(appeal, at=at) for appeal in late)


@transaction.atomic
def suspend(appeal: Appeal, *, at: datetime) -> bool:
    """From now on the measure has no effect until the appeal is decided; client and managers are told. False where it
    is not time, or somebody may decide after all.
    """
    incident = appeal.measure.incident
    effects.lock_people_of(incident.client, appeal.measure.reached_account)
    incident = lock(incident)
    found = _waiting().filter(pk=appeal.pk).first()
    if found is None or not appeal_time.has_waited_too_long(found, at):
        return False
    if found.measure.restriction is not None and not found.measure.is_in_force(at):
        return False  # it has run out by itself
    found.measure.incident = incident
    if eligibility.appeal_reviewers(found.measure).exists():
        return False
    found.suspended_at = at
    found.save(update_fields=["suspended_at"])
    effects.pause(found.measure, at=at)
    outbox.plan(messages_appeal.owed_for_suspending(found, at=at), at=at)
    trail.record("measure.suspended", incident, by=None, at=at, measure=found.measure_id, appeal=found.pk)
    changed(incident)
    return True


def resume(appeal: Appeal, *, at: datetime) -> None:
    """The appeal was refused: what was suspended goes on until its end. Nothing where nothing was suspended."""
    if appeal.suspended_at is not None and appeal.measure.state == Measure.State.TAKEN:
        effects.resume(appeal.measure, at=at)


def _waiting() -> QuerySet[Appeal]:
    waiting = Appeal.objects.open().filter(suspended_at__isnull=True, measure__state=Measure.State.TAKEN)
    return waiting.select_related("measure__incident__client", "measure__restriction")
