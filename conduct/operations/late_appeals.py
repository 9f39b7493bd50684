"""Appeals that wait too long: whoever may decide them is reminded twice, each time by one mail about all (R-7, S-1)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from complaints import calendars
from supportportal.outbox import operations as outbox
from supportportal.people.models import User
from supportportal.trail import operations as trail

from .. import appeal_time, digests, eligibility
from ..models import Appeal, Measure

_DAY = timedelta(days=1)


def due(at: datetime) -> list[tuple[Appeal, str]]:
    """Each open appeal of which somebody is to be reminded now, with the field that notes it.

    First when the day is over by which it was to be answered, and again when so long has passed that a measure
    whose appeal nobody may decide is suspended. Of those that are, the managers have been told already.
    """
    nearly = _unpressed().filter(answer_by__lt=at.date() + _DAY)  # whatever the zone of the desk: asked at each tick
    if not nearly.exists():
        return []
    return [(one, stage) for one in _late(at).order_by("answer_by", "pk") if (stage := _stage(one, at))]


@transaction.atomic
def remind(at: datetime) -> int:
    """One mail for each person; returns of how many appeals. Any number of these may run at once."""
    wanted = dict.fromkeys(one.pk for one, _stage in due(at))
    rows = _late(at).filter(pk__in=wanted).select_for_update(no_key=True, skip_locked=True, of=("self",))
    digest: dict[User, list[tuple[Appeal, str]]] = defaultdict(list)
    told = 0
    for appeal in rows.order_by("pk"):
        stage, people = _stage(appeal, at), _asked(appeal.measure)
        if not stage or not people:
            continue
        _note(appeal, stage, at)
        told += 1
        for person in people:
            digest[person].append((appeal, stage))
    outbox.plan((digests.owed(person, lines, at=at) for person, lines in digest.items()), at=at)
    return told


def _late(at: datetime) -> QuerySet[Appeal]:
    rows = _unpressed().filter(answer_by__lt=calendars.day_of(at))
    return rows.select_related("measure__incident__client")


def _unpressed() -> QuerySet[Appeal]:
    return Appeal.objects.open().filter(suspended_at__isnull=True, pressed_at__isnull=True)


def _stage(appeal: Appeal, at: datetime) -> str:
    if appeal_time.has_waited_too_long(appeal, at):
        return digests.PRESSED
    return "" if appeal.reminded_at else digests.REMINDED


def _note(appeal: Appeal, stage: str, at: datetime) -> None:
    setattr(appeal, stage, at)
    appeal.save(update_fields=[stage])
    incident = appeal.measure.incident
    trail.record("appeal.reminded", incident, by=None, at=at, measure=appeal.measure_id, appeal=appeal.pk, stage=stage)


def _asked(measure: Measure) -> Iterable[User]:
    """Whom it is offered to; where there is nobody, the owner, who appoints somebody (S-1)."""
    offered = list(eligibility.offered_appeal(measure).order_by("pk"))
    return offered or eligibility.last_resort(measure.incident)
