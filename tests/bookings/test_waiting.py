"""Undoing a change, and the waiting list: who is asked, in which order, until when (B-9a, B-15)."""

from datetime import UTC, datetime, timedelta

import pytest

from bookings import availability, cells, operations
from bookings.models import Booking, Hold, OccupiedCell, Offer, Strike, WaitlistEntry
from bookings.operations import waiting
from bookings.refusals import (
    AlreadyStarted,
    ClientBusy,
    FeeNeedsSignIn,
    FeeNotAccepted,
    NoDays,
    NotGranted,
    NotLive,
    NothingToUndo,
    NoTopic,
    OfferOver,
    SlotTaken,
    TermsNotAccepted,
)
from supportportal.lattice import cell_at
from supportportal.outbox.models import Message
from supportportal.people.models import Gate
from tests.factories import (
    AgentFactory,
    BookingFactory,
    ClientFactory,
    RestrictionFactory,
    SessionTypeFactory,
    TermsVersionFactory,
    TimeOffFactory,
)

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)  # a Friday
TUESDAY = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)  # 10:30 in Rome
THURSDAY = TUESDAY + timedelta(days=2)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OVER = NOW + timedelta(minutes=15)  # the time to undo is over


def a_client(cast, **facts):
    return ClientFactory(account=cast.client.account, **facts)


@pytest.fixture
def book(cast):
    def book(start=TUESDAY, client=None, at=NOW, **changes):
        client = client or cast.client
        facts = {"session_type": cast.session_type, "agent": cast.agent, "topic": "The year's end"}
        return operations.book(**{**facts, "client": client, "by": client, "first_cell": cell_at(start), "at": at, **changes})

    return book


@pytest.fixture
def booking(book):
    return book()


def cancel(booking, at=NOW, **changes):
    return operations.cancel(booking, **{"reason": "other", "by": booking.client, "at": at, **changes})


def move(booking, start, at=NOW, **changes):
    return operations.move(booking, **{"first_cell": cell_at(start), "by": booking.client, "at": at, **changes})


def wait(cast, client, *, days=(TUESDAY,), at=NOW, session_type=None, **changes):
    session_type = session_type or cast.session_type
    dates = [day.date() for day in days]
    facts = {"client": client, "topic": "The year's end", "by": client, "at": at}
    return waiting.join_for_days(session_type, dates, **{**facts, **changes})


def agents_cells(agent) -> set[int]:
    return set(OccupiedCell.objects.filter(person=agent.pk).values_list("cell", flat=True))


def cells_of(start, length=6) -> set[int]:
    return set(range(cell_at(start), cell_at(start) + length))


def is_free(cast, start=TUESDAY, client=None, at=NOW) -> bool:
    return availability.is_free(cast.session_type, cast.agent, cell_at(start), client=client, at=at)


def the_offer(**query) -> Offer:
    return Offer.objects.for_listing().get(**query)


def offered_to() -> list:
    return [offer.entry.client for offer in Offer.objects.order_by("pk")]


def kinds(client, subject="bookings.booking"):
    rows = Message.objects.filter(recipient=client, subject_type=subject)
    return list(rows.order_by("pk").values_list("kind", flat=True))


# -- holds -------------------------------------------------------------------------------------------------------------


def test_what_is_given_up_is_kept_from_others_for_fifteen_minutes(booking, cast):
    cancel(booking)
    hold = Hold.objects.get()
    assert (hold.booking, hold.until, hold.freed) == (booking, OVER, f"{booking.pk}:1")
    assert agents_cells(cast.agent) == cells_of(TUESDAY)
    assert not OccupiedCell.objects.filter(person=cast.client.pk).exists()
    assert not is_free(cast, client=a_client(cast))


def test_it_is_kept_until_the_old_start_at_most(book):
    booking = book(at=TUESDAY - 3 * HOUR)
    cancel(booking, at=TUESDAY - 5 * MINUTE)
    assert Hold.objects.get().until == TUESDAY


def test_the_client_may_book_over_the_own_undo_which_drops_it(booking, book, cast):
    cancel(booking)
    assert is_free(cast, client=cast.client)
    again = book()
    assert not Hold.objects.exists()
    assert set(OccupiedCell.objects.filter(person=cast.agent.pk).values_list("booking", flat=True)) == {again.pk}
    with pytest.raises(NothingToUndo):
        waiting.undo(booking, by=None, at=NOW + MINUTE)


def test_nobody_else_books_over_it(booking, book, cast):
    cancel(booking)
    with pytest.raises(SlotTaken):
        book(client=a_client(cast))


@pytest.mark.parametrize(
    ("late", "free"),
    [
        pytest.param(timedelta(minutes=2, seconds=-1), False, id="one second before two minutes"),
        pytest.param(timedelta(minutes=2), True, id="two minutes past its end"),
    ],
)
def test_a_hold_that_nobody_passed_on_is_in_the_way_for_two_minutes(booking, book, cast, late, free):
    cancel(booking)
    stranger = a_client(cast)
    assert is_free(cast, client=stranger, at=OVER + late) is free
    if free:
        assert book(client=stranger, at=OVER + late).is_live
        assert not Hold.objects.exists()


def test_without_the_grace_a_late_hold_would_bar_a_booking(booking, book, cast, monkeypatch):
    cancel(booking)
    monkeypatch.setattr("bookings.operations.holds.make_room", lambda *args, **kwargs: None)
    with pytest.raises(SlotTaken):
        book(client=a_client(cast), at=OVER + 3 * MINUTE)


def test_what_staff_give_up_is_not_kept(booking, cast):
    operations.cancel(booking, reason="firm", by=cast.agent.user, at=NOW, by_firm=True)
    assert not Hold.objects.exists() and not agents_cells(cast.agent)


def test_what_staff_give_up_goes_to_those_who_wait_at_once(booking, cast):
    other = a_client(cast)
    wait(cast, other)
    operations.cancel(booking, reason="firm", by=cast.agent.user, at=NOW, by_firm=True)
    waiting.pass_on(NOW)
    assert the_offer().entry.client == other


def test_a_second_move_hands_the_first_slot_on(booking, cast):
    move(booking, THURSDAY)
    booking.refresh_from_db()
    move(booking, THURSDAY + HOUR, at=NOW + MINUTE)
    first, second = Hold.objects.order_by("pk")
    assert (first.booking, first.until) == (None, NOW + MINUTE)
    assert (second.booking, second.freed) == (booking, f"{booking.pk}:2")


def test_a_move_by_less_than_the_length_keeps_what_it_leaves(booking, cast):
    cast.session_type.step_minutes = 15
    cast.session_type.save()
    moved = move(booking, TUESDAY + 15 * MINUTE)
    assert (Hold.objects.get().first_cell, Hold.objects.get().cells) == (cell_at(TUESDAY), 3)
    assert waiting.undo(moved, by=None, at=NOW + MINUTE).starts_at == TUESDAY


# -- undo --------------------------------------------------------------------------------------------------------------


def test_an_undone_cancellation_is_as_it_was_and_both_are_told(booking, cast):
    cancelled = cancel(booking)
    restored = waiting.undo(cancelled, by=None, at=NOW + 5 * MINUTE)
    assert (restored.state, restored.starts_at, restored.version) == ("booked", TUESDAY, 3)
    assert restored.cancelled_at is None and restored.cancel_reason == ""
    assert agents_cells(cast.agent) == cells_of(TUESDAY) and not Hold.objects.exists()
    unsent = Message.objects.filter(state="planned", subject_type="bookings.booking").order_by("kind")
    assert list(unsent.filter(version=3).values_list("kind", flat=True)) == [
        "agent_restored",
        "booking_restored",
        "reminder_1h",
        "reminder_24h",
        "reminder_2d",
        "reminder_30m",
    ]
    assert not unsent.filter(version__lt=3).exists()


def test_an_undone_move_goes_back_to_the_former_agent(booking, cast):
    other = AgentFactory(session_types=[cast.session_type], office_hours=True)
    moved = move(booking, THURSDAY, agent=other)
    restored = waiting.undo(moved, by=None, at=NOW + MINUTE)
    assert (restored.agent, restored.starts_at, restored.place) == (cast.agent, TUESDAY, cast.agent.video_link)
    assert not agents_cells(other)
    assert kinds(other.user)[-1] == "agent_cancelled" and kinds(cast.agent.user)[-1] == "agent_restored"


def test_an_undone_move_offers_the_slot_it_had_reached(booking, cast):
    other = a_client(cast)
    wait(cast, other, days=[THURSDAY])
    moved = move(booking, THURSDAY)
    waiting.undo(moved, by=None, at=NOW + MINUTE)
    waiting.pass_on(NOW + MINUTE)
    assert (the_offer().entry.client, the_offer().starts_at) == (other, THURSDAY)


def test_undoing_takes_the_pending_strike_back(book, cast):
    late = TUESDAY - 5 * HOUR
    booking = book(at=NOW)
    cancelled = cancel(booking, at=late)
    strike = Strike.objects.get()
    assert (strike.final_at, strike.taken_back) == (late + 15 * MINUTE, "")
    waiting.undo(cancelled, by=None, at=late + MINUTE)
    strike.refresh_from_db()
    assert strike.taken_back == Strike.TakenBack.UNDONE


def test_only_the_strike_of_what_is_undone_is_taken_back(book, cast):
    late = TUESDAY - 5 * HOUR
    booking = move(book(at=NOW), THURSDAY, at=late)
    back = move(booking, TUESDAY, at=late + 20 * MINUTE)
    cancelled = cancel(back, at=late + 40 * MINUTE)
    waiting.undo(cancelled, by=None, at=late + 41 * MINUTE)
    assert Strike.objects.counting().count() == 1


@pytest.mark.parametrize(
    ("at", "possible"),
    [
        pytest.param(OVER - timedelta(seconds=1), True, id="one second before fifteen minutes"),
        pytest.param(OVER, False, id="at fifteen minutes"),
    ],
)
def test_undo_is_possible_for_fifteen_minutes(booking, at, possible):
    cancelled = cancel(booking)
    if possible:
        assert waiting.undo(cancelled, by=None, at=at).is_live
    else:
        with pytest.raises(NothingToUndo):
            waiting.undo(cancelled, by=None, at=at)


def test_undoing_twice_is_refused(booking):
    cancelled = cancel(booking)
    restored = waiting.undo(cancelled, by=None, at=NOW)
    with pytest.raises(NothingToUndo):
        waiting.undo(restored, by=None, at=NOW)


def test_a_session_booked_at_that_time_meanwhile_is_in_the_way(booking, book, cast):
    cancelled = cancel(booking)
    other = AgentFactory(session_types=[cast.session_type], office_hours=True)
    book(agent=other)
    with pytest.raises(ClientBusy):
        waiting.undo(cancelled, by=None, at=NOW)
    cancelled.refresh_from_db()
    assert not cancelled.is_live and Hold.objects.filter(booking=cancelled).exists()



def test_an_undone_cancellation_waits_again(booking, cast):
    entry = waiting.join_for_earlier(booking, by=cast.client, at=NOW)
    cancelled = cancel(booking, at=NOW + MINUTE)
    entry.refresh_from_db()
    assert not entry.is_waiting
    waiting.undo(cancelled, by=None, at=NOW + 2 * MINUTE)
    entry.refresh_from_db()
    assert entry.is_waiting and entry.joined_at == NOW
