"""When the next call can come, and when agents have tried often enough (B-16)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bookings.rules import DEFAULT, Policy, calling
from supportportal.businesstime import BusinessCalendar, CalendarHasNoWorkday

ROME = ZoneInfo("Europe/Rome")
DESK = BusinessCalendar(ROME, DEFAULT.desk_hours)


def rome(day: int, clock: str, month: int = 11) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, month, day, hour, minute, tzinfo=ROME)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        pytest.param(rome(23, "08:30"), True, id="Monday, the first minute"),
        pytest.param(rome(23, "08:30") - timedelta(seconds=1), False, id="a second before"),
        pytest.param(rome(26, "17:30") - timedelta(seconds=1), True, id="Thursday, the last second"),
        pytest.param(rome(26, "17:30"), False, id="Thursday, closed"),
        pytest.param(rome(27, "11:59"), True, id="Friday before noon"),
        pytest.param(rome(27, "12:00"), False, id="Friday noon"),
        pytest.param(rome(28, "10:00"), False, id="Saturday"),
    ],
)
def test_agents_call_in_the_hours_of_the_desk(at, is_open):
    assert calling.is_open(DESK, at) is is_open


@pytest.mark.parametrize(
    ("at", "part", "opens", "closes"),
    [
        pytest.param(rome(23, "10:15"), "any", rome(23, "10:15"), rome(23, "17:30"), id="now"),
        pytest.param(rome(23, "17:30"), "any", rome(24, "08:30"), rome(24, "17:30"), id="at closing time"),
        pytest.param(rome(27, "12:00"), "any", rome(30, "08:30"), rome(30, "17:30"), id="over the weekend"),
        pytest.param(rome(22, "01:00"), "any", rome(23, "08:30"), rome(23, "17:30"), id="on a Sunday night"),
        pytest.param(rome(23, "10:15"), "morning", rome(23, "10:15"), rome(23, "12:00"), id="this morning"),
        pytest.param(rome(23, "12:00"), "morning", rome(24, "08:30"), rome(24, "12:00"), id="mornings begin tomorrow"),
        pytest.param(rome(23, "10:15"), "afternoon", rome(23, "12:00"), rome(23, "17:30"), id="this afternoon"),
        pytest.param(rome(27, "09:00"), "afternoon", rome(30, "12:00"), rome(30, "17:30"), id="no afternoon on Friday"),
    ],
)
def test_the_next_call(at, part, opens, closes):
    assert calling.next_call(DESK, at, part) == (opens, closes)


def test_holidays_and_closures_move_the_next_call():
    closed = ((rome(24, "00:00").astimezone(UTC), rome(24, "10:00").astimezone(UTC)),)
    desk = BusinessCalendar(ROME, DEFAULT.desk_hours, frozenset({date(2026, 11, 23)}), closed)
    assert calling.next_call(desk, rome(22, "12:00"))[0] == rome(24, "10:00")


def test_the_desk_keeps_its_wall_clock_when_clocks_change():
    # Rome leaves summer time on Sunday 25 October 2026: 08:30 is 06:30 UTC on Friday, 07:30 UTC on Monday.
    friday, monday = rome(23, "08:00", month=10), rome(24, "12:00", month=10)
    assert calling.next_call(DESK, friday)[0] == datetime(2026, 10, 23, 6, 30, tzinfo=UTC)
    assert calling.next_call(DESK, monday)[0] == datetime(2026, 10, 26, 7, 30, tzinfo=UTC)


def test_a_part_of_the_day_that_never_opens_is_let_go():
    mornings = BusinessCalendar(ROME, ((0, 540, 660),))
    assert calling.next_call(mornings, rome(23, "08:00"), "afternoon") == (rome(23, "09:00"), rome(23, "11:00"))


def test_a_desk_that_never_opens_says_so():
    with pytest.raises(CalendarHasNoWorkday):
        calling.next_call(BusinessCalendar(ROME, ()), rome(23, "08:00"))


@pytest.mark.parametrize(
    ("results", "unreached"),
    [
        pytest.param([], False, id="none"),
        pytest.param(["unanswered"] * 2, False, id="two"),
        pytest.param(["unanswered"] * 3, True, id="three"),
        pytest.param(["unanswered", "answered", "unanswered"], False, id="answered in between"),
        pytest.param(["unanswered", "answered", "unanswered", "unanswered"], True, id="three in all"),
    ],
)
def test_after_three_unanswered_calls_the_client_is_told(results, unreached):
    assert calling.is_unreached(results) is unreached


def test_the_number_of_attempts_is_a_setting():
    assert calling.is_unreached(["unanswered"], Policy(call_attempts=1))
