"""When the client was told of a measure: by its mail, or by the printed notice that was posted (R-4, R-7)."""

from datetime import datetime

from django.db import transaction

from supportportal.people.models import User
from supportportal.trail import operations as trail

from .. import messages
from ..models import Measure
from ..refusals import NoAddress, NotLawful, PostedBefore, PostedOutOfTime
from .locking import changed, enter


@transaction.atomic
def post(
    measure: Measure, *, posted_at: datetime, posted_to: str, by: User, at: datetime, seen: int | None = None
) -> Measure:
    """The printed notice went into the post at ``posted_at``: the client is told, and the time to appeal counts from
    then (R-7). Raises NotYours, Stale, PostedBefore, NotLawful, PostedOutOfTime, NoAddress.
    """
    incident = enter(measure.incident, by=by, seen=seen)
    measure = Measure.objects.select_for_update(no_key=True, of=("self",)).get(pk=measure.pk)
    measure.incident = incident
    if measure.posted_at is not None:
        raise PostedBefore
    if not may_be_posted(measure):
        raise NotLawful
    if measure.taken_at is None or not measure.taken_at <= posted_at <= at:
        raise PostedOutOfTime
    if not posted_to.strip():
        raise NoAddress
    measure.posted_at, measure.posted_to, measure.posted_by = posted_at, posted_to.strip(), by
    measure.told_at = posted_at
    measure.save(update_fields=["posted_at", "posted_to", "posted_by", "told_at"])
    changed(incident)
    trail.record("measure.posted", incident, by=by, at=at, measure=measure.pk, posted_at=posted_at)
    return measure


def may_be_posted(measure: Measure) -> bool:
    """Whether there is a notice that has reached nobody: no mail of it has gone and stayed away, and no letter."""
    is_owed = measure.state in (Measure.State.TAKEN, Measure.State.LIFTED) and bool(measure.notice)
    return is_owed and measure.told_at is None and measure.posted_at is None


@transaction.atomic
def heard(measure: int) -> None:
    """Something became of the mail of a notice; one that came back has told nobody, but a letter posted since has."""
    row = Measure.objects.select_for_update(no_key=True, of=("self",)).get(pk=measure)
    instants = [messages.told_at(row.incident_id, row.pk), row.posted_at]
    row.told_at = min((one for one in instants if one is not None), default=None)
    row.save(update_fields=["told_at"])
