"""Time as five-minute cells of UTC; a set of cells within a window is one integer used as a bit mask. Pure.

Bit ``i`` of a mask over the window ``(first, end)`` stands for the cell ``first + i``.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

CELL_SECONDS = 300
CELL_MINUTES = CELL_SECONDS // 60
DAY_CELLS = 288
DAY_MINUTES = 1440

Window = tuple[int, int]
WeeklyHours = tuple[tuple[int, int, int], ...]
"""(weekday with Monday 0, minute at which it opens, minute at which it closes: 1440 is midnight at the day's end)."""

_EPOCH = date(1970, 1, 1).toordinal()
_DAY = timedelta(days=1)


def cell_at(instant: datetime) -> int:
    """The cell that holds ``instant`` (aware)."""
    return int(instant.timestamp() // CELL_SECONDS)


def cell_from(instant: datetime) -> int:
    """The first cell that begins at ``instant`` or later."""
    return int(-(-instant.timestamp() // CELL_SECONDS))


def instant_at(cell: int) -> datetime:
    """The beginning of ``cell``, in UTC."""
    return datetime.fromtimestamp(cell * CELL_SECONDS, UTC)


# -- sets of cells -----------------------------------------------------------------------------------------------------


def full(length: int) -> int:
    """The mask of all of a window's ``length`` cells."""
    return (1 << length) - 1


def span(first: int, end: int, window: Window) -> int:
    """The cells from ``first`` up to ``end`` (excluded) that lie in the window."""
    begin = max(first, window[0])
    length = min(end, window[1]) - begin
    return full(length) << (begin - window[0]) if length > 0 else 0


def spans(pairs: Iterable[tuple[int, int]], window: Window) -> int:
    mask = 0
    for first, end in pairs:
        mask |= span(first, end, window)
    return mask


def cut(mask: int, window: Window, part: Window) -> int:
    """``mask`` over ``window``, seen through the window ``part``."""
    return _placed(mask, window[0] - part[0]) & full(part[1] - part[0])


def starts_with_room(free: int, length: int) -> int:
    """Where ``length`` cells in a row are free: each step ANDs what is known to reach k cells with itself, shifted."""
    reach = 1
    while reach < length:
        step = min(reach, length - reach)
        free &= free >> step
        reach += step
    return free


def bits(mask: int) -> Iterator[int]:
    """The numbers of the set bits, ascending."""
    digits = bin(mask)[:1:-1]
    at = digits.find("1")
    while at >= 0:
        yield at
        at = digits.find("1", at + 1)


def cells_in(mask: int, window: Window) -> list[int]:
    return [window[0] + bit for bit in bits(mask)]


def lowest(mask: int) -> int | None:
    """The number of the lowest set bit."""
    return (mask & -mask).bit_length() - 1 if mask else None


# -- wall clocks -------------------------------------------------------------------------------------------------------


class Stretch(NamedTuple):
    """Cells of one local day between two changes of the clock; ``minute`` is the wall clock's at the first."""

    first: int
    end: int
    minute: int

    def between(self, opens: int, closes: int) -> Window:
        """The cells at which the wall clock shows a minute in ``[opens, closes)``."""
        begin = self.first + max(0, -(-(opens - self.minute) // CELL_MINUTES))
        return begin, min(self.end, self.first - (-(closes - self.minute) // CELL_MINUTES))


@lru_cache(maxsize=16384)
def local_day(day: date, zone: ZoneInfo) -> tuple[Stretch, ...]:
    """All cells that begin on the local date ``day``: one stretch, two where clocks change, none for a skipped date."""
    midnight = datetime.combine(day, time.min)
    before = _offset(midnight.replace(tzinfo=zone))
    after = _offset((midnight + _DAY).replace(tzinfo=zone, fold=1))
    if before == after and not before % CELL_SECONDS:
        first = (day.toordinal() - _EPOCH) * DAY_CELLS - before // CELL_SECONDS
        return (Stretch(first, first + DAY_CELLS, 0),)
    return tuple(_stretches(day, zone, min(before, after), max(before, after)))


def _offset(instant: datetime) -> int:
    offset = instant.utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def _stretches(day: date, zone: ZoneInfo, least: int, most: int) -> Iterator[Stretch]:
    """The same cell by cell, for the few days on which the offset changes: what the wall clock shows is the rule."""
    midnight = (day.toordinal() - _EPOCH) * DAY_CELLS * CELL_SECONDS
    shown = []
    for cell in range((midnight - most) // CELL_SECONDS, (midnight + 86400 - least) // CELL_SECONDS + 1):
        local = instant_at(cell).astimezone(zone)
        if local.date() == day:
            shown.append((cell, local.hour * 60 + local.minute))
    breaks = [
        number
        for number, ((cell, minute), (later, later_minute)) in enumerate(pairwise(shown), 1)
        if (later - cell) * CELL_MINUTES != CELL_MINUTES or later_minute - minute != CELL_MINUTES
    ]
    for begin, end in pairwise([0, *breaks, len(shown)]):
        if begin < end:
            yield Stretch(shown[begin][0], shown[end - 1][0] + 1, shown[begin][1])


def local_dates(window: Window, zone: ZoneInfo) -> Iterator[date]:
    """The local dates that the window touches, and one more on each side: a clock set back can show a date again."""
    day = instant_at(window[0]).astimezone(zone).date() - _DAY
    last = instant_at(window[1]).astimezone(zone).date() + _DAY
    while day <= last:
        yield day
        day += _DAY


def open_on(day: date, hours: WeeklyHours, zone: ZoneInfo) -> list[Window]:
    """The cells of a local date at which the wall clock lies in the hours: a gap vanishes, a fold counts twice."""
    weekday = day.weekday()
    found = (
        stretch.between(opens, closes)
        for stretch in local_day(day, zone)
        for on, opens, closes in hours
        if on == weekday
    )
    return [(first, end) for first, end in found if first < end]


@lru_cache(maxsize=1024)
def weekly_mask(hours: WeeklyHours, zone: ZoneInfo, window: Window) -> int:
    return spans((pair for day in local_dates(window, zone) for pair in open_on(day, hours, zone)), window)


@lru_cache(maxsize=256)
def grid_mask(step_minutes: int, zone: ZoneInfo, window: Window) -> int:
    """The cells at which the wall clock shows a whole number of steps since midnight."""
    mask, step = 0, step_minutes // CELL_MINUTES
    for day in local_dates(window, zone):
        for first, end, minute in local_day(day, zone):
            begin = first + -minute % step_minutes // CELL_MINUTES
            if begin < end:
                mask |= cut(_every(step, end - begin), (begin, end), window)
    return mask


@lru_cache(maxsize=64)
def _every(step: int, length: int) -> int:
    return sum(1 << bit for bit in range(0, length, step))


# -- what is taken -----------------------------------------------------------------------------------------------------


NEAR = 200  # spans that begin this close to one another are gathered in a small number first


def busy_masks(taken: Iterable[tuple[int, int, int]], window: Window) -> dict[int, int]:
    """The mask of each person's taken cells, from (person, first cell, end cell).

    Right in any order, fast where each person's spans come together and ascending: a day's spans meet in a number of a
    few machine words, and only that is shifted to its place among the weeks.
    """
    masks: dict[int, int] = {}
    person, base, limit, gathered = 0, 0, -1, 0
    for who, first, end in taken:
        if who != person or not base <= first <= limit:
            if gathered:
                masks[person] = masks.get(person, 0) | _placed(gathered, base - window[0])
            person, base, limit, gathered = who, first, first + NEAR, 0
        gathered |= ((1 << end - first) - 1) << first - base
    if gathered:
        masks[person] = masks.get(person, 0) | _placed(gathered, base - window[0])
    within = full(window[1] - window[0])
    return {who: mask & within for who, mask in masks.items() if mask & within}


def runs(firsts: Iterable[int], length: int, window: Window) -> int:
    """The cells of runs of one length that begin with ``firsts``, as far as they lie in the window."""
    base, room = window[0] - length, window[1] - window[0] + length
    begun = bytearray(room // 8 + 1)
    for first in firsts:
        if 0 <= (at := first - base) < room:
            begun[at >> 3] |= 1 << (at & 7)
    mask, reach = int.from_bytes(begun, "little"), 1
    while reach < length:
        step = min(reach, length - reach)
        mask |= mask << step
        reach += step
    return mask >> length & full(window[1] - window[0])


def _placed(mask: int, later: int) -> int:
    return mask << later if later >= 0 else mask >> -later
