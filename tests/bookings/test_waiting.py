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
    NothingToUndo,
    NotLive,
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
        return operations.book(
            **{**facts, "client": client, "by": client, "first_cell": cell_at(start), "at": at, **changes}
        )

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


# -- joining and leaving -----------------------------------------------------------------------------------------------


def test_joining_twice_is_one_entry(booking, cast):
    first = waiting.join_for_earlier(booking, by=cast.client, at=NOW)
    assert waiting.join_for_earlier(booking, by=cast.client, at=NOW + MINUTE) == first
    other = a_client(cast)
    assert wait(cast, other) == wait(cast, other, at=NOW + MINUTE)


def test_who_adds_a_day_stands_behind_those_who_wait_for_it(cast):
    first, second = a_client(cast), a_client(cast)
    wait(cast, first, days=[TUESDAY])
    wait(cast, second, days=[THURSDAY], at=NOW + MINUTE)
    added = wait(cast, first, days=[TUESDAY, THURSDAY], at=NOW + 2 * MINUTE)
    assert (added.days, added.joined_at) == (["2026-11-26"], NOW + 2 * MINUTE)


@pytest.mark.parametrize(
    ("join", "refusal"),
    [
        pytest.param(lambda cast: wait(cast, cast.client, days=[]), NoDays, id="no day"),
        pytest.param(lambda cast: wait(cast, cast.client, days=[NOW - timedelta(days=1)]), NoDays, id="yesterday"),
        pytest.param(lambda cast: wait(cast, cast.client, days=[NOW + timedelta(days=29)]), NoDays, id="too far ahead"),
        pytest.param(lambda cast: wait(cast, cast.client, topic=" "), NoTopic, id="no topic"),
        pytest.param(
            lambda cast: wait(cast, cast.client, session_type=SessionTypeFactory()), NotGranted, id="not in the plan"
        ),
        pytest.param(
            lambda cast: (TermsVersionFactory(), wait(cast, cast.client)), TermsNotAccepted, id="terms not accepted"
        ),
        pytest.param(
            lambda cast: (
                RestrictionFactory(user=cast.client, gates=[Gate.WAITLIST], starts_at=NOW),
                wait(cast, cast.client),
            ),
            NotGranted,
            id="restricted",
        ),
    ],
)
def test_who_may_not_wait_is_told_why(join, refusal, cast):
    with pytest.raises(refusal):
        join(cast)
    assert not WaitlistEntry.objects.exists()


@pytest.mark.parametrize(
    ("at", "ends", "refusal"),
    [
        pytest.param(TUESDAY, None, AlreadyStarted, id="started"),
        pytest.param(NOW, cancel, NotLive, id="cancelled"),
    ],
)
def test_a_session_that_cannot_move_waits_for_nothing(booking, cast, at, ends, refusal):
    if ends:
        ends(booking)
    with pytest.raises(refusal):
        waiting.join_for_earlier(booking, by=cast.client, at=at)


def test_leaving_passes_the_offer_on(booking, cast):
    first, second = a_client(cast), a_client(cast)
    entry = wait(cast, first)
    wait(cast, second, at=NOW + MINUTE)
    cancel(booking)
    waiting.pass_on(OVER)
    waiting.leave(entry, by=first, at=OVER + MINUTE)
    waiting.pass_on(OVER + MINUTE)
    assert offered_to() == [first, second]
    assert the_offer(entry=entry).state == Offer.State.WITHDRAWN


@pytest.mark.parametrize(
    ("at", "waits"),
    [
        pytest.param(datetime(2026, 11, 24, 22, 59, tzinfo=UTC), True, id="the day's last minute in Rome"),
        pytest.param(datetime(2026, 11, 24, 23, tzinfo=UTC), False, id="midnight in Rome"),
    ],
)
def test_days_that_are_over_are_waited_for_no_more(cast, at, waits):
    entry = wait(cast, cast.client)
    waiting.close_past(at)
    entry.refresh_from_db()
    assert entry.is_waiting is waits


# -- offers ------------------------------------------------------------------------------------------------------------


def test_nothing_is_offered_while_it_can_be_undone(booking, cast):
    wait(cast, a_client(cast))
    cancel(booking)
    waiting.pass_on(OVER - timedelta(seconds=1))
    assert not Offer.objects.exists()


def test_a_freed_slot_is_offered_to_the_first_who_waits_and_held(booking, cast):
    first, second = a_client(cast), a_client(cast)
    wait(cast, second, at=NOW + MINUTE)
    wait(cast, first)
    cancel(booking)
    waiting.pass_on(OVER)
    offer = the_offer()
    assert (offer.entry.client, offer.until, offer.starts_at) == (first, OVER + 2 * HOUR, TUESDAY)
    assert Hold.objects.get().offer == offer and agents_cells(cast.agent) == cells_of(TUESDAY)
    assert kinds(first, "bookings.offer") == ["waitlist_offer"]
    assert not is_free(cast, client=second, at=OVER) and not is_free(cast, client=first, at=OVER)


def test_with_nobody_waiting_the_slot_is_open_to_all(booking, cast):
    cancel(booking)
    waiting.pass_on(OVER)
    assert not Hold.objects.exists() and not OccupiedCell.objects.exists()


@pytest.mark.parametrize(
    ("before", "until"),
    [
        pytest.param(4 * HOUR, 2 * HOUR, id="two hours"),
        pytest.param(3 * HOUR, 2 * HOUR, id="exactly two hours before the minimum notice"),
        pytest.param(2 * HOUR, HOUR, id="cut short by the minimum notice"),
        pytest.param(HOUR, None, id="no time left to answer"),
    ],
)
def test_an_offer_ends_with_the_minimum_notice_at_the_latest(booking, cast, before, until):
    wait(cast, a_client(cast))
    cancel(booking)
    at = TUESDAY - before
    waiting.pass_on(at)
    assert [offer.until - at for offer in Offer.objects.all()] == ([until] if until else [])


def test_an_hour_earlier_is_offered_to_a_session_that_waits_for_it(booking, book, cast):
    other = a_client(cast)
    later = book(TUESDAY + HOUR, client=other)
    waiting.join_for_earlier(later, by=other, at=NOW)
    cancel(booking)
    waiting.pass_on(OVER)
    moved = waiting.accept(the_offer(), by=None, at=OVER)
    assert (moved.pk, moved.starts_at) == (later.pk, TUESDAY)
    assert kinds(other)[-1] == "reminder_30m" and "booking_moved" in kinds(other)
    assert not WaitlistEntry.objects.waiting().exists()


@pytest.mark.parametrize("start", [pytest.param(TUESDAY, id="the same"), pytest.param(TUESDAY - HOUR, id="earlier")])
def test_a_time_that_is_no_earlier_is_not_offered(booking, book, cast, start):
    other, agent = a_client(cast), AgentFactory(session_types=[cast.session_type], office_hours=True)
    own = book(start, client=other, agent=agent)
    waiting.join_for_earlier(own, by=other, at=NOW)
    cancel(booking)
    waiting.pass_on(OVER)
    assert not Offer.objects.exists()


def restricted(cast, client):
    RestrictionFactory(user=client, gates=[Gate.WAITLIST], starts_at=NOW)


def without_subscription(cast, client):
    client.account.subscription = "ended"
    client.account.save()


def busy(cast, client):
    BookingFactory(session_type=cast.session_type, client=client, starts=TUESDAY)


def away(cast, client):
    TimeOffFactory(agent=cast.agent, starts_at=TUESDAY, ends_at=TUESDAY + HOUR)


def speaks_another_language(cast, client):
    AgentFactory(session_types=[cast.session_type], languages=["nl"])
    cast.agent.languages = ["it", "en"]
    cast.agent.save()
    client.language = "nl"
    client.save()


def wants_another_agent(cast, client):
    WaitlistEntry.objects.filter(client=client).update(agent=AgentFactory(session_types=[cast.session_type]))


def wants_another_day(cast, client):
    WaitlistEntry.objects.filter(client=client).update(days=["2026-11-25"])


@pytest.mark.parametrize(
    "hinder",
    [restricted, without_subscription, busy, away, speaks_another_language, wants_another_agent, wants_another_day],
)
def test_who_does_not_fit_is_passed_over(booking, cast, hinder):
    first = ClientFactory(account__plan=cast.client.account.plan)
    wait(cast, first)
    cancel(booking)
    hinder(cast, first)
    waiting.pass_on(OVER)
    assert offered_to() == [] and not Hold.objects.exists()


def test_the_negative_control_without_a_hindrance_it_is_offered(booking, cast):
    first = ClientFactory(account__plan=cast.client.account.plan)
    wait(cast, first)
    cancel(booking)
    waiting.pass_on(OVER)
    assert offered_to() == [first]


def test_who_gave_the_slot_up_is_not_offered_it(booking, cast):
    wait(cast, cast.client)
    cancel(booking)
    waiting.pass_on(OVER)
    assert not Offer.objects.exists()


def test_one_who_thinks_about_an_offer_is_not_asked_again(booking, book, cast):
    second = book(TUESDAY + HOUR)
    waits = a_client(cast)
    wait(cast, waits)
    cancel(booking)
    cancel(second)
    waiting.pass_on(OVER)
    assert offered_to() == [waits]
    assert Hold.objects.count() == 1


def test_an_expired_offer_goes_to_the_next_and_never_back(booking, cast):
    first, second = a_client(cast), a_client(cast)
    wait(cast, first)
    wait(cast, second, at=NOW + MINUTE)
    cancel(booking)
    waiting.pass_on(OVER)
    waiting.pass_on(OVER + 2 * HOUR)
    assert offered_to() == [first, second]
    assert kinds(first, "bookings.offer") == ["waitlist_offer", "waitlist_expired"]
    assert agents_cells(cast.agent) == cells_of(TUESDAY)
    waiting.pass_on(OVER + 4 * HOUR)
    assert offered_to() == [first, second] and not Hold.objects.exists()
    assert WaitlistEntry.objects.waiting().count() == 2


def test_a_tick_too_many_changes_nothing(booking, cast):
    wait(cast, a_client(cast))
    cancel(booking)
    for _number in range(3):
        waiting.pass_on(OVER)
    assert Offer.objects.count() == Message.objects.filter(kind="waitlist_offer").count() == 1


def test_a_text_message_goes_out_where_it_starts_soon(booking, cast):
    wait(cast, a_client(cast, phone="+390612345678", sms_consent_at=NOW))
    cancel(booking)
    waiting.pass_on(TUESDAY - 4 * HOUR + MINUTE)
    assert kinds(the_offer().entry.client, "bookings.offer") == ["waitlist_offer", "waitlist_offer_sms"]


# -- answering ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def offered(booking, cast):
    """An offer for TUESDAY, made at OVER to a client who waits for that day."""
    client = a_client(cast)
    wait(cast, client)
    cancel(booking)
    waiting.pass_on(OVER)
    return the_offer()


def test_accepting_books_and_ends_the_wait(offered, cast):
    booked = waiting.accept(offered, by=None, at=OVER + MINUTE)
    assert (booked.client, booked.starts_at, booked.topic) == (offered.entry.client, TUESDAY, "The year's end")
    assert not Hold.objects.exists() and not WaitlistEntry.objects.waiting().exists()
    assert "booking_confirmed" in kinds(booked.client)


def test_accepting_twice_gives_the_same_session(offered):
    assert waiting.accept(offered, by=None, at=OVER) == waiting.accept(offered, by=None, at=OVER + MINUTE)
    assert Booking.objects.live().count() == 1


@pytest.mark.parametrize(
    ("end", "at"),
    [
        pytest.param(lambda offer: None, OVER + 2 * HOUR, id="at its end"),
        pytest.param(lambda offer: waiting.decline(offer, by=None, at=OVER), OVER + MINUTE, id="declined"),
        pytest.param(lambda offer: waiting.pass_on(OVER + 2 * HOUR), OVER + 2 * HOUR, id="passed on"),
        pytest.param(lambda offer: waiting.leave(offer.entry, by=None, at=OVER), OVER + MINUTE, id="left"),
    ],
)
def test_an_offer_that_is_over_is_not_accepted(offered, end, at):
    end(offered)
    with pytest.raises(OfferOver):
        waiting.accept(offered, by=None, at=at)
    assert not Booking.objects.live().exists()


@pytest.mark.parametrize(
    ("hinder", "refusal"),
    [
        pytest.param(restricted, NotGranted, id="restricted since"),
        pytest.param(without_subscription, NotGranted, id="no subscription since"),
        pytest.param(away, SlotTaken, id="the agent is away since"),
        pytest.param(busy, ClientBusy, id="another session since"),
        pytest.param(lambda cast, client: TermsVersionFactory(), TermsNotAccepted, id="new terms since"),
    ],
)
def test_everything_is_checked_again_on_acceptance(offered, cast, hinder, refusal):
    hinder(cast, offered.entry.client)
    with pytest.raises(refusal):
        waiting.accept(offered, by=None, at=OVER)
    assert the_offer().is_open and Hold.objects.exists()


def test_declining_passes_it_on_and_the_client_waits_on(offered, cast):
    second = a_client(cast)
    wait(cast, second, at=OVER)
    waiting.decline(offered, by=None, at=OVER + MINUTE)
    waiting.decline(offered, by=None, at=OVER + MINUTE)
    waiting.pass_on(OVER + MINUTE)
    assert offered_to() == [offered.entry.client, second]
    assert WaitlistEntry.objects.get(pk=offered.entry_id).is_waiting


@pytest.mark.parametrize("hinder", [restricted, without_subscription])
def test_offers_to_who_may_not_wait_any_more_are_withdrawn(offered, cast, hinder):
    hinder(cast, offered.entry.client)
    waiting.pass_on(OVER + MINUTE)
    assert the_offer().state == Offer.State.WITHDRAWN and not Hold.objects.exists()


def test_a_session_that_is_given_up_late_for_an_offer_makes_no_strike(book, cast):
    at = TUESDAY - 5 * HOUR
    freed, own = book(), book(TUESDAY + HOUR, client=a_client(cast))
    waiting.join_for_earlier(own, by=own.client, at=NOW)
    operations.cancel(freed, reason="firm", by=cast.agent.user, at=at, by_firm=True)
    waiting.pass_on(at)
    moved = waiting.accept(the_offer(), by=None, at=at + MINUTE)
    assert moved.starts_at == TUESDAY and not Strike.objects.exists()


def test_an_accepted_offer_can_be_undone_and_its_slot_goes_on(book, cast):
    freed, own = book(), book(TUESDAY + HOUR, client=a_client(cast))
    waiting.join_for_earlier(own, by=own.client, at=NOW)
    other = a_client(cast)
    cancel(freed)
    waiting.pass_on(OVER)
    moved = waiting.accept(the_offer(), by=None, at=OVER)
    wait(cast, other, at=OVER)
    assert waiting.undo(moved, by=None, at=OVER + MINUTE).starts_at == TUESDAY + HOUR
    waiting.pass_on(OVER + MINUTE)
    assert offered_to() == [own.client, other]


def under_sanction(cast, client):
    for days in (30, 60):
        missed = BookingFactory(client=client, session_type=cast.session_type, starts=NOW - timedelta(days=days))
        Strike.objects.create(
            booking=missed,
            client=client,
            cause=Strike.Cause.NO_SHOW,
            first_cell=missed.first_cell,
            day=(NOW - timedelta(days=days)).date(),
            recorded_at=NOW - timedelta(days=days),
            final_at=NOW - timedelta(days=days),
        )


@pytest.mark.parametrize(
    ("signed_in", "accepted", "refusal"),
    [
        pytest.param(False, False, FeeNeedsSignIn, id="by the link alone"),
        pytest.param(False, True, FeeNeedsSignIn, id="a tick without signing in"),
        pytest.param(True, False, FeeNotAccepted, id="signed in, not accepted"),
        pytest.param(True, True, None, id="signed in and accepted"),
    ],
)
def test_the_fee_of_a_sanction_has_to_be_accepted_by_the_client(offered, cast, signed_in, accepted, refusal):
    client = offered.entry.client
    under_sanction(cast, client)
    by = client if signed_in else None
    if refusal:
        with pytest.raises(refusal):
            waiting.accept(offered, by=by, at=OVER, fee_accepted=accepted)
    else:
        assert waiting.accept(offered, by=by, at=OVER, fee_accepted=True).fees.get().state == "accepted"


# -- what is over ------------------------------------------------------------------------------------------------------


def test_past_cells_are_deleted_once_no_session_that_runs_can_own_them(cast):
    over = BookingFactory(agent=cast.agent, session_type=cast.session_type, starts=TUESDAY)
    runs = BookingFactory(agent=cast.agent, session_type=cast.session_type, starts=THURSDAY)
    cells.forget_past(THURSDAY + 10 * MINUTE)
    assert set(OccupiedCell.objects.values_list("booking", flat=True)) == {runs.pk} != {over.pk}
