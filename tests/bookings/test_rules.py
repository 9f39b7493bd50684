"""Notice and reminders as tables of edges (B-5, B-6, B-7, B-10)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings import rules

NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)
ROME = ZoneInfo("Europe/Rome")
LONDON = ZoneInfo("Europe/London")
SECOND = timedelta(seconds=1)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


@pytest.mark.parametrize(
    ("notice", "free"),
    [
        pytest.param(hours(24) + SECOND, True, id="one second more"),
        pytest.param(hours(24), True, id="exactly 24 hours"),
        pytest.param(hours(24) - SECOND, False, id="one second less"),
        pytest.param(timedelta(0), False, id="at the start"),
        pytest.param(-SECOND, False, id="after the start"),
    ],
)
def test_a_change_is_free_until_24_hours_before(notice, free):
    assert rules.is_free_to_change(NOON + notice, NOON) is free


@pytest.mark.parametrize(
    ("starts_at", "day_before", "free"),
    [
        pytest.param(
            datetime(2026, 3, 29, 12, tzinfo=LONDON), datetime(2026, 3, 28, 12, tzinfo=LONDON), False, id="clocks go on"
        ),
        pytest.param(
            datetime(2026, 3, 29, 12, tzinfo=LONDON), datetime(2026, 3, 28, 11, tzinfo=LONDON), True, id="and an hour"
        ),
        pytest.param(
            datetime(2026, 10, 25, 12, tzinfo=ROME), datetime(2026, 10, 24, 13, tzinfo=ROME), True, id="clocks go back"
        ),
        pytest.param(
            datetime(2026, 10, 25, 2, 30, tzinfo=ROME, fold=1),
            datetime(2026, 10, 24, 2, 30, tzinfo=ROME),
            True,
            id="the second half past two",
        ),
    ],
)
def test_notice_is_counted_in_elapsed_hours(starts_at, day_before, free):
    assert rules.is_free_to_change(starts_at, day_before) is free


def test_free_until_is_the_last_free_instant():
    limit = rules.free_until(NOON)
    assert rules.is_free_to_change(NOON, limit)
    assert not rules.is_free_to_change(NOON, limit + timedelta(microseconds=1))


ALL = ["reminder_2d", "reminder_24h", "reminder_1h", "reminder_30m"]


@pytest.mark.parametrize(
    ("ahead", "kinds"),
    [
        pytest.param(timedelta(days=9), ALL, id="days ahead"),
        pytest.param(hours(48), ALL, id="exactly 48 hours"),
        pytest.param(hours(48) - SECOND, ALL[1:], id="one second less than 48 hours"),
        pytest.param(hours(24), ALL[1:], id="exactly 24 hours"),
        pytest.param(hours(24) - SECOND, ALL[2:], id="one second less than 24 hours"),
        pytest.param(hours(1), ALL[2:], id="exactly one hour"),
        pytest.param(hours(1) - SECOND, ALL[3:], id="one second less than an hour"),
        pytest.param(hours(0.5), ALL[3:], id="exactly 30 minutes"),
        pytest.param(hours(0.5) - SECOND, [], id="one second less than 30 minutes"),
        pytest.param(timedelta(0), [], id="at the start"),
        pytest.param(-hours(1), [], id="booked after the start"),
    ],
)
def test_no_reminder_for_a_time_that_was_past_when_booked(ahead, kinds):
    assert [one.kind for one in rules.plan_reminders(NOON, NOON - ahead)] == kinds


def test_each_reminder_is_useful_until_the_next_one_is_due():
    planned = {one.kind: one for one in rules.plan_reminders(NOON, NOON - timedelta(days=9))}
    assert {kind: (NOON - one.due_at, NOON - one.useful_until, one.channel) for kind, one in planned.items()} == {
        "reminder_2d": (hours(48), hours(24), "email"),
        "reminder_24h": (hours(24), hours(1), "email"),
        "reminder_1h": (hours(1), hours(0), "email"),
        "reminder_30m": (hours(0.5), hours(0), "sms"),
    }


def test_two_days_are_48_elapsed_hours_across_a_clock_change():
    # Rome's clocks went back on 25 October 2026: wall clocks say 11:00 two days before.
    start = datetime(2026, 10, 26, 10, tzinfo=ROME)
    first = next(rules.plan_reminders(start, start - timedelta(days=9)))
    assert first.due_at.astimezone(ROME) == datetime(2026, 10, 24, 11, tzinfo=ROME)


near_changes = st.sampled_from(
    [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2026, 4, 4, 16, tzinfo=UTC)]
).flatmap(lambda change: st.timedeltas(hours(-60), hours(60)).map(lambda away: change + away))
zones = st.sampled_from(["UTC", "Europe/Rome", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu"])


@given(start=near_changes, ahead=st.timedeltas(hours(-1), hours(60)), zone=zones.map(ZoneInfo))
def test_email_reminders_never_overlap_whatever_the_zone(start, ahead, zone):
    planned = list(rules.plan_reminders(start.astimezone(zone), (start - ahead).astimezone(zone)))
    assert planned == list(rules.plan_reminders(start, start - ahead))
    mails = [one for one in planned if one.channel == "email"]
    assert all(one.useful_until <= later.due_at for one, later in pairwise(mails))
    assert all(start - ahead <= one.due_at < one.useful_until <= start for one in planned)
