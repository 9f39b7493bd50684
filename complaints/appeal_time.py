"""Until when a decision can be appealed (C-10)."""

from datetime import date, datetime

from supportportal.businesstime import CalendarHasNoWorkday

from . import calendars, rules
from .models import Complaint, Letter
from .policy import POLICY

DECISIONS = (Letter.Kind.RESPONSE, Letter.Kind.CLOSING)


def last_day(complaint: Complaint) -> date | None:
    """The twentieth business day after the decision's letter has really gone.

    None while it has not gone, or where the calendar cannot say: then no appeal is too late.
    """
    gone = complaint.letters.filter(kind__in=DECISIONS, state=Letter.State.GONE).order_by("-gone_at").first()
    return last_day_from(gone.gone_at) if gone and gone.gone_at else None


def last_day_from(gone_at: datetime) -> date | None:
    try:
        return rules.last_day(gone_at, POLICY.appeal_days, calendars.desk(gone_at).calendar)
    except CalendarHasNoWorkday:
        return None


def is_in_time(complaint: Complaint, at: datetime) -> bool:
    day = last_day(complaint)
    return day is None or calendars.day_of(at) <= day
