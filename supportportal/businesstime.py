"""Business calendars: what a workday is, opening time, and counting N business days. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from .lattice import DAY_MINUTES, WeeklyHours, Window, cell_at, instant_at, open_on

LONGEST_SEARCH = 366  # days without a single workday after which something is wrong with the calendar
_DAY = timedelta(days=1)


class CalendarHasNoWorkday(Exception):
    def __init__(self, calendar: "BusinessCalendar", since: date) -> None:
        super().__init__(f"No opening time within {LONGEST_SEARCH} days of {since} ({calendar.zone}).")


def whole_days(weekdays: frozenset[int]) -> WeeklyHours:
    """Hours for where only days are counted."""
    return tuple((weekday, 0, DAY_MINUTES) for weekday in sorted(weekdays))


@dataclass(frozen=True)
class BusinessCalendar:
    """One office's opening hours. Knows no database, no settings and no clock.

    ``closures`` are pairs of instants; a day of which they leave no opening time is no workday.
    """

    zone: ZoneInfo
    hours: WeeklyHours
    holidays: frozenset[date] = frozenset()
    closures: tuple[tuple[datetime, datetime], ...] = ()

    def is_workday(self, day: date) -> bool:
        known = self._known.get(day)
        if known is None:
            known = self._known[day] = self._is_open_on(day)
        return known

    def add_business_days(self, day: date, count: int) -> date:
        """The ``count``-th workday after ``day``, which is day 0 whatever it is (C-5)."""
        found, workdays = day, self._workdays_after(day)
        for _ in range(count):
            found = next(workdays)
        return found

    def deadline(self, start: datetime, allowance: timedelta) -> datetime:
        """Return when ``allowance`` of opening time will have passed since ``start``, in UTC."""
        for opens, closes in self.openings(start):
            if allowance <= closes - opens:
                return opens + allowance
            allowance -= closes - opens
        raise AssertionError("openings() never ends without an error")

    def openings(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield (opens, closes) in UTC without end, the first pair trimmed to ``start``."""
        begin = start.astimezone(UTC)
        today = start.astimezone(self.zone).date()
        for opens, closes in self._openings_on(today):
            if begin < closes:
                yield max(begin, opens), closes
        for day in self._workdays_after(today):
            yield from self._openings_on(day)

    @cached_property
    def _known(self) -> dict[date, bool]:
        """What was asked before: a calendar never changes, and counts go over the same days again and again."""
        return {}

    def _is_open_on(self, day: date) -> bool:
        openings = [] if day in self.holidays else open_on(day, self.hours, self.zone)
        if not openings:
            return False
        first, _end = min(openings)
        # Most days are far from any closure: what does not cover the first opening leaves something of the day.
        if not any(begin <= first <= until for begin, until in self._closed_cells):
            return True
        return bool(self._openings_on(day))

    @cached_property
    def _closed_cells(self) -> list[Window]:
        """The cells in which each closure begins and ends."""
        return [(cell_at(closed_from), cell_at(closed_until)) for closed_from, closed_until in self.closures]

    def _workdays_after(self, day: date) -> Iterator[date]:
        last = day
        while (day - last).days < LONGEST_SEARCH:
            day += _DAY
            if self.is_workday(day):
                yield day
                last = day
        raise CalendarHasNoWorkday(self, last)

    def _openings_on(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        found = self._found.get(day)
        if found is None:
            found = self._found[day] = tuple(self._find_openings(day))
        return found

    @cached_property
    def _found(self) -> dict[date, tuple[tuple[datetime, datetime], ...]]:
        return {}

    def _find_openings(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        if day in self.holidays:
            return
        # By the lattice, in UTC at once: subtracting two datetimes of one local zone compares
        # wall clocks, and is an hour out across a daylight-saving change.
        for first, end in _merged(open_on(day, self.hours, self.zone)):
            pieces = [(instant_at(first), instant_at(end))]
            for closed_from, closed_until in self.closures:
                pieces = [
                    piece
                    for opens, closes in pieces
                    for piece in ((opens, min(closes, closed_from)), (max(opens, closed_until), closes))
                    if piece[0] < piece[1]
                ]
            yield from pieces


def _merged(found: list[Window]) -> list[Window]:
    """Hours that overlap or touch, and the two sides of a clock change, as one."""
    merged: list[Window] = []
    for first, end in sorted(found):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((first, end))
    return merged
