"""Workdays, opening time and business days."""

import random
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from supportportal.businesstime import BusinessCalendar, CalendarHasNoWorkday, whole_days

ROME = ZoneInfo("Europe/Rome")
CHRISTMAS = frozenset({date(2026, 12, 25), date(2027, 1, 1)})
OFFICE = BusinessCalendar(ROME, tuple((day, 540, 1020) for day in range(5)), CHRISTMAS)
DAYS = BusinessCalendar(ROME, whole_days(frozenset(range(5))), CHRISTMAS)


def rome(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ROME)


@pytest.mark.parametrize(
    ("day", "workday"),
    [
        pytest.param(date(2026, 11, 24), True, id="Tuesday"),
        pytest.param(date(2026, 11, 28), False, id="Saturday"),
        pytest.param(date(2026, 12, 25), False, id="holiday on a Friday"),
        pytest.param(date(2026, 12, 24), True, id="the day before"),
    ],
)
def test_workdays(day, workday):
    assert OFFICE.is_workday(day) is workday
    assert DAYS.is_workday(day) is workday


@pytest.mark.parametrize(
    ("closed_from", "closed_until", "workday"),
    [
        pytest.param(rome(2026, 11, 24, 0), rome(2026, 11, 25, 0), False, id="the whole day"),
        pytest.param(rome(2026, 11, 24, 9), rome(2026, 11, 24, 17), False, id="all opening hours"),
        pytest.param(rome(2026, 11, 24, 9), rome(2026, 11, 24, 16), True, id="an hour is left"),
    ],
)
def test_a_closure_that_leaves_no_opening_time_makes_no_workday(closed_from, closed_until, workday):
    calendar = BusinessCalendar(ROME, OFFICE.hours, closures=((closed_from, closed_until),))
    assert calendar.is_workday(date(2026, 11, 24)) is workday


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        pytest.param(date(2026, 11, 24), 0, date(2026, 11, 24), id="none"),
        pytest.param(date(2026, 11, 24), 3, date(2026, 11, 27), id="within the week"),
        pytest.param(date(2026, 11, 27), 1, date(2026, 11, 30), id="Friday to Monday"),
        pytest.param(date(2026, 11, 28), 1, date(2026, 11, 30), id="Saturday is day 0"),
        pytest.param(date(2026, 12, 24), 7, date(2027, 1, 6), id="over Christmas and New Year"),
    ],
)
def test_business_days_are_counted_from_the_day_after(day, count, expected):
    assert DAYS.add_business_days(day, count) == expected


@pytest.mark.parametrize(
    ("start", "allowance", "deadline"),
    [
        pytest.param(rome(2026, 11, 24, 10), 2, rome(2026, 11, 24, 12), id="the same day"),
        pytest.param(rome(2026, 11, 24, 16), 2, rome(2026, 11, 25, 10), id="over night"),
        pytest.param(rome(2026, 11, 27, 16, 30), 1, rome(2026, 11, 30, 9, 30), id="over the weekend"),
        pytest.param(rome(2026, 11, 24, 9), 8, rome(2026, 11, 24, 17), id="exactly to the end of the day"),
        pytest.param(rome(2026, 11, 28, 3), 0, rome(2026, 11, 30, 9), id="nothing, from a closed day"),
        pytest.param(rome(2026, 12, 24, 16), 2, rome(2026, 12, 28, 10), id="over a holiday and a weekend"),
        pytest.param(
            datetime(2026, 11, 24, 23, 30, tzinfo=UTC), 1, rome(2026, 11, 25, 10), id="asked in UTC, locally tomorrow"
        ),
    ],
)
def test_a_deadline_counts_opening_time_alone(start, allowance, deadline):
    assert OFFICE.deadline(start, timedelta(hours=allowance)) == deadline


@pytest.mark.parametrize(
    ("start", "deadline"),
    [
        pytest.param(rome(2027, 3, 28, 0), rome(2027, 3, 28, 5), id="forward: wall clock five hours on"),
        pytest.param(rome(2026, 10, 25, 0), rome(2026, 10, 25, 3), id="back: wall clock three hours on"),
    ],
)
def test_opening_time_is_elapsed_time_across_a_clock_change(start, deadline):
    always = BusinessCalendar(ROME, whole_days(frozenset(range(7))))
    assert always.deadline(start, timedelta(hours=4)) == deadline


def test_lunch_breaks_overlapping_hours_and_closures():
    calendar = BusinessCalendar(
        ROME,
        ((1, 540, 720), (1, 660, 750), (1, 810, 1020)),
        closures=((rome(2026, 11, 24, 14), rome(2026, 11, 24, 15)),),
    )
    assert list(islice(calendar.openings(rome(2026, 11, 24, 10)), 3)) == [
        (rome(2026, 11, 24, 10), rome(2026, 11, 24, 12, 30)),
        (rome(2026, 11, 24, 13, 30), rome(2026, 11, 24, 14)),
        (rome(2026, 11, 24, 15), rome(2026, 11, 24, 17)),
    ]


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda calendar: calendar.add_business_days(date(2026, 11, 24), 1), id="business days"),
        pytest.param(lambda calendar: calendar.deadline(rome(2026, 11, 24), timedelta(hours=1)), id="opening time"),
    ],
)
def test_a_calendar_without_a_workday_says_so(ask):
    with pytest.raises(CalendarHasNoWorkday, match="No opening time within 366 days of 2026-11-24"):
        ask(BusinessCalendar(ROME, ()))


def test_sparse_workdays_are_no_error():
    only_mondays = BusinessCalendar(ROME, whole_days(frozenset({0})))
    assert only_mondays.add_business_days(date(2026, 11, 24), 100) == date(2028, 10, 23)


def test_what_is_remembered_of_a_calendar_belongs_to_it_alone():
    day = date(2026, 12, 8)
    kept = BusinessCalendar(ROME, DAYS.hours, frozenset({day}))
    assert DAYS.is_workday(day) and not kept.is_workday(day) and DAYS.is_workday(day)
    assert kept == BusinessCalendar(ROME, DAYS.hours, frozenset({day}))


def test_a_workday_is_one_with_opening_time_whatever_the_closures():
    """The quick answer and the exact one agree, on closures that touch, cut, cover and miss the hours of a day."""
    chance = random.Random(7)
    first = rome(2026, 10, 20)
    hours = ((0, 540, 720), (0, 660, 1020), (1, 0, 1440), (2, 540, 543), (3, 120, 180), (6, 120, 180))
    for _ in range(300):
        begins = [first + timedelta(minutes=chance.randrange(14 * 1440)) for _ in range(4)]
        spans = tuple((begin, begin + timedelta(minutes=chance.choice([1, 5, 60, 600, 3000]))) for begin in begins)
        calendar = BusinessCalendar(ROME, hours, CHRISTMAS, spans)
        for day in (date(2026, 10, 20) + timedelta(days=number) for number in range(14)):
            # Straight from the exact account, which asks nothing about workdays.
            assert calendar.is_workday(day) is any(True for _opening in calendar._openings_on(day))
