"""What is owed after somebody changes their mind while a message is still on its way (B-7, B-9a, B-11, B-13)."""

from datetime import UTC, datetime, timedelta

import pytest

from bookings import operations
from bookings.models import Booking, Fee, Strike
from bookings.operations import firm, outcomes, unanswered, waiting
from supportportal.lattice import cell_at
from tests.bookings.machine.sending import senders
from tests.factories import BookingFactory, StaffFactory, StrikeFactory

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)  # Tuesday, 10:30 in Rome
NOW = START - 3 * DAY


@pytest.fixture
def cast(cast):
    cast.session_type.horizon_days = 365
    cast.session_type.save()
    return cast


@pytest.fixture
def manager(db):
    return StaffFactory(roles=["manager"])


@pytest.fixture
def sender(db):
    with senders() as sender:
        yield sender


def left(sender, at) -> list[str]:
    return sorted(kind for kind, *_rest in sender.deliver(at).elements())


def session(cast, start=START, **facts):
    rest = {"agent": cast.agent, "session_type": cast.session_type, "booked_at": NOW - 30 * DAY}
    return BookingFactory(client=cast.client, starts=start, **rest, **facts)


def sanctioned(cast) -> None:
    """Two strikes, of which the client was told long ago: sessions cost until 1 April 2027."""
    for month in (9, 10):
        StrikeFactory(client=cast.client, starts=datetime(2026, month, 1, 8, tzinfo=UTC))


# -- strikes -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def two_strikes(cast, manager):
    """Recorded by staff, so final at once; the senders are late."""
    made = []
    for number in (1, 2):
        booking = session(cast, START - number * DAY, state=Booking.State.NO_SHOW, outcome_at=START)
        facts = {"cause": Strike.Cause.NO_SHOW, "first_cell": booking.first_cell, "by": manager}
        made.append(operations.strikes.record(booking, **facts, at=START, final_at=START))
    return made


def waive(strike, manager, at):
    operations.strikes.take_back(strike, how=Strike.TakenBack.WAIVED, by=manager, at=at, reason="x")


@pytest.mark.parametrize(
    ("is_late", "messages"),
    [
        pytest.param(False, [["strike_sanction", "strike_warning"], ["strike_taken_back"]], id="after both were told"),
        pytest.param(True, [["strike_warning"]], id="before either was told"),
    ],
)
def test_a_strike_is_told_once_as_what_it_leads_to_by_then(two_strikes, manager, sender, is_late, messages):
    told = [] if is_late else [left(sender, START + MINUTE)]
    waive(two_strikes[0], manager, START + HOUR)
    assert [*told, left(sender, START + HOUR)] == messages
    assert left(sender, START + DAY) == []


def test_missing_a_start_again_that_counts_already_owes_its_fee(cast, manager):
    """It was moved away from late and back again, each with the fee accepted, and then missed."""
    sanctioned(cast)
    booking = session(cast)
    operations.strikes.refresh(cast.client, at=NOW)
    operations.fees.accept(booking, by=cast.client, at=NOW)
    facts = {"booking": booking, "client": cast.client, "starts": START, "cause": Strike.Cause.LATE_MOVE}
    StrikeFactory(**facts, recorded_at=START - HOUR, final_at=START - HOUR)
    outcomes.mark(booking, Booking.State.NO_SHOW, by=manager, at=START + HOUR)
    assert Fee.objects.get().state == Fee.State.OWED
    assert Strike.objects.filter(booking=booking).count() == 1


# -- fees --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(cast):
    """A session in ten days that was booked before the sanction fell."""
    sanctioned(cast)
    booking = session(cast, START + 7 * DAY)
    operations.strikes.refresh(cast.client, at=NOW)
    assert Fee.objects.get().state == Fee.State.ASKED
    return booking


def move(booking, start, at):
    return operations.move(booking, first_cell=cell_at(start), by=booking.client, at=at, fee_accepted=True)


def test_who_moves_to_a_free_date_and_back_has_accepted_the_fee(asked):
    moved = move(asked, datetime(2027, 4, 1, 8, tzinfo=UTC), NOW)
    move(moved, START + 8 * DAY, NOW + MINUTE)
    states = sorted(Fee.objects.values_list("state", "accepted_at"), key=str)
    assert states == [("accepted", NOW + MINUTE), ("lapsed", None)]


@pytest.mark.parametrize(
    ("is_late", "messages"),
    [
        pytest.param(False, [["fee_asked"], []], id="told before"),
        pytest.param(True, [["fee_asked"]], id="not told before"),
    ],
)
def test_a_fee_that_an_undo_asks_again_is_told_once(asked, sender, is_late, messages):
    told = [] if is_late else [left(sender, NOW)]
    cancelled = operations.cancel(asked, reason="other", by=None, at=NOW + MINUTE)
    left(sender, NOW + 2 * MINUTE)
    waiting.undo(cancelled, by=None, at=NOW + 3 * MINUTE)
    assert Fee.objects.get().state == Fee.State.ASKED
    after = [kind for kind in left(sender, NOW + 4 * MINUTE) if kind == "fee_asked"]
    assert [*told, after] == messages


def test_nothing_is_asked_for_a_time_that_we_chose(asked, manager):
    """Else it could be a day away, and be cancelled before the client could answer."""
    at = START - 20 * HOUR
    first_cell = cell_at(START)
    moved = firm.move(asked, first_cell=first_cell, agent=asked.agent, by=manager, at=at)
    assert Fee.objects.get().state == Fee.State.LAPSED
    assert unanswered.cancel_unanswered(at + MINUTE) == 0
    assert Booking.objects.get(pk=moved.pk).is_live


# -- reminders ---------------------------------------------------------------------------------------------------------


def test_a_reminder_that_fell_into_the_time_to_undo_is_sent_after_it(cast, sender):
    booking = operations.book(
        session_type=cast.session_type,
        client=cast.client,
        first_cell=cell_at(START),
        topic="x",
        by=cast.client,
        at=START - 5 * DAY,
    )
    assert "reminder_2d" in left(sender, START - 2 * DAY)
    due = START - DAY
    cancelled = operations.cancel(booking, reason="other", by=None, at=due - 5 * MINUTE)
    assert "reminder_24h" not in left(sender, due)
    waiting.undo(cancelled, by=None, at=due + 5 * MINUTE)
    assert left(sender, due + 6 * MINUTE) == ["agent_restored", "booking_restored", "reminder_24h"]
    assert left(sender, due + 7 * MINUTE) == []
