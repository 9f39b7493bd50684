"""When a complaint must be acknowledged, updated, answered; when an appeal must be (C-4, C-5, C-10). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from supportportal.businesstime import BusinessCalendar

from .numbers import Policy

_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


class Step(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    UPDATE = "update"
    RESPOND = "respond"
    APPEAL = "appeal"
    OMBUDSMAN = "ombudsman"


@dataclass(frozen=True)
class Due:
    """One deadline: ``start`` is the event it counts from; where ``projected``, the due time that stands in for it.

    ``day`` is the last local day, None where hours count; ``due_at`` is in UTC, the end of that day (24:00 local).
    """

    step: Step
    start: datetime
    due_at: datetime
    day: date | None = None
    projected: bool = False


@dataclass(frozen=True)
class CountedDay:
    """One local day of the way to a deadline: its number if it counts, else why not."""

    day: date
    number: int | None
    why_not: str = ""  # "weekend", "closed", or the holiday's name


def arrival_of(day: date, calendar: BusinessCalendar, policy: Policy) -> datetime:
    """When a letter without an hour arrived: as the desk opened on that day; at 09:00 if it was closed (C-4)."""
    midnight = datetime.combine(day, time.min, calendar.zone)
    if calendar.is_workday(day):
        return next(calendar.openings(midnight))[0]
    hour, minute = divmod(policy.closed_day_arrival, 60)
    return midnight.replace(hour=hour, minute=minute).astimezone(UTC)


def acknowledge_by(arrived: datetime, policy: Policy) -> Due:
    """24 elapsed hours after arrival; exactly then is still on time (C-4)."""
    return Due(Step.ACKNOWLEDGE, arrived, arrived.astimezone(UTC) + policy.acknowledge)


def update_by(acknowledge: Due, acknowledged: datetime | None, calendar: BusinessCalendar, policy: Policy) -> Due:
    """The end of the third business day after the acknowledgement; until it happened, after its due time (C-5)."""
    return _after(Step.UPDATE, acknowledged, acknowledge.due_at, policy.update_days, calendar)


def respond_by(update: Due | None, updated: datetime | None, calendar: BusinessCalendar, policy: Policy) -> Due:
    """The end of the seventh business day after the update; until it happened, after its due day (C-5).

    One of the two must be known.
    """
    # The update's due time is midnight at the end of its last day: that day is day 0.
    stand_in = update.due_at - _INSTANT if update else None
    return _after(Step.RESPOND, updated, stand_in, policy.respond_days, calendar)


def answer_appeal_by(lodged: datetime, calendar: BusinessCalendar, policy: Policy) -> Due:
    """The end of the tenth business day after the appeal came (C-10)."""
    return _after(Step.APPEAL, lodged, lodged, policy.appeal_answer_days, calendar)


def refer_by(arrived: datetime, weeks: int, zone: ZoneInfo) -> Due:
    """The end of the day on which the ombudsman scheme's time limit has passed since the original arrival (C-10)."""
    day = arrived.astimezone(zone).date() + timedelta(weeks=weeks)
    return Due(Step.OMBUDSMAN, arrived, end_of(day, zone), day)


def plan(
    arrived: datetime,
    acknowledged: datetime | None,
    updated: datetime | None,
    calendar: BusinessCalendar,
    policy: Policy,
) -> tuple[Due, Due, Due]:
    """All three deadlines of a complaint from what has happened so far. Raises CalendarHasNoWorkday."""
    acknowledge = acknowledge_by(arrived, policy)
    update = update_by(acknowledge, acknowledged, calendar, policy)
    return acknowledge, update, respond_by(update, updated, calendar, policy)


def last_day(event: datetime, days: int, calendar: BusinessCalendar) -> date:
    """The ``days``-th business day after the local day of ``event``, which is day 0 (C-5)."""
    return calendar.add_business_days(event.astimezone(calendar.zone).date(), days)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """24:00 of a local day, in UTC."""
    return datetime.combine(day + _DAY, time.min, zone).astimezone(UTC)


def day_ending(end: datetime, zone: ZoneInfo) -> date:
    """The local day whose 24:00 is ``end``; of any other instant the day on which it is."""
    return (end - _INSTANT).astimezone(zone).date()


def walk(start: date, end: date, calendar: BusinessCalendar, names: Mapping[date, str]) -> tuple[CountedDay, ...]:
    """Day by day from the day after ``start`` to ``end``: which count and why the others do not (C-5)."""
    days, number, day = [], 0, start
    while day < end:
        day += _DAY
        if calendar.is_workday(day):
            number += 1
            days.append(CountedDay(day, number))
        else:
            days.append(CountedDay(day, None, _why_not(day, calendar, names)))
    return tuple(days)


def _why_not(day: date, calendar: BusinessCalendar, names: Mapping[date, str]) -> str:
    if day.weekday() not in {weekday for weekday, _opens, _closes in calendar.hours}:
        return "weekend"
    return names.get(day, "holiday") if day in calendar.holidays else "closed"


def _after(step: Step, event: datetime | None, stand_in: datetime | None, days: int, calendar: BusinessCalendar) -> Due:
    start = event or stand_in
    if start is None:
        raise ValueError(f"Nothing is known to count {step} from.")
    day = last_day(start, days, calendar)
    return Due(step, start, end_of(day, calendar.zone), day, projected=event is None)
