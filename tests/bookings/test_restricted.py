"""What a measure closes is closed in every operation, whoever acts; what was booked before stands (R-4, R-5)."""

from datetime import UTC, datetime, timedelta

import pytest

from bookings import operations
from bookings.models import Booking, Callback, Hold, Offer, WaitlistEntry
from bookings.operations import calls, firm, waiting
from bookings.operations.colleagues import replace_attendee
from bookings.refusals import NotGranted
from supportportal.lattice import cell_at
from supportportal.people.models import Gate
from tests.factories import (
    BookingFactory,
    ChannelFactory,
    ClientFactory,
    RestrictionFactory,
    StaffFactory,
)

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
STARTS = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
LATER = cell_at(STARTS + timedelta(days=1))
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
NOTICE = "Closed for what you wrote on Monday."


@pytest.fixture
def colleague(cast):
    return ClientFactory(account=cast.client.account, name="Marco Bassi")


@pytest.fixture
def coordinator(cast):
    return ClientFactory(account=cast.client.account, is_coordinator=True)


@pytest.fixture
def booking(cast):
    facts = {"client": cast.client, "agent": cast.agent, "session_type": cast.session_type}
    return BookingFactory(**facts, starts=STARTS, booked_at=NOW - timedelta(days=3))


def close(person, *gates, starts_at=NOW, **rest):
    on = rest or {"user": person}
    gates = [gate.value for gate in gates or Gate]
    return RestrictionFactory(**on, gates=gates, starts_at=starts_at, notice=NOTICE)


def book(cast, client, by, at=NOW, starts=STARTS):
    facts = {"session_type": cast.session_type, "first_cell": cell_at(starts), "topic": "Now"}
    return operations.book(**facts, client=client, by=by, at=at)


def wait(cast, client, at=NOW):
    return waiting.join_for_days(cast.session_type, [STARTS.date()], client=client, topic="Soon", by=client, at=at)


def give_up(booking, at=NOW):
    return operations.cancel(booking, reason="solved", by=booking.client, at=at)


def call(person, at=NOW, **rest):
    facts = {"number": "+390612345678", "contact": "Anna", "description": "The export stops."}
    return calls.ask(person, **facts, by=person, at=at, **rest)


def rows():
    """Everything that a client could have made or changed."""
    sessions = list(Booking.objects.order_by("pk").values_list("pk", "client", "first_cell", "state", "version"))
    entries = list(WaitlistEntry.objects.order_by("pk").values_list("pk", "left_at"))
    offers = list(Offer.objects.order_by("pk").values_list("pk", "state"))
    return sessions, entries, offers, list(Callback.objects.order_by("pk").values_list("pk", "description", "version"))


def refused(act) -> str:
    before = rows()
    with pytest.raises(NotGranted) as refusal:
        act()
    assert rows() == before
    return str(refusal.value)


# -- whoever acts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("on", ["person", "account"])
@pytest.mark.parametrize("began", [NOW - timedelta(days=1), NOW, NOW + SECOND], ids=["before", "now", "on the way"])
def test_booking_is_refused_with_the_notice(cast, on, began):
    close(cast.client, starts_at=began, **({"account": cast.client.account} if on == "account" else {}))
    assert refused(lambda: book(cast, cast.client, cast.client)) == NOTICE


def test_the_control_without_a_restriction_all_of_it_works(cast, booking, colleague, coordinator):
    ChannelFactory(code="callback", plans=[cast.client.account.plan])
    operations.move(booking, first_cell=LATER, by=coordinator, at=NOW)
    replace_attendee(booking, attendee=colleague, by=cast.client, at=NOW)
    assert waiting.undo(give_up(Booking.objects.get()), by=None, at=NOW + MINUTE).is_live
    assert book(cast, cast.client, coordinator, starts=STARTS + timedelta(hours=3)).is_live
    assert wait(cast, colleague) and call(cast.client)


def test_a_coordinator_cannot_book_for_whom_is_restricted_and_is_not_told_why(cast, coordinator):
    close(cast.client)
    assert NOTICE not in refused(lambda: book(cast, cast.client, coordinator))


def test_a_restricted_coordinator_books_for_nobody(cast, coordinator):
    close(coordinator)
    assert refused(lambda: book(cast, cast.client, coordinator)) == NOTICE


def test_staff_book_for_nobody_who_is_restricted(cast):
    close(cast.client)
    assert NOTICE not in refused(lambda: book(cast, cast.client, StaffFactory()))


@pytest.mark.parametrize(
    ("who", "says_why"),
    [
        pytest.param(lambda cast, coordinator: cast.client, True, id="the client"),
        pytest.param(lambda cast, coordinator: None, False, id="by the link"),
        pytest.param(lambda cast, coordinator: coordinator, False, id="a coordinator"),
        pytest.param(lambda cast, coordinator: cast.agent.user, False, id="staff for the client"),
    ],
)
def test_what_was_booked_stands_it_can_be_cancelled_and_not_moved(cast, booking, coordinator, who, says_why):
    by = who(cast, coordinator)
    close(cast.client)
    given = {"asked_at": NOW - MINUTE} if by == cast.agent.user else {}
    words = refused(lambda: operations.move(booking, first_cell=LATER, by=by, at=NOW, **given))
    assert (words == NOTICE) is says_why
    assert operations.cancel(booking, reason="solved", by=by, at=NOW).state == Booking.State.CANCELLED


def test_a_restricted_coordinator_moves_nothing_and_can_cancel(cast, booking, coordinator):
    close(coordinator)
    assert refused(lambda: operations.move(booking, first_cell=LATER, by=coordinator, at=NOW)) == NOTICE
    assert operations.cancel(booking, reason="solved", by=coordinator, at=NOW).state == Booking.State.CANCELLED


def test_the_firm_can_move_what_it_has_to_move(cast, booking):
    close(cast.client)
    moved = firm.move(booking, first_cell=LATER, agent=None, by=cast.agent.user, at=NOW)
    assert moved.first_cell == LATER
    assert firm.agree(moved, version=moved.version, by=cast.client, at=NOW).agreed_at == NOW


def test_but_not_for_an_account_without_subscription(cast, booking):
    cast.client.account.subscription = "ended"
    cast.client.account.save()
    refused(lambda: firm.move(booking, first_cell=LATER, agent=None, by=cast.agent.user, at=NOW))


@pytest.mark.parametrize(
    ("restricted", "by", "says_why"),
    [
        pytest.param("client", "client", True, id="the one who was to come"),
        pytest.param("colleague", "client", False, id="the colleague"),
        pytest.param("coordinator", "coordinator", True, id="the coordinator"),
    ],
)
def test_who_is_restricted_neither_attends_instead_nor_names_anybody(
    cast, booking, colleague, coordinator, restricted, by, says_why
):
    people = {"client": cast.client, "colleague": colleague, "coordinator": coordinator}
    close(people[restricted])
    words = refused(lambda: replace_attendee(booking, attendee=colleague, by=people[by], at=NOW))
    assert (words == NOTICE) is says_why


def test_a_coordinator_gives_the_session_of_who_is_restricted_to_a_colleague(cast, booking, colleague, coordinator):
    close(cast.client)
    assert replace_attendee(booking, attendee=colleague, by=coordinator, at=NOW).client == colleague


# -- undoing, waiting, offers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [True, False], ids=["signed in", "by the link"])
def test_a_cancellation_is_not_undone(cast, booking, by):
    give_up(booking)
    close(cast.client, starts_at=NOW + MINUTE)
    words = refused(lambda: waiting.undo(booking, by=cast.client if by else None, at=NOW + MINUTE))
    assert (words == NOTICE) is by
    assert Hold.objects.exists()  # and goes to those who wait when its time is over


def test_a_move_is_not_undone(cast, booking):
    operations.move(booking, first_cell=LATER, by=cast.client, at=NOW)
    close(cast.client)
    refused(lambda: waiting.undo(booking, by=cast.client, at=NOW + MINUTE))


@pytest.mark.parametrize("gate", [Gate.BOOKING, Gate.WAITLIST])
def test_nobody_waits_who_may_not(cast, booking, gate):
    close(cast.client, gate)
    assert refused(lambda: wait(cast, cast.client)) == NOTICE
    assert refused(lambda: waiting.join_for_earlier(booking, by=cast.client, at=NOW)) == NOTICE


def test_a_restricted_coordinator_lets_nobody_wait(booking, coordinator):
    close(coordinator, Gate.WAITLIST)
    assert refused(lambda: waiting.join_for_earlier(booking, by=coordinator, at=NOW)) == NOTICE


def test_leaving_the_waiting_list_stays_open(cast):
    entry = wait(cast, cast.client)
    close(cast.client)
    waiting.leave(entry, by=cast.client, at=NOW)
    assert not WaitlistEntry.objects.waiting().exists()


@pytest.fixture
def offer(cast, booking, colleague):
    wait(cast, colleague)
    give_up(booking)
    waiting.pass_on(NOW + 15 * MINUTE)
    return Offer.objects.get()


OFFERED = NOW + 16 * MINUTE


@pytest.mark.parametrize("gate", [Gate.BOOKING, Gate.WAITLIST])
@pytest.mark.parametrize("is_signed_in", [True, False], ids=["signed in", "by the link"])
def test_an_offer_is_not_taken_and_can_be_declined(offer, colleague, gate, is_signed_in):
    close(colleague, gate, starts_at=OFFERED)
    by = colleague if is_signed_in else None
    assert (refused(lambda: waiting.accept(offer, by=by, at=OFFERED)) == NOTICE) is is_signed_in
    waiting.decline(offer, by=by, at=OFFERED)
    offer.refresh_from_db()
    assert offer.state == Offer.State.DECLINED


def test_an_offer_is_withdrawn_by_the_next_tick(offer, colleague):
    close(colleague, Gate.BOOKING, starts_at=OFFERED)
    waiting.pass_on(OFFERED)
    offer.refresh_from_db()
    assert offer.state == Offer.State.WITHDRAWN


# -- calls -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(cast):
    return ChannelFactory(code="callback", gate="callback", plans=[cast.client.account.plan])


@pytest.mark.parametrize("gate", ["callback", "", "mail"])
def test_calls_are_closed_whatever_gate_staff_gave_to_the_channel(cast, desk, gate):
    desk.gate = gate
    desk.save()
    close(cast.client, Gate.CALLBACK)
    assert refused(lambda: call(cast.client)) == NOTICE


def test_an_open_request_stands_it_can_be_cancelled_and_not_changed(cast, desk):
    asked = call(cast.client)
    close(cast.client, Gate.CALLBACK)
    facts = {"number": "+390612345678", "contact": "Anna", "description": "Another", "day_part": "any"}
    assert refused(lambda: calls.edit(asked, **facts, by=cast.client, at=NOW)) == NOTICE
    assert refused(lambda: call(cast.client)) == NOTICE
    assert calls.cancel(asked, by=cast.client, at=NOW).state == Callback.State.CANCELLED


@pytest.mark.parametrize(("began", "is_closed"), [(NOW, True), (NOW + timedelta(hours=2), False)])
def test_a_mail_that_came_before_and_is_read_after_counts_as_read(cast, desk, began, is_closed):
    close(cast.client, Gate.CALLBACK, starts_at=began)
    came, read = NOW - timedelta(hours=1), NOW + timedelta(seconds=30)
    if is_closed:
        assert refused(lambda: call(cast.client, at=came, read_at=read)) == NOTICE
    else:
        assert call(cast.client, at=came, read_at=read).requested_at == came


# -- over by itself ----------------------------------------------------------------------------------------------------


def test_from_its_end_on_all_is_open_again(cast):
    one = close(cast.client)
    facts = {"session_type": cast.session_type, "first_cell": cell_at(one.ends_at + timedelta(hours=2)), "topic": "Now"}

    def book_at(at):
        return operations.book(**facts, client=cast.client, by=cast.client, at=at)

    assert refused(lambda: book_at(one.ends_at - SECOND)) == NOTICE
    assert book_at(one.ends_at).is_live
