"""Two people press at once: one outcome, one strike, and the second one is told (B-12)."""

from datetime import UTC, datetime, timedelta

import pytest

from bookings import operations
from bookings.models import Booking, Strike
from bookings.operations import outcomes
from bookings.refusals import BookingRefused
from supportportal.lattice import cell_at
from supportportal.trail.models import Entry

from ..factories import AgentFactory, BookingFactory, ClientFactory, StaffFactory
from .crowd import PATIENCE, run_crowd

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 12
STARTS = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
LATE = STARTS + timedelta(minutes=15)
State = Booking.State


@pytest.fixture
def sessions():
    agent, client = AgentFactory(), ClientFactory()
    return [
        BookingFactory(agent=agent, client=client, starts=STARTS - timedelta(hours=number)) for number in range(ROUNDS)
    ]


def raced(sessions, acts):
    """Each round, all ``acts`` start together on that round's session; gives what each said, round by round."""

    def act(rival, barrier):
        said = []
        for booking in sessions:
            barrier.wait(PATIENCE)
            try:
                acts[rival](booking)
                said.append("done")
            except BookingRefused as refusal:
                said.append(refusal.code)
        return rival, said

    results = dict(run_crowd(act, processes=len(acts), threads=1))
    return list(zip(*(results[rival] for rival in range(len(acts))), strict=True))


def test_two_agents_mark_one_session(sessions):
    people = [StaffFactory(roles=["agent"]) for _number in range(2)]

    def marks(outcome, by):
        return lambda booking: outcomes.mark(booking, outcome, by=by, at=LATE)

    rounds = raced(sessions, [marks(State.ATTENDED, people[0]), marks(State.NO_SHOW, people[1])])
    assert all(sorted(said) == ["done", "has_outcome"] for said in rounds), rounds
    assert Entry.objects.filter(verb="session.outcome").count() == ROUNDS
    missed = Booking.objects.filter(state=State.NO_SHOW)
    assert set(Strike.objects.counting().values_list("booking", flat=True)) == set(missed.values_list("pk", flat=True))


def test_the_same_press_twice_is_one_strike(sessions):
    agent = sessions[0].agent.user

    def mark(booking):
        outcomes.mark(booking, State.NO_SHOW, by=agent, at=LATE)

    rounds = raced(sessions, [mark, mark])
    assert all(said == ("done", "done") for said in rounds), rounds
    assert Strike.objects.counting().count() == ROUNDS
    assert Entry.objects.filter(verb="session.outcome").count() == ROUNDS


def test_cancelling_as_it_starts_against_the_outcome(sessions):
    """The client's press arrives a moment before the start, the agent's just after it: one of the two holds."""
    agent = sessions[0].agent.user

    def cancel(booking):
        at = booking.starts_at - timedelta(seconds=1)
        operations.cancel(booking, reason="solved", by=booking.client, at=at)

    def attend(booking):
        outcomes.mark(booking, State.ATTENDED, by=agent, at=booking.starts_at)

    for booking in sessions:
        booking.refresh_from_db()
        assert booking.first_cell == cell_at(booking.starts_at)
    rounds = raced(sessions, [cancel, attend])
    assert all(sorted(said) in (["done", "not_live"], ["done", "started"]) for said in rounds), rounds
    for booking, said in zip(sessions, rounds, strict=True):
        expected = State.CANCELLED if said[0] == "done" else State.ATTENDED
        assert Booking.objects.get(pk=booking.pk).state == expected
    late = Booking.objects.filter(state=State.CANCELLED).count()
    assert Strike.objects.counting().count() == late


def test_undo_against_nobody_here_takes_a_strike_back_once(sessions):
    agent = sessions[0].agent.user
    for booking in sessions:
        outcomes.mark(booking, State.NO_SHOW, by=agent, at=booking.starts_at + timedelta(minutes=12))

    def undo(booking):
        outcomes.undo(booking, by=agent, at=booking.starts_at + timedelta(minutes=13))

    def nobody(booking):
        outcomes.nobody_here(booking, at=booking.starts_at + timedelta(minutes=13))

    rounds = raced([Booking.objects.get(pk=one.pk) for one in sessions], [undo, nobody])
    assert all(said[1] == "done" and said[0] in {"done", "no_outcome"} for said in rounds), rounds
    assert not Strike.objects.counting().exists()
    assert not Booking.objects.exclude(state=State.BOOKED).exists()
