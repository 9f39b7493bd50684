"""Two at once: one strike, one fee, and the second is told what happened."""

from datetime import UTC, datetime, timedelta

import pytest

from bookings import operations
from bookings.models import Booking, Fee, Strike
from bookings.operations.unanswered import cancel_unanswered
from bookings.refusals import BookingRefused
from supportportal.lattice import cell_at
from tests.factories import (
    AgentFactory,
    BookingFactory,
    ClientFactory,
    SessionTypeFactory,
    StaffFactory,
    StrikeFactory,
)
from tests.support.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)
START = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
NOW = START - timedelta(hours=3)


@pytest.fixture
def client_of_agent():
    client = ClientFactory()
    session_type = SessionTypeFactory(plans=[client.account.plan])
    agent = AgentFactory(session_types=[session_type], office_hours=True)
    return client, agent, session_type


def new_booking(cast, start=START):
    client, agent, session_type = cast
    return BookingFactory(client=client, agent=agent, session_type=session_type, starts=start)


@pytest.mark.parametrize("round_number", range(5))
def test_two_late_cancellations_are_one_strike(client_of_agent, round_number):
    booking = new_booking(client_of_agent)

    def cancel():
        return operations.cancel(Booking.objects.get(pk=booking.pk), reason="solved", by=None, at=NOW)

    at_once(cancel, cancel, cancel)
    assert Strike.objects.count() == 1


@pytest.mark.parametrize("round_number", range(5))
def test_two_late_moves_are_judged_one_after_the_other(client_of_agent, round_number):
    """The second would be the second strike: it needs a fee, which nobody accepted, and is refused."""
    booking = new_booking(client_of_agent)

    def move(days):
        stale = Booking.objects.get(pk=booking.pk)
        hours = timedelta(hours=days)
        return lambda: operations.move(stale, first_cell=cell_at(START + hours), by=booking.client, at=NOW)

    found = at_once(move(1), move(2))
    refused = [one for one in found if isinstance(one, BookingRefused)]
    assert (Strike.objects.count(), len(refused), Fee.objects.count()) == (1, 1, 0)


@pytest.mark.parametrize("round_number", range(5))
def test_a_cancellation_and_a_no_show_are_one_strike(client_of_agent, round_number):
    booking, agent = new_booking(client_of_agent), StaffFactory()

    def cancel():
        return operations.cancel(
            Booking.objects.get(pk=booking.pk),
            reason="solved",
            by=agent,
            at=START + timedelta(minutes=11),
            asked_at=NOW,
        )

    def miss():
        return operations.outcomes.mark(
            Booking.objects.get(pk=booking.pk), "no_show", by=client_of_agent[1].user, at=START + timedelta(minutes=11)
        )

    at_once(cancel, miss)
    assert Strike.objects.counting().count() == 1


@pytest.mark.parametrize("round_number", range(5))
def test_an_answer_at_the_last_second_keeps_the_session_or_is_told(client_of_agent, round_number):
    client = client_of_agent[0]
    for days in (90, 60):
        StrikeFactory(client=client, starts=START - timedelta(days=days))
    booking = new_booking(client_of_agent, START + timedelta(days=5))
    operations.strikes.refresh(client, at=NOW)
    assert Fee.objects.get().state == "asked"
    last = booking.starts_at - timedelta(hours=24)

    def accept():
        return operations.fees.accept(Booking.objects.get(pk=booking.pk), by=client, at=last)

    accepted, _cancelled = at_once(accept, lambda: cancel_unanswered(last))
    state = Booking.objects.get(pk=booking.pk).state
    assert (state, Fee.objects.get().state) == (
        ("cancelled", "lapsed") if isinstance(accepted, BookingRefused) else ("booked", "accepted")
    )


@pytest.mark.parametrize("round_number", range(3))
def test_two_sessions_given_up_late_at_once_are_a_first_and_a_second_strike(client_of_agent, round_number):
    """Whoever comes second had been shown less than it means by then, and nothing is done."""
    first, second = new_booking(client_of_agent), new_booking(client_of_agent, START + timedelta(hours=1))
    shown = "late:1:::0"

    def cancel(booking):
        return lambda: operations.cancel(booking, reason="solved", by=None, at=NOW, shown=shown)

    found = at_once(cancel(first), cancel(second))
    assert [type(one).__name__ for one in found if isinstance(one, BookingRefused)] == ["ConsequenceChanged"]
    assert Strike.objects.count() == 1
