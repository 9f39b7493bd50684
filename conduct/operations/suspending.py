"""An appeal that nobody who is left may decide suspends its measure after twenty business days (S-1)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from supportportal.outbox import operations as outbox
from supportportal.trail import operations as trail

from .. import appeal_time, eligibility, messages_appeal
from ..models import Appeal, Measure
from ..policy import POLICY
from . import effects
from .locking import changed, lock


def waiting(at: datetime) -> QuerySet[Appeal]:
    """Open appeals that have been waiting for so many days at least; whether it is time says ``suspend``."""
    days = timedelta(days=POLICY.appeal_suspends_days - 1)  # business days are no fewer; clocks change in between
    return _unsuspended().filter(lodged_at__lte=at - days).order_by("pk")


def suspend(appeal: Appeal, *, at: datetime) -> bool:
    """From now on the measure has no effect until the appeal is decided; client and managers are told. False where it
    is not time, or somebody may decide after all: then nothing is locked. Any number of these may run at once.
    """
    return _is_due(appeal, at) and _suspend(appeal, at=at)


@transaction.atomic
def _suspend(appeal: Appeal, *, at: datetime) -> bool:
    incident = appeal.measure.incident
    effects.lock_people_of(incident.client, appeal.measure.reached_account)
    incident = lock(incident)
    found = _unsuspended().filter(pk=appeal.pk).first()
    if found is None:
        return False
    found.measure.incident = incident
    if not _is_due(found, at):
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


def _is_due(appeal: Appeal, at: datetime) -> bool:
    measure = appeal.measure
    if not appeal_time.has_waited_too_long(appeal, at):
        return False
    if measure.restriction is not None and not measure.is_in_force(at):
        return False  # it has run out by itself
    return not eligibility.appeal_reviewers(measure).exists()


def _unsuspended() -> QuerySet[Appeal]:
    waiting = Appeal.objects.open().filter(suspended_at__isnull=True, measure__state=Measure.State.TAKEN)
    return waiting.select_related("measure__incident__client", "measure__restriction")
