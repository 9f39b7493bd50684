"""The ladder of no-shows: what follows from which missed sessions, worked out anew each time (B-13)."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from .numbers import DEFAULT, Policy

NOTHING, WARNING, SANCTION, RENEWED = range(4)


@dataclass(frozen=True)
class Standing:
    """Where somebody stands. ``level`` is what the newest strike led to, whether or not that has been used up since.

    ``free_from`` is the local date from which a session is free of charge again; None where none costs anything.
    """

    level: int = NOTHING
    free_from: date | None = None
    newest: date | None = None

    def is_chargeable(self, day: date) -> bool:
        """Whether a session that starts on this local date carries the fee (B-13.3)."""
        return self.free_from is not None and day < self.free_from


def ladder(strikes: Iterable[date], policy: Policy = DEFAULT, attended: Iterable[date] = ()) -> Standing:
    """The standing after ``strikes`` (in any order; two on one day are two), with the dates of ``attended`` sessions.

    A session attended on a later date than the newest strike uses its sanction up; one on the same date does not, as
    dates alone do not tell which came first.
    """
    days = sorted(strikes)
    return standing(days, policy, is_used_up=bool(days) and any(day > days[-1] for day in attended))


def standing(strikes: Iterable[date], policy: Policy = DEFAULT, *, is_used_up: bool = False) -> Standing:
    """The same where it is known whether a session was attended after the newest missed start."""
    days = sorted(strikes)
    if not days:
        return Standing()
    level = levels(days, policy)[-1]
    is_sanctioned = level >= SANCTION and not is_used_up
    return Standing(level, add_months(days[-1], policy.sanction_months) if is_sanctioned else None, days[-1])


def levels(strikes: Iterable[date], policy: Policy = DEFAULT) -> list[int]:
    """What each strike led to, by date: a run's first 1, its second 2, each further one 3 (B-13.1)."""
    found: list[int] = []
    before: date | None = None
    for day in sorted(strikes):
        follows = before is not None and day <= add_months(before, policy.strike_months)
        found.append(min(found[-1] + 1, RENEWED) if follows else WARNING)
        before = day
    return found


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day (31 August + 6 months = 28 or 29 February)."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    if year > date.max.year:
        raise ValueError(f"{months} months after {day} is beyond all dates")
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def bookable_from(day: date, horizon_days: int) -> date:
    """The first date on which a start on ``day`` can be booked."""
    return day - timedelta(days=horizon_days)


def review_until(told: date, policy: Policy = DEFAULT) -> date:
    """The last local date on which a client can ask to look again at a strike told on ``told``."""
    return told + timedelta(days=policy.review_days)
