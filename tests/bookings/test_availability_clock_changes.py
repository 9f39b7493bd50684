"""Free starts around clock changes, against an oracle that asks a wall clock about every single cell.

Examples are drawn within a day and a half of a clock change: drawn evenly over the year, they would miss it.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bookings import openings
from bookings.facts import Diary, Facts
from bookings.models import SessionType
from bookings.openings import Openings
from supportportal import lattice
from supportportal.businesstime import BusinessCalendar, whole_days
from supportportal.lattice import busy_masks, cell_at, cells_in, instant_at

ZONES = [
    "Europe/Rome",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "America/Nuuk",
    "America/Havana",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Auckland",
]
EVERY_DAY = frozenset(range(7))


def turning_points(name: str) -> list[int]:
    """The cells at which the zone's offset changes in 2026 and 2027."""
    zone = ZoneInfo(name)
    cells = range(cell_at(datetime(2026, 1, 1, tzinfo=UTC)), cell_at(datetime(2028, 1, 1, tzinfo=UTC)), 6)
    offsets = [instant_at(cell).astimezone(zone).utcoffset() for cell in cells]
    return [cell for cell, before, after in zip(cells[1:], offsets, offsets[1:], strict=False) if before != after]


TURNS = sorted({cell for name in ZONES for cell in turning_points(name)})


@dataclass
class Case:
    session_type: SessionType
    window: tuple[int, int]
    at: datetime
    firm: str
    agents: dict[int, tuple[str, tuple, frozenset]]
    opening_hours: tuple
    business_days: frozenset
    taken: list[tuple[int, int, int]]
    away: list[tuple[int, int, int]]
    closures: list[tuple[int, int, str]]


CLIENT = 99


@st.composite
def intervals(draw, weekdays):
    opens = draw(st.integers(0, 60)) * 15
    closes = draw(st.one_of(st.just(1440), st.integers(opens // 15 + 8, 96).map(lambda n: n * 15)))
    return (draw(st.sampled_from(weekdays)), opens, closes)


@st.composite
def cases(draw):
    turn = draw(st.sampled_from(TURNS))
    first = turn + draw(st.integers(-18 * 12, 12))
    window = (first, first + draw(st.integers(6 * 12, 18 * 12)))
    near = st.integers(window[0] - 300, window[1] + 300)
    spans = st.tuples(st.sampled_from([1, 2, CLIENT]), near, st.integers(1, 60)).map(
        lambda t: (t[0], t[1], t[1] + t[2])
    )
    session_type = SessionType(
        minutes=draw(st.sampled_from([5, 15, 30, 30, 45, 60, 120, 720])),
        buffer_before=draw(st.sampled_from([0, 0, 5, 30, 120])),
        buffer_after=draw(st.sampled_from([0, 0, 10, 120])),
        step_minutes=draw(st.sampled_from([5, 15, 20, 30, 45, 60, 240])),
        minimum_notice=draw(st.sampled_from([0, 1, 60])),
        horizon_days=366,
    )
    weekday = instant_at(turn).weekday()
    weekdays = [(weekday + shift) % 7 for shift in (-1, 0, 0, 0, 1)]
    hours = st.lists(intervals(weekdays), min_size=3, max_size=6).map(lambda found: tuple(sorted(found)))
    around = instant_at(turn).date()
    holidays = st.frozensets(st.sampled_from([around + timedelta(days=near) for near in range(-3, 3)]), max_size=1)
    zone = st.sampled_from(ZONES)
    asked = st.sampled_from([window[0] - 2000, window[0] - 2000, window[0], turn])
    late = st.sampled_from([timedelta(0), timedelta(seconds=1)])
    return Case(
        session_type=session_type,
        window=window,
        at=instant_at(draw(asked)) + draw(late),
        firm=draw(zone),
        agents={pk: (draw(zone), draw(hours), draw(holidays)) for pk in (1, 2)},
        opening_hours=draw(st.one_of(st.just(()), st.just(()), hours)),
        business_days=draw(st.sampled_from([EVERY_DAY, EVERY_DAY, EVERY_DAY, frozenset(range(5))])),
        taken=draw(st.lists(spans, max_size=4)),
        away=draw(st.lists(spans, max_size=1)),
        closures=[(begin, end, "") for _who, begin, end in draw(st.lists(spans, max_size=1))],
    )


def computed(case: Case) -> dict[int, list[int]]:
    before, after = case.session_type.buffer_before // 5, case.session_type.buffer_after // 5
    ground = (case.window[0] - before - 3, case.window[1] + case.session_type.cells + after)
    diaries = {
        pk: Diary(ZoneInfo(zone), hours, BusinessCalendar(ZoneInfo(zone), whole_days(case.business_days), holidays))
        for pk, (zone, hours, holidays) in case.agents.items()
    }
    facts = Facts(
        session_type=case.session_type,
        window=case.window,
        ground=ground,
        at=case.at,
        firm_zone=ZoneInfo(case.firm),
        business_days=case.business_days,
        diaries=diaries,
        opening_hours=case.opening_hours,
        holidays=[],
        closures=case.closures,
        time_off=busy_masks(case.away, ground),
        busy=busy_masks(case.taken, ground),
        client=CLIENT,
    )
    masks = Openings(facts).free_by_agent()
    return {pk: cells_in(mask, case.window) for pk, mask in masks.items()}


def within(hours, local: datetime) -> bool:
    minute = local.hour * 60 + local.minute
    return any(day == local.weekday() and opens <= minute < closes for day, opens, closes in hours)


def touches(spans, first: int, end: int) -> bool:
    return any(begin < end and first < until for begin, until in spans)


def is_open(case: Case, agent: int, cell: int) -> bool:
    """Whether the agent, the type and the firm are open in this cell."""
    zone, hours, holidays = case.agents[agent]
    local = instant_at(cell).astimezone(ZoneInfo(zone))
    at_the_firm = instant_at(cell).astimezone(ZoneInfo(case.firm))
    return (
        within(hours, local)
        and local.weekday() in case.business_days
        and local.date() not in holidays
        and (not case.opening_hours or within(case.opening_hours, at_the_firm))
        and not touches([(begin, end) for begin, end, _why in case.closures], cell, cell + 1)
        and not touches([(begin, end) for who, begin, end in case.away if who == agent], cell, cell + 1)
    )


def by_the_wall_clock(case: Case, agent: int) -> list[int]:
    """The oracle: every start of the window, every cell of the session."""
    kind = case.session_type
    own = [(begin, end) for who, begin, end in case.taken if who == agent]
    clients = [(begin, end) for who, begin, end in case.taken if who == CLIENT]
    last_day: date = case.at.astimezone(ZoneInfo(case.firm)).date() + timedelta(days=kind.horizon_days)
    found = []
    for start in range(*case.window):
        end = start + kind.cells
        local = instant_at(start).astimezone(ZoneInfo(case.agents[agent][0]))
        if (
            (local.hour * 60 + local.minute) % kind.step_minutes == 0
            and instant_at(start) - case.at >= timedelta(minutes=kind.minimum_notice)
            and instant_at(start).astimezone(ZoneInfo(case.firm)).date() <= last_day
            and not touches(own, start - kind.buffer_before // 5, end + kind.buffer_after // 5)
            and not touches(clients, start, end)
            and all(is_open(case, agent, cell) for cell in range(start, end))
        ):
            found.append(start)
    return found


@settings(max_examples=300, deadline=None, derandomize=True)
@given(cases())
def test_free_starts_are_what_the_wall_clock_says(case):
    assert computed(case) == {agent: by_the_wall_clock(case, agent) for agent in case.agents}


KEPT = [lattice.weekly_mask, lattice.grid_mask, openings.workdays]


@pytest.fixture
def one_offset_a_day(monkeypatch):
    """The usual mistake: the offset at midnight, for the whole day."""

    def local_day(day, zone):
        first = cell_at(datetime.combine(day, time(0), zone))
        return (lattice.Stretch(first, first + 288, 0),)

    monkeypatch.setattr(lattice, "local_day", local_day)
    monkeypatch.setattr(openings, "local_day", local_day)
    for kept in KEPT:
        kept.cache_clear()
    yield
    for kept in KEPT:
        kept.cache_clear()


def test_one_offset_for_a_whole_day_would_be_found_out(one_offset_a_day):
    @settings(max_examples=300, deadline=None, derandomize=True, phases=[Phase.generate], database=None)
    @given(cases())
    def hold(case):
        assert computed(case) == {agent: by_the_wall_clock(case, agent) for agent in case.agents}

    with pytest.raises(AssertionError):
        hold()


def test_the_examples_have_something_to_find():
    found = []

    @settings(max_examples=100, deadline=None, derandomize=True, phases=[Phase.generate], database=None)
    @given(cases())
    def look(case):
        found.append(any(computed(case).values()))

    look()
    assert sum(found) >= 30
