"""When a running deadline is looked at next: to warn its reviewer ahead, and seniors once it is missed (C-7)."""

from datetime import UTC, datetime, time, timedelta
from itertools import takewhile

from supportportal.businesstime import CalendarHasNoWorkday

from .calendars import Desk
from .models import Deadline
from .policy import POLICY

MISSED = "escalated_at"
_INSTANT = timedelta(microseconds=1)


def stages(row: Deadline, desk: Desk) -> list[tuple[str, datetime]]:
    """The field that notes each warning, and when it is due: at half the time, on the last business day, when missed.

    Each falls into the desk's opening hours; of the ombudsman letter, which goes out by itself, there is none.
    """
    if row.due_at is None or row.step == Deadline.Step.OMBUDSMAN:
        return []
    found = []
    if (ahead := _ahead(row.start_at, row.due_at, desk)) is not None:
        found.append(("warned_at", ahead))
    if row.day is not None:
        morning = datetime.combine(row.day, time.min, desk.zone).astimezone(UTC)
        found.append(("warned_last_day_at", when_open(morning, desk)))
    found.append((MISSED, when_open(row.due_at + _INSTANT, desk)))
    return found


def next_look(row: Deadline, desk: Desk, *, after: datetime | None = None) -> datetime | None:
    """The earliest stage of a running deadline that has not been reached yet; None where there is none.

    ``after`` leaves out what was due by then: somebody has just looked.
    """
    if row.outcome != Deadline.Outcome.RUNNING:
        return None
    open_stages = (when for field, when in stages(row, desk) if getattr(row, field) is None)
    return min((when for when in open_stages if after is None or when > after), default=None)


def _ahead(start: datetime, due: datetime, desk: Desk) -> datetime | None:
    """When to warn first: where nobody works any more between half the time and the end, in the last opening before."""
    half = when_open(start + (due - start) * POLICY.warn_at, desk)
    if half < due:
        return half
    try:
        before = list(takewhile(lambda opening: opening[0] < due, desk.calendar.openings(start)))
    except CalendarHasNoWorkday:
        return None
    if not before:
        return None
    opens, closes = before[-1]
    return opens + (min(closes, due) - opens) * POLICY.warn_at


def when_open(instant: datetime, desk: Desk) -> datetime:
    """The instant itself, or when the desk opens next; the instant itself too where it never does."""
    try:
        return next(desk.calendar.openings(instant))[0]
    except CalendarHasNoWorkday:
        return instant
