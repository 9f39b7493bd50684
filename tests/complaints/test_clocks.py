"""The clocks as they run: started, stopped by what really happened, reopened, never paused; and what was told stays."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bookings.models import Closure, Holiday
from complaints.models import Complaint, Deadline
from complaints.operations import clocks, letters
from tests.factories import MONDAY_TEN, ClosureFactory
from tests.factories_complaints import ComplaintFactory, SchemeFactory

pytestmark = pytest.mark.usefixtures("italy")
Step, Outcome = Deadline.Step, Deadline.Outcome
HOUR, MICROSECOND = timedelta(hours=1), timedelta(microseconds=1)
ACKNOWLEDGE_DUE = MONDAY_TEN + timedelta(hours=24)


@pytest.fixture
def complaint():
    """Monday 23 November 2026, 11:00 in Rome."""
    return ComplaintFactory()


def clock(complaint, step):
    return Deadline.objects.get(complaint=complaint, step=step)


def day(complaint, step):
    return clock(complaint, step).day


def at_end_of(day):
    """24:00 in Rome, in winter."""
    return datetime(day.year, day.month, day.day, 23, tzinfo=UTC)


# -- start and stop ----------------------------------------------------------------------------------------------------


def test_three_clocks_run_from_arrival_on(complaint):
    acknowledge, update, respond = (clock(complaint, step) for step in (Step.ACKNOWLEDGE, Step.UPDATE, Step.RESPOND))
    assert (acknowledge.due_at, acknowledge.is_projected) == (ACKNOWLEDGE_DUE, False)
    assert (update.day, update.is_projected) == (date(2026, 11, 27), True)
    assert (respond.day, respond.is_projected) == (date(2026, 12, 9), True)
    assert {row.outcome for row in (acknowledge, update, respond)} == {Outcome.RUNNING}


def test_a_deadline_tells_its_days(complaint):
    assert clock(complaint, Step.UPDATE).explanation == [
        ["2026-11-25", 1, ""],
        ["2026-11-26", 2, ""],
        ["2026-11-27", 3, ""],
    ]


def test_the_ombudsmans_clock_runs_where_a_scheme_is_set():
    SchemeFactory()
    assert day(ComplaintFactory(), Step.OMBUDSMAN) == date(2027, 1, 4)


@pytest.mark.parametrize(
    ("late", "outcome"),
    [
        pytest.param(-HOUR, Outcome.MET, id="before"),
        pytest.param(timedelta(0), Outcome.MET, id="exactly then is on time"),
        pytest.param(MICROSECOND, Outcome.LATE, id="one microsecond after"),
    ],
)
def test_a_clock_stops_with_what_happened(complaint, late, outcome):
    clocks.happened(complaint, Step.ACKNOWLEDGE, when=ACKNOWLEDGE_DUE + late)
    row = clock(complaint, Step.ACKNOWLEDGE)
    assert (row.outcome, row.met_at, row.look_at) == (outcome, ACKNOWLEDGE_DUE + late, None)


@pytest.mark.parametrize(
    ("late", "outcome"),
    [
        pytest.param(timedelta(0), Outcome.MET, id="at midnight"),
        pytest.param(MICROSECOND, Outcome.LATE, id="one microsecond after midnight"),
    ],
)
def test_a_day_lasts_until_midnight_at_the_desk(complaint, late, outcome):
    clocks.happened(complaint, Step.UPDATE, when=at_end_of(date(2026, 11, 27)) + late)
    assert clock(complaint, Step.UPDATE).outcome == outcome


def test_what_happens_twice_happened_the_first_time(complaint):
    clocks.happened(complaint, Step.ACKNOWLEDGE, when=MONDAY_TEN + HOUR)
    clocks.happened(complaint, Step.ACKNOWLEDGE, when=MONDAY_TEN + 2 * HOUR)
    assert clock(complaint, Step.ACKNOWLEDGE).met_at == MONDAY_TEN + HOUR


# -- projections -------------------------------------------------------------------------------------------------------


def test_a_projection_binds_until_the_step_happens(complaint):
    clocks.happened(complaint, Step.ACKNOWLEDGE, when=MONDAY_TEN + HOUR)
    assert (day(complaint, Step.UPDATE), clock(complaint, Step.UPDATE).is_projected) == (date(2026, 11, 26), False)
    assert (day(complaint, Step.RESPOND), clock(complaint, Step.RESPOND).is_projected) == (date(2026, 12, 7), True)


def test_an_update_that_goes_without_the_first_reply_is_measured_against_its_projection(complaint):
    clocks.happened(complaint, Step.UPDATE, when=at_end_of(date(2026, 11, 27)) + HOUR)
    assert clock(complaint, Step.UPDATE).outcome == Outcome.LATE


def test_a_late_first_reply_moves_what_follows(complaint):
    clocks.happened(complaint, Step.ACKNOWLEDGE, when=ACKNOWLEDGE_DUE + timedelta(days=2))
    assert clock(complaint, Step.ACKNOWLEDGE).outcome == Outcome.LATE
    assert day(complaint, Step.UPDATE) == date(2026, 12, 1)


def test_an_early_update_moves_the_response(complaint):
    clocks.happened(complaint, Step.ACKNOWLEDGE, when=MONDAY_TEN)
    clocks.happened(complaint, Step.UPDATE, when=MONDAY_TEN + HOUR)
    assert (day(complaint, Step.RESPOND), clock(complaint, Step.RESPOND).is_projected) == (date(2026, 12, 2), False)


def test_a_second_update_moves_nothing(complaint):
    clocks.happened(complaint, Step.UPDATE, when=MONDAY_TEN + HOUR)
    clocks.happened(complaint, Step.UPDATE, when=MONDAY_TEN + timedelta(days=3))
    assert day(complaint, Step.RESPOND) == date(2026, 12, 2)


def test_a_response_before_any_update_supersedes_it(complaint):
    clocks.happened(complaint, Step.RESPOND, when=at_end_of(date(2026, 12, 9)))
    assert clock(complaint, Step.UPDATE).outcome == Outcome.SUPERSEDED
    assert clock(complaint, Step.RESPOND).outcome == Outcome.MET


def test_a_superseded_update_starts_no_count():
    """The response came back, and the first reply went only then: nothing is counted from an update that never was."""
    complaint = ComplaintFactory()
    before = day(complaint, Step.RESPOND)
    clocks.happened(complaint, Step.RESPOND, when=MONDAY_TEN + HOUR)
    clocks.reopen(complaint, Step.RESPOND, at=MONDAY_TEN + 2 * HOUR)
    clocks.happened(complaint, Step.ACKNOWLEDGE, when=ACKNOWLEDGE_DUE)
    assert day(complaint, Step.RESPOND) == before


# -- never paused, never restarted -------------------------------------------------------------------------------------


def acknowledgement(complaint):
    return complaint.letters.get(kind="acknowledgement", way="email")


def test_a_bounce_reopens_the_clock_and_leaves_what_was_set():
    complaint = ComplaintFactory(postal_address="Via Roma 1, Torino")
    letters.has_gone(acknowledgement(complaint), when=MONDAY_TEN + HOUR)
    letters.has_failed(acknowledgement(complaint), at=MONDAY_TEN + 2 * HOUR)
    row = clock(complaint, Step.ACKNOWLEDGE)
    assert (row.outcome, row.due_at, row.met_at) == (Outcome.RUNNING, ACKNOWLEDGE_DUE, None)
    assert row.look_at is not None
    assert (day(complaint, Step.UPDATE), clock(complaint, Step.UPDATE).is_projected) == (date(2026, 11, 26), False)


def test_the_letter_after_a_bounce_moves_nothing_but_its_own_clock():
    complaint = ComplaintFactory(postal_address="Via Roma 1, Torino")
    letters.has_gone(acknowledgement(complaint), when=MONDAY_TEN + HOUR)
    letters.has_failed(acknowledgement(complaint), at=MONDAY_TEN + 2 * HOUR)
    told = clock(complaint, Step.UPDATE).told_at
    clocks.happened(complaint, Step.ACKNOWLEDGE, when=MONDAY_TEN + timedelta(days=3))
    assert clock(complaint, Step.ACKNOWLEDGE).outcome == Outcome.LATE
    assert (day(complaint, Step.UPDATE), day(complaint, Step.RESPOND)) == (date(2026, 11, 26), date(2026, 12, 7))
    assert clock(complaint, Step.UPDATE).told_at == told == clock(complaint, Step.UPDATE).due_at


def test_a_clock_that_was_closed_goes_on_to_the_same_time(complaint):
    before = clock(complaint, Step.RESPOND).due_at
    clocks.close(complaint)
    assert not complaint.deadlines.running().exists()
    clocks.resume(complaint, Step.RESPOND)
    row = clock(complaint, Step.RESPOND)
    assert (row.outcome, row.due_at) == (Outcome.RUNNING, before)
    assert row.look_at is not None


def test_an_appeal_has_a_clock_of_its_own(complaint):
    row = clocks.start_appeal(complaint, lodged_at=datetime(2026, 12, 23, 9, tzinfo=UTC))
    assert (row.day, row.is_projected) == (date(2027, 1, 11), False)


# -- what was told -----------------------------------------------------------------------------------------------------


@pytest.fixture
def told(complaint):
    """The first reply has gone within the minute: the answer is promised by 7 December."""
    letters.has_gone(acknowledgement(complaint), when=MONDAY_TEN + timedelta(minutes=1))
    assert day(complaint, Step.RESPOND) == date(2026, 12, 7)
    return complaint


def test_the_first_letter_tells_both_dates(told):
    for step in (Step.UPDATE, Step.RESPOND):
        row = clock(told, step)
        assert row.told_at == row.due_at


def a_new_holiday(day):
    Holiday.objects.create(country="IT", day=day, name="New")


def test_no_new_holiday_moves_the_response_behind_what_was_told(told):
    a_new_holiday(date(2026, 12, 1))
    clocks.happened(told, Step.UPDATE, when=at_end_of(date(2026, 11, 26)))
    assert day(told, Step.RESPOND) == date(2026, 12, 7)


def test_what_was_told_holds_through_every_recount(complaint):
    a_new_holiday(date(2026, 12, 1))  # after the letter was written, before it was handed over
    letters.has_gone(acknowledgement(complaint), when=MONDAY_TEN + timedelta(minutes=1))
    clocks.happened(complaint, Step.UPDATE, when=at_end_of(date(2026, 11, 26)))
    assert day(complaint, Step.RESPOND) == date(2026, 12, 7)


def test_the_next_letter_tells_what_holds(told):
    a_new_holiday(date(2026, 12, 1))
    letters.send_new(told, "update", by=None, at=at_end_of(date(2026, 11, 26)) - HOUR)
    assert clock(told, Step.RESPOND).told_at == at_end_of(date(2026, 12, 7))


def test_a_late_update_moves_the_response_by_its_own_lateness(told):
    clocks.happened(told, Step.UPDATE, when=at_end_of(date(2026, 11, 26)) + HOUR)
    assert day(told, Step.RESPOND) == date(2026, 12, 9)


def test_a_holiday_that_falls_away_lets_the_response_come_sooner(told):
    Holiday.objects.filter(day=date(2026, 12, 8)).delete()
    clocks.happened(told, Step.UPDATE, when=at_end_of(date(2026, 11, 26)) + HOUR)
    assert day(told, Step.RESPOND) == date(2026, 12, 8)


# -- a calendar that cannot say ----------------------------------------------------------------------------------------


def no_workday():
    ClosureFactory(starts_at=datetime(2026, 1, 1, tzinfo=UTC), ends_at=datetime(2029, 1, 1, tzinfo=UTC))


def test_a_calendar_without_a_workday_blocks_no_complaint():
    no_workday()
    complaint = ComplaintFactory()
    assert complaint.state == Complaint.State.OPEN
    assert clock(complaint, Step.ACKNOWLEDGE).due_at == ACKNOWLEDGE_DUE
    for step in (Step.UPDATE, Step.RESPOND):
        row = clock(complaint, step)
        assert (row.due_at, row.look_at) == (None, None)
        assert "no working day" in row.fault


@pytest.mark.parametrize(
    "ends_at",
    [
        pytest.param(datetime(9999, 12, 31, 23, 59, tzinfo=UTC), id="a closure without end"),
        pytest.param(datetime(2100, 1, 1, tzinfo=UTC), id="a century too long"),
    ],
)
def test_a_mistyped_closure_blocks_no_complaint(ends_at):
    ClosureFactory(starts_at=datetime(1, 1, 2, tzinfo=UTC), ends_at=ends_at)
    assert clock(ComplaintFactory(), Step.UPDATE).fault


def test_every_day_a_holiday_blocks_no_complaint():
    Holiday.objects.bulk_create(
        [Holiday(country="IT", day=date(2026, 11, 1) + timedelta(days=n), name="Off") for n in range(800)],
        ignore_conflicts=True,
    )
    assert clock(ComplaintFactory(), Step.RESPOND).fault


def test_letters_leave_though_the_calendar_broke_in_between(complaint):
    no_workday()
    letters.has_gone(acknowledgement(complaint), when=MONDAY_TEN + HOUR)
    letter = letters.send_new(complaint, "update", by=None, at=MONDAY_TEN + 2 * HOUR)
    assert letter.state == "leaving"
    assert clock(complaint, Step.UPDATE).fault


def test_a_step_that_happened_clears_the_fault_of_what_follows():
    no_workday()
    complaint = ComplaintFactory()
    Closure.objects.all().delete()
    clocks.happened(complaint, Step.UPDATE, when=MONDAY_TEN + HOUR)
    row = clock(complaint, Step.RESPOND)
    assert (row.day, row.fault) == (date(2026, 12, 2), "")
