"""The watch over what comes by itself: reviews ahead, what is late, restrictions that end, follow-ups (R-7, R-8).

Any number of these may run at once, and each thing is told once. What goes wrong with one row is for the log: the
others have their turn all the same, and it is tried anew at the next tick.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from bookings.models import Booking
from complaints import calendars, warning_times
from supportportal.outbox import operations as outbox
from supportportal.people.access import gate_is_open
from supportportal.people.models import Firm
from supportportal.trail import operations as trail

from .. import eligibility, messages_care, messages_watch, rules
from ..models import Approval, CareNote, EmergencyStop, FollowUp, Measure
from ..policy import POLICY
from . import care, late_appeals, sessions, suspending

Row = TypeVar("Row", Measure, Approval, EmergencyStop, FollowUp)
STOP_IS_NEWS = timedelta(days=7)
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tick:
    """An instant, with what it is in the firm's zone, and at the desk."""

    at: datetime
    firm: Firm

    @property
    def zone(self) -> ZoneInfo:
        return self.firm.zone

    @property
    def today(self) -> date:
        return self.at.astimezone(self.zone).date()

    @property
    def desk_day(self) -> date:
        return calendars.day_of(self.at, self.firm)


def sweep(at: datetime) -> int:
    """Do and tell what has become due; returns how many things. Staff are written to in the desk's opening hours."""
    tick = Tick(at, Firm.current())
    done = _each("Sessions of the ended subscription %s", _with_sessions_left(at), _cancel(at))
    done += _each("The appeal %s that nobody can decide", suspending.waiting(at), partial(suspending.suspend, at=at))
    done += _each("The end of measure %s", _over(at), _tell_of_end(tick))
    done += _each("The end of the stop %s", _stops_over(at), _tell_of_open_contact(tick))
    done += _each("The follow-up %s without a manager", care.without_manager(), lambda one: care.release(at, of=one.pk))
    staff: list[tuple[str, QuerySet[Any], Callable[[Any], Any]]] = [
        ("The review of measure %s", _to_review(tick), _remind_of_review(tick)),
        ("The late approval %s", _late(tick), _remind_of_approval(tick)),
        ("The follow-up %s that nobody took", _untaken(tick), _remind_managers(tick)),
        ("The follow-up %s without a note", _unnoted(tick), _remind_its_manager(tick)),
    ]
    if (any(rows.exists() for _what, rows, _act in staff) or late_appeals.due(at)) and _is_open(at):
        done += sum(_each(what, rows, act) for what, rows, act in staff)
        done += _step("The appeals that are late", lambda: late_appeals.remind(at))
    return done


def _each(what: str, rows: Iterable[Any], act: Callable[[Any], Any]) -> int:
    """Do it for each row by itself; returns for how many there was something to do."""
    return sum(bool(_step(what % row.pk, partial(act, row))) for row in list(rows))


def _step(what: str, act: Callable[[], Any]) -> Any:
    """What it came to; 0 where it went wrong."""
    try:
        return act()
    except Exception:
        logger.exception("%s: this could not be done", what)
        return 0


def _is_open(at: datetime) -> bool:
    return warning_times.when_open(at, calendars.desk(at)) <= at


def _taken(rows: QuerySet[Row], row: Row) -> Row | None:
    """The row as it is now, locked; None where another sweep has it, or there is nothing to do any more."""
    return rows.select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(pk=row.pk).first()


# -- sessions of an ended subscription (R-5) ---------------------------------------------------------------------------


def _with_sessions_left(at: datetime) -> QuerySet[Measure]:
    """Ended subscriptions some of whose people still have sessions: a crash came between."""
    coming = Booking.objects.live().filter(client__account=OuterRef("account"), starts_at__gt=at)
    ended = Measure.objects.standing().filter(Exists(coming), kind=Measure.Kind.SUBSCRIPTION)
    return ended.select_related("incident__client", "decided_by").order_by("pk")


def _cancel(at: datetime) -> Callable[[Measure], int]:
    return lambda measure: sessions.cancel_all(measure, by=measure.decided_by, at=at)


# -- restrictions that ended by themselves (R-4, R-7) ------------------------------------------------------------------


def _over(at: datetime) -> QuerySet[Measure]:
    """Measures that nobody lifted, and whose end has come."""
    over = Measure.objects.standing().filter(restriction__ends_at__lte=at, end_told_at__isnull=True)
    return over.select_related("incident__client__account", "restriction").order_by("pk")


def _tell_of_end(tick: Tick) -> Callable[[Measure], bool]:
    @transaction.atomic
    def tell(row: Measure) -> bool:
        """What is open again is told; nothing where something else keeps it closed, or it was open before its end."""
        measure = _taken(_over(tick.at), row)
        if measure is None or measure.restriction is None:
            return False
        own_end = rules.ends_at(measure.until, measure.review_on, tick.zone)
        if own_end is None or own_end > tick.at:
            return False  # paused, it may go on (S-1)
        measure.end_told_at = tick.at
        measure.save(update_fields=["end_told_at"])
        ended_at = measure.restriction.ends_at
        opened = [gate for gate in measure.gates if gate_is_open(measure.incident.client, gate, tick.at)]
        if ended_at != own_end or not opened:
            return False
        outbox.plan(messages_watch.owed_for_end(measure, opened, at=tick.at), at=tick.at)
        trail.record("measure.ended", measure.incident, by=None, at=tick.at, measure=measure.pk, ended_at=ended_at)
        return True

    return tell


# -- contact stopped because of a threat (R-7a) ------------------------------------------------------------------------


def _stops_over(at: datetime) -> QuerySet[EmergencyStop]:
    """Stops to which nothing decided put an end, and whose end has just come; of an old one nobody wants to hear."""
    over = EmergencyStop.objects.filter(ended_at__isnull=True, end_told_at__isnull=True)
    over = over.filter(until__lte=at, until__gt=at - STOP_IS_NEWS)
    return over.select_related("incident__client__account", "restriction").order_by("pk")


def _tell_of_open_contact(tick: Tick) -> Callable[[EmergencyStop], bool]:
    @transaction.atomic
    def tell(row: EmergencyStop) -> bool:
        """What is open again is told; nothing where something else keeps all of it closed."""
        stop = _taken(_stops_over(tick.at), row)
        if stop is None:
            return False
        stop.end_told_at = tick.at
        stop.save(update_fields=["end_told_at"])
        opened = [gate for gate in stop.restriction.gates if gate_is_open(stop.incident.client, gate, tick.at)]
        if not opened:
            return False
        outbox.plan([messages_watch.owed_for_open_contact(stop, opened, at=tick.at)], at=tick.at)
        trail.record("incident.contact_open", stop.incident, by=None, at=tick.at, stop=stop.pk)
        return True

    return tell


# -- reviews ahead (R-7) -----------------------------------------------------------------------------------------------


def _to_review(tick: Tick) -> QuerySet[Measure]:
    """Restrictions in force whose review date is near, of which nobody has been told yet."""
    today = tick.today
    extended = Measure.objects.standing().filter(extends=OuterRef("pk"))
    near = Q(review_on__gt=today, review_on__lte=today + timedelta(days=POLICY.remind_days))
    rows = Measure.objects.in_force(tick.at).filter(near, ~Exists(extended), reminded_at__isnull=True)
    return rows.select_related("incident__client", "decided_by").order_by("review_on", "pk")


def _remind_of_review(tick: Tick) -> Callable[[Measure], bool]:
    @transaction.atomic
    def remind(row: Measure) -> bool:
        """Who decided it; where that person has left or may not decide any more, those who may."""
        measure = _taken(_to_review(tick), row)
        if measure is None:
            return False
        deciders = eligibility.deciders(measure.incident)
        people = list(deciders.filter(pk=measure.decided_by_id)) or list(deciders.order_by("pk"))
        people = people or eligibility.last_resort(measure.incident)
        if not people:
            return False
        measure.reminded_at = tick.at
        measure.save(update_fields=["reminded_at"])
        outbox.plan(messages_watch.owed_for_review(measure, people, at=tick.at), at=tick.at)
        trail.record("measure.review_reminded", measure.incident, by=None, at=tick.at, measure=measure.pk)
        return True

    return remind


# -- approvals that are late (R-3) -------------------------------------------------------------------------------------


def _late(tick: Tick) -> QuerySet[Approval]:
    """Asked for, and not answered by the end of the day by which they were wanted."""
    rows = Approval.objects.filter(approved__isnull=True, due_on__lt=tick.desk_day, reminded_at__isnull=True)
    rows = rows.filter(measure__state=Measure.State.PROPOSED)
    return rows.select_related("measure__incident__client", "measure__decided_by").order_by("due_on", "pk")


def _remind_of_approval(tick: Tick) -> Callable[[Approval], bool]:
    @transaction.atomic
    def remind(row: Approval) -> bool:
        """All to whom it is offered, and who proposed it."""
        approval = _taken(_late(tick), row)
        if approval is None:
            return False
        measure = approval.measure
        people = [*eligibility.offered_approval(measure).order_by("pk"), measure.decided_by]
        approval.reminded_at = tick.at
        approval.save(update_fields=["reminded_at"])
        outbox.plan(messages_watch.owed_for_late(measure, people, at=tick.at), at=tick.at)
        trail.record("measure.approval_late", measure.incident, by=None, at=tick.at, measure=measure.pk)
        return True

    return remind


# -- follow-ups (R-8) --------------------------------------------------------------------------------------------------


def _untaken(tick: Tick) -> QuerySet[FollowUp]:
    rows = FollowUp.objects.waiting().filter(due_on__lt=tick.today, reminded_at__isnull=True)
    return rows.select_related("person").order_by("due_on", "pk")


def _remind_managers(tick: Tick) -> Callable[[FollowUp], bool]:
    @transaction.atomic
    def remind(row: FollowUp) -> bool:
        """Every manager who could take it; where there is none, nobody, until there is one."""
        follow_up = _taken(_untaken(tick), row)
        people = list(care.eligible(follow_up).order_by("pk")) if follow_up else []
        if follow_up is None or not people:
            return False
        follow_up.reminded_at = tick.at
        follow_up.save(update_fields=["reminded_at"])
        outbox.plan([messages_care.owed_for_waiting(follow_up, one, at=tick.at) for one in people], at=tick.at)
        trail.record("care.reminded", follow_up, by=None, at=tick.at, to=[one.pk for one in people])
        return True

    return remind


def _unnoted(tick: Tick) -> QuerySet[FollowUp]:
    """Taken before today, due before today, and nobody has written a line."""
    midnight = rules.midnight(tick.today, tick.zone)
    rows = FollowUp.objects.open().filter(manager__isnull=False, taken_at__lt=midnight, due_on__lt=tick.today)
    unnoted = ~Exists(CareNote.objects.filter(follow_up=OuterRef("pk")))
    return rows.filter(unnoted, nudged_at__isnull=True).select_related("person", "manager").order_by("due_on", "pk")


def _remind_its_manager(tick: Tick) -> Callable[[FollowUp], bool]:
    @transaction.atomic
    def remind(row: FollowUp) -> bool:
        follow_up = _taken(_unnoted(tick), row)
        if follow_up is None:
            return False
        follow_up.nudged_at = tick.at
        follow_up.save(update_fields=["nudged_at"])
        outbox.plan([messages_care.owed_for_silence(follow_up, at=tick.at)], at=tick.at)
        trail.record("care.nudged", follow_up, by=None, at=tick.at)
        return True

    return remind
