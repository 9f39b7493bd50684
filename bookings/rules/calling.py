"""When agents call, and when they have tried often enough (B-16)."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice

from supportportal.businesstime import BusinessCalendar

from .numbers import DEFAULT, Policy

LONGEST_LOOK = 60  # openings; a wish for a part of the day that none of them has is let go


def is_open(desk: BusinessCalendar, at: datetime) -> bool:
    """Whether agents call at that instant; the closing instant itself is outside."""
    opens, _closes = next(desk.openings(at))
    return opens <= at


def next_call(
    desk: BusinessCalendar, at: datetime, day_part: str = "any", policy: Policy = DEFAULT
) -> tuple[datetime, datetime]:
    """Between when, from ``at`` on, the next call can come: the desk's first opening in that part of the day.

    Raises CalendarHasNoWorkday where the desk never opens.
    """
    openings = islice(desk.openings(at), LONGEST_LOOK)
    fitting = (piece for opening in openings for piece in _in_part(desk, *opening, day_part, policy))
    return next(fitting, None) or next(desk.openings(at))


def _in_part(
    desk: BusinessCalendar, opens: datetime, closes: datetime, day_part: str, policy: Policy
) -> Iterator[tuple[datetime, datetime]]:
    midday = _midday(desk, opens.astimezone(desk.zone).date(), policy)
    if day_part == "morning":
        closes = min(closes, midday)
    elif day_part == "afternoon":
        opens = max(opens, midday)
    if opens < closes:
        yield opens, closes


def _midday(desk: BusinessCalendar, day: date, policy: Policy) -> datetime:
    # By the wall clock, so that a day on which clocks change keeps its midday.
    clock = (datetime.combine(day, time.min) + timedelta(minutes=policy.desk_midday)).time()
    return datetime.combine(day, clock, desk.zone)


def is_unreached(results: Iterable[str], policy: Policy = DEFAULT) -> bool:
    """Whether so many calls went unanswered that the client is told by mail."""
    return sum(result == "unanswered" for result in results) >= policy.call_attempts
