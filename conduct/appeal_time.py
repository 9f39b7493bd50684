"""Until when a measure can be appealed, and for how long an appeal may wait (R-7, S-1)."""

from datetime import date, datetime

from complaints import calendars
from complaints.progress import AppealChance
from supportportal.businesstime import CalendarHasNoWorkday

from . import rules
from .models import Appeal, Measure
from .policy import POLICY


def last_day(measure: Measure) -> date | None:
    """The twentieth business day after the client was really told, never earlier than the notice says.

    None while the client has not been told, or where the calendar cannot say: then no appeal is too late.
    """
    if measure.told_at is None:
        return None
    desk = calendars.desk(measure.told_at)
    try:
        counted = rules.last_day_to_appeal(desk.day_of(measure.told_at), POLICY, desk.calendar)
    except CalendarHasNoWorkday:
        return None
    return max(counted, measure.appeal_by) if measure.appeal_by else counted


def is_in_time(measure: Measure, at: datetime) -> bool:
    """Whether what arrives at that instant is in time: the last day counts to its end at the desk."""
    day = last_day(measure)
    return day is None or calendars.day_of(at) <= day


def chance_of(measure: Measure, at: datetime) -> AppealChance | None:
    """None where there is nothing to appeal against, or where that has been done; what is over counts too (R-7)."""
    if measure.taken_at is None or hasattr(measure, "appeal"):
        return None
    day = last_day(measure)
    return AppealChance(day, day is None or calendars.day_of(at) <= day)


def answer_by(lodged_at: datetime) -> date | None:
    """The day by which an appeal is to be answered; None where the calendar cannot say."""
    return _business_days_after(lodged_at, POLICY.appeal_answer_days)


def suspends_after(appeal: Appeal) -> date | None:
    """The last day on which an appeal that nobody can decide leaves its measure alone (S-1)."""
    return _business_days_after(appeal.lodged_at, POLICY.appeal_suspends_days)


def has_waited_too_long(appeal: Appeal, at: datetime) -> bool:
    day = suspends_after(appeal)
    return day is not None and day < calendars.day_of(at)


def _business_days_after(instant: datetime, days: int) -> date | None:
    desk = calendars.desk(instant)
    try:
        return desk.calendar.add_business_days(desk.day_of(instant), days)
    except CalendarHasNoWorkday:
        return None
