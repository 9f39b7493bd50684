"""What became of a session: when each outcome is lawful, and the ways back (B-12, B-14)."""

from datetime import UTC, datetime, timedelta

import pytest

from bookings import rules
from bookings.models import Booking, Fee, Strike
from bookings.operations import outcomes, strikes
from bookings.refusals import (
    BookingRefused,
    HasOutcome,
    HeldBack,
    NoOutcome,
    NoReason,
    NotAskedToStop,
    NotLive,
    NotYet,
    TooLateToSay,
    TooLateToUndo,
    WasThere,
)
from supportportal.lattice import cell_at
from supportportal.outbox import kinds, rendering
from supportportal.outbox.models import Message
from supportportal.trail.models import Entry
from tests.factories import BookingFactory, StaffFactory

STARTS = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
TICK = timedelta(microseconds=1)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
State = Booking.State


def after(minutes=0, **more):
    return STARTS + timedelta(minutes=minutes, **more)


@pytest.fixture
def booking(cast):
    return BookingFactory(client=cast.client, agent=cast.agent, session_type=cast.session_type, starts=STARTS)


@pytest.fixture
def agent(cast):
    return cast.agent.user


def now(booking):
    return Booking.objects.get(pk=booking.pk)


def planned(booking, kind):
    rows = Message.objects.about("bookings.booking", booking.pk).filter(kind=kind)
    return list(rows.exclude(state=Message.State.VOID).values_list("due_at", flat=True))


# -- the rules ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        pytest.param(None, after(10), id="ten-minutes"),
        pytest.param(after(20), after(20), id="running-late-makes-twenty"),
        pytest.param(after(3), after(10), id="never-shorter"),
    ],
)
def test_absence_begins(late, expected):
    assert rules.absent_from(STARTS, late) == expected


@pytest.mark.parametrize(
    ("silence", "allowed"),
    [
        pytest.param(timedelta(0), False, id="at-once"),
        pytest.param(5 * MINUTE - TICK, False, id="a-microsecond-short-of-five"),
        pytest.param(5 * MINUTE, False, id="exactly-five"),
        pytest.param(5 * MINUTE + TICK, True, id="a-microsecond-more"),
    ],
)
def test_an_interruption_needs_more_than_five_minutes(silence, allowed):
    assert rules.may_interrupt(STARTS, STARTS + silence) is allowed


def test_an_interruption_needs_the_timer():
    assert rules.may_interrupt(None, STARTS) is False


@pytest.mark.parametrize(
    ("at", "allowed"),
    [
        pytest.param(after(-30) - TICK, False, id="too-early"),
        pytest.param(after(-30), True, id="half-an-hour-before"),
        pytest.param(after(10), True, id="as-the-tolerance-ends"),
        pytest.param(after(10) + TICK, False, id="after-the-tolerance"),
    ],
)
def test_running_late_can_be_said(at, allowed):
    assert rules.may_run_late(STARTS, at) is allowed


@pytest.mark.parametrize(
    ("after_the_end", "is_open"),
    [
        pytest.param(60 * MINUTE - TICK, False, id="a-microsecond-short-of-an-hour"),
        pytest.param(60 * MINUTE, True, id="exactly-an-hour"),
        pytest.param(24 * 60 * MINUTE, True, id="a-day"),
    ],
)
def test_a_session_becomes_an_open_outcome(booking, after_the_end, is_open):
    booking.refresh_from_db()
    at = booking.ends_at + after_the_end
    assert rules.is_open_outcome(booking.ends_at, at) is is_open
    assert Booking.objects.without_outcome(at).exists() is is_open


def test_a_session_with_an_outcome_is_not_open(booking, agent):
    outcomes.mark(booking, State.ATTENDED, by=agent, at=after(30))
    assert not Booking.objects.without_outcome(after(500)).exists()


# -- what is lawful when -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("late", "at", "allowed"),
    [
        pytest.param(False, after(10, seconds=-1), False, id="a-second-before-ten-minutes"),
        pytest.param(False, after(10) - TICK, False, id="a-microsecond-before"),
        pytest.param(False, after(10), True, id="exactly-ten-minutes"),
        pytest.param(True, after(10), False, id="late-ten-minutes"),
        pytest.param(True, after(20, seconds=-1), False, id="late-a-second-before-twenty"),
        pytest.param(True, after(20), True, id="late-exactly-twenty"),
    ],
)
def test_a_client_is_absent_after_the_tolerance(booking, agent, late, at, allowed):
    if late:
        outcomes.running_late(booking, at=after(-2))
    if allowed:
        assert outcomes.mark(booking, State.NO_SHOW, by=agent, at=at).state == State.NO_SHOW
        assert Strike.objects.get().first_cell == booking.first_cell
    else:
        with pytest.raises(NotYet) as refused:
            outcomes.mark(booking, State.NO_SHOW, by=agent, at=at)
        assert refused.value.from_instant == after(20 if late else 10)
        assert not Strike.objects.exists()


def test_running_late_moves_the_tolerance_once(booking):
    outcomes.running_late(booking, at=after(-5))
    outcomes.running_late(booking, at=after(9))
    assert now(booking).late_until == after(20)
    assert Entry.objects.filter(verb="session.running_late").count() == 1


@pytest.mark.parametrize("outcome", [State.ATTENDED, State.NO_SHOW, State.INTERRUPTED, State.OUR_FAULT, State.ENDED])
def test_nothing_is_recorded_before_the_start(booking, agent, outcome):
    with pytest.raises(NotYet):
        outcomes.mark(booking, outcome, by=agent, at=STARTS - TICK, asked_to_stop=True)
    assert now(booking).state == State.BOOKED


@pytest.mark.parametrize("outcome", [State.ATTENDED, State.OUR_FAULT])
def test_some_outcomes_are_lawful_from_the_start_on(booking, agent, outcome):
    assert outcomes.mark(booking, outcome, by=agent, at=STARTS).state == outcome
    assert not Strike.objects.exists()


@pytest.mark.parametrize(
    ("silence", "allowed"),
    [
        pytest.param(5 * MINUTE, False, id="exactly-five-minutes"),
        pytest.param(5 * MINUTE + TICK, True, id="a-microsecond-more"),
    ],
)
def test_a_session_is_ended_as_interrupted(booking, agent, silence, allowed):
    outcomes.dropped(booking, by=agent, at=after(7))
    if allowed:
        outcomes.mark(booking, State.INTERRUPTED, by=agent, at=after(7) + silence)
        assert planned(booking, "session_interrupted") == [after(7) + silence + 5 * MINUTE]
        assert not Strike.objects.exists()
    else:
        with pytest.raises(NotYet):
            outcomes.mark(booking, State.INTERRUPTED, by=agent, at=after(7) + silence)


def test_the_timer_starts_again_after_the_client_was_back(booking, agent):
    outcomes.dropped(booking, by=agent, at=after(5))
    outcomes.dropped(booking, by=agent, at=after(8))
    assert now(booking).dropped_at == after(5)
    outcomes.back(booking, by=agent, at=after(9))
    with pytest.raises(NotYet):
        outcomes.mark(booking, State.INTERRUPTED, by=agent, at=after(15))
    outcomes.dropped(booking, by=agent, at=after(15))
    with pytest.raises(NotYet):
        outcomes.mark(booking, State.INTERRUPTED, by=agent, at=after(20))
    assert outcomes.mark(booking, State.INTERRUPTED, by=agent, at=after(20, seconds=1)).state == State.INTERRUPTED


def test_who_was_there_is_not_absent(booking, agent):
    outcomes.start(booking, by=agent, at=after(1))
    outcomes.start(booking, by=agent, at=after(2))
    assert now(booking).started_at == after(1)
    with pytest.raises(WasThere):
        outcomes.mark(booking, State.NO_SHOW, by=agent, at=after(15))
    outcomes.take_start_back(booking, by=agent, at=after(15))
    assert outcomes.mark(booking, State.NO_SHOW, by=agent, at=after(15)).state == State.NO_SHOW


def test_an_end_for_conduct_needs_a_request_to_stop(booking, agent):
    with pytest.raises(NotAskedToStop):
        outcomes.mark(booking, State.ENDED, by=agent, at=after(12))
    outcomes.mark(booking, State.ENDED, by=agent, at=after(12), asked_to_stop=True)
    assert not Strike.objects.exists()
    assert planned(booking, "session_ended") == [after(17)]


@pytest.mark.parametrize("outcome", [State.BOOKED, State.CANCELLED, "anything"])
def test_only_outcomes_are_recorded(booking, agent, outcome):
    with pytest.raises(BookingRefused):
        outcomes.mark(booking, outcome, by=agent, at=after(12))
    assert now(booking).state == State.BOOKED


def test_a_cancelled_session_has_no_outcome(booking, agent):
    Booking.objects.filter(pk=booking.pk).update(state=State.CANCELLED, cancelled_at=after(-60))
    for act in (
        lambda: outcomes.mark(booking, State.ATTENDED, by=agent, at=after(12)),
        lambda: outcomes.start(booking, by=agent, at=after(12)),
        lambda: outcomes.running_late(booking, at=after(1)),
        lambda: outcomes.nobody_here(booking, at=after(1)),
    ):
        with pytest.raises(NotLive):
            act()


def test_the_second_one_is_told(booking, agent):
    other = StaffFactory(roles=["agent"])
    outcomes.mark(booking, State.ATTENDED, by=agent, at=after(12))
    outcomes.mark(booking, State.ATTENDED, by=agent, at=after(13))  # a second press of the same button
    with pytest.raises(HasOutcome):
        outcomes.mark(booking, State.NO_SHOW, by=other, at=after(13))
    with pytest.raises(HasOutcome):
        outcomes.dropped(booking, by=other, at=after(13))
    assert Entry.objects.filter(verb="session.outcome").count() == 1


def test_an_attended_session_owes_one_mail_with_summary_and_feedback(booking, agent):
    outcomes.mark(booking, State.ATTENDED, by=agent, at=after(29), summary="  We closed the year. ")
    assert now(booking).summary == "We closed the year."
    assert planned(booking, "session_attended") == [after(34)]
    outcomes.summarise(booking, "We closed 2026.", by=agent, at=after(34) - TICK)
    assert now(booking).summary == "We closed 2026."
    with pytest.raises(BookingRefused, match="already been sent"):
        outcomes.summarise(booking, "Something else", by=agent, at=after(34))


def test_a_failure_on_our_side_owes_an_apology_and_no_strike(booking, agent):
    outcomes.mark(booking, State.OUR_FAULT, by=agent, at=after(15))
    assert planned(booking, "session_our_fault") == [after(20)]
    assert not Strike.objects.exists()


# -- undo and correction -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("later", "allowed"),
    [
        pytest.param(timedelta(0), True, id="at-once"),
        pytest.param(5 * MINUTE, True, id="exactly-five-minutes"),
        pytest.param(5 * MINUTE + TICK, False, id="a-microsecond-more"),
    ],
)
def test_an_outcome_can_be_undone_for_five_minutes(booking, agent, later, allowed):
    outcomes.mark(booking, State.NO_SHOW, by=agent, at=after(10))
    assert strikes.standing(booking.client, after(10)).level == 1
    if not allowed:
        with pytest.raises(TooLateToUndo):
            outcomes.undo(booking, by=agent, at=after(10) + later)
        assert strikes.standing(booking.client, after(16)).level == 1
        return
    outcomes.undo(booking, by=agent, at=after(10) + later)
    assert now(booking).state == State.BOOKED
    assert now(booking).outcome_at is None
    assert strikes.standing(booking.client, after(16)).level == 0
    assert Strike.objects.get().taken_back == Strike.TakenBack.UNDONE
    assert reason_to_skip(Message.objects.get(kind="strike_warning"))


def reason_to_skip(message):
    return kinds.get(message.kind).is_due(message, rendering.load_subjects([message])[message.pk])


def test_undo_takes_the_message_with_it_and_the_outcome_can_be_recorded_anew(booking, agent):
    outcomes.mark(booking, State.ATTENDED, by=agent, at=after(10), summary="Wrong session")
    outcomes.undo(booking, by=agent, at=after(12))
    assert planned(booking, "session_attended") == []
    assert now(booking).summary == ""
    outcomes.mark(booking, State.ATTENDED, by=agent, at=after(30))
    assert planned(booking, "session_attended") == [after(35)]


def test_there_is_nothing_to_undo_without_an_outcome(booking, agent):
    with pytest.raises(NoOutcome):
        outcomes.undo(booking, by=agent, at=after(12))


def test_a_correction_takes_strike_and_fee_back(booking, agent, cast):
    Strike.objects.create(
        booking=BookingFactory(client=cast.client, agent=cast.agent, starts=STARTS - timedelta(days=30)),
        client=cast.client,
        cause=Strike.Cause.NO_SHOW,
        first_cell=cell_at(STARTS - timedelta(days=30)),
        day=(STARTS - timedelta(days=30)).date(),
        recorded_at=STARTS - timedelta(days=30),
        final_at=STARTS - timedelta(days=30),
    )
    coming = BookingFactory(client=cast.client, agent=cast.agent, starts=STARTS + timedelta(days=7))
    outcomes.mark(booking, State.NO_SHOW, by=agent, at=after(12))
    assert strikes.standing(booking.client, after(12)).level == 2
    assert Fee.objects.get(booking=coming).state == Fee.State.ASKED
    manager = StaffFactory(roles=["manager"])
    outcomes.correct(booking, State.ATTENDED, reason="He sat in the other room.", by=manager, at=after(3000))
    kept = now(booking)
    assert (kept.state, kept.outcome_reason, kept.outcome_by) == (State.ATTENDED, "He sat in the other room.", manager)
    assert strikes.standing(booking.client, after(3000)).level == 1
    assert Strike.objects.get(booking=booking).taken_back == Strike.TakenBack.CORRECTED
    assert Fee.objects.get(booking=coming).state == Fee.State.LAPSED
    assert Entry.objects.get(verb="session.outcome_corrected").by_id == manager.pk


def test_a_correction_needs_a_reason_and_an_outcome(booking, agent):
    with pytest.raises(NoOutcome):
        outcomes.correct(booking, State.ATTENDED, reason="because", by=agent, at=after(40))
    outcomes.mark(booking, State.ATTENDED, by=agent, at=after(12))
    with pytest.raises(NoReason):
        outcomes.correct(booking, State.NO_SHOW, reason="  ", by=agent, at=after(40))


@pytest.mark.parametrize(
    ("outcome", "at", "refusal"),
    [
        pytest.param(State.NO_SHOW, after(9), NotYet, id="absent-before-the-tolerance-is-over"),
        pytest.param(State.INTERRUPTED, after(5), NotYet, id="interrupted-within-five-minutes"),
        pytest.param(State.ENDED, after(9), NotAskedToStop, id="conduct-without-a-request"),
        pytest.param(State.BOOKED, after(9), BookingRefused, id="no-outcome"),
    ],
)
def test_a_correction_opens_no_back_door(booking, agent, outcome, at, refusal):
    outcomes.mark(booking, State.ATTENDED, by=agent, at=after(1))
    with pytest.raises(refusal):
        outcomes.correct(booking, outcome, reason="pressed the wrong one", by=agent, at=at)
    assert now(booking).state == State.ATTENDED


def test_a_correction_is_not_undone_but_corrected(booking, agent):
    outcomes.mark(booking, State.ATTENDED, by=agent, at=after(12))
    outcomes.correct(booking, State.NO_SHOW, reason="wrong row", by=agent, at=after(40))
    assert strikes.standing(booking.client, after(40)).level == 1
    with pytest.raises(TooLateToUndo):
        outcomes.undo(booking, by=agent, at=after(41))
    outcomes.correct(booking, State.ATTENDED, reason="right row after all", by=agent, at=after(42))
    assert strikes.standing(booking.client, after(42)).level == 0
    assert planned(booking, "session_attended") == [after(47)]


# -- "Nobody here?" ----------------------------------------------------------------------------------------------------


def test_nobody_here_holds_an_absence_back_until_someone_else_has_looked(booking, agent):
    with pytest.raises(NotYet):
        outcomes.nobody_here(booking, at=STARTS - TICK)
    outcomes.nobody_here(booking, at=after(6))
    with pytest.raises(HeldBack):
        outcomes.mark(booking, State.NO_SHOW, by=agent, at=after(12))
    with pytest.raises(BookingRefused, match="other than"):
        outcomes.looked(booking, by=agent, at=after(12))
    outcomes.looked(booking, by=StaffFactory(roles=["agent"]), at=after(14))
    assert outcomes.mark(booking, State.NO_SHOW, by=agent, at=after(14)).state == State.NO_SHOW


def test_nobody_here_also_bars_a_correction_to_absence(booking, agent):
    outcomes.nobody_here(booking, at=after(6))
    outcomes.mark(booking, State.OUR_FAULT, by=agent, at=after(12))
    with pytest.raises(HeldBack):
        outcomes.correct(booking, State.NO_SHOW, reason="nobody came", by=agent, at=after(40))


@pytest.mark.parametrize(
    ("at", "taken_back"),
    [
        pytest.param(after(15), True, id="while-it-can-be-undone"),
        pytest.param(after(15) + TICK, False, id="once-it-is-final"),
    ],
)
def test_an_absence_just_recorded_is_taken_back(booking, agent, at, taken_back):
    outcomes.mark(booking, State.NO_SHOW, by=agent, at=after(10))
    if taken_back:
        outcomes.nobody_here(booking, at=at)
        assert now(booking).is_held_back
        assert strikes.standing(booking.client, at).level == 0
    else:
        with pytest.raises(TooLateToSay):
            outcomes.nobody_here(booking, at=at)
        assert strikes.standing(booking.client, at).level == 1


def test_nobody_here_is_over_with_the_session(booking):
    with pytest.raises(TooLateToSay):
        outcomes.nobody_here(booking, at=after(30))


def test_notes_are_kept_for_the_team(booking, agent):
    outcomes.write_notes(booking, " Uses the old export. ", by=agent, at=after(-60))
    assert now(booking).notes == "Uses the old export."
    assert Entry.objects.get(verb="session.noted").facts == {}
