"""Late changes count, sanctions ask for a fee, strikes can be taken back and looked at again (B-10, B-13)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bookings import operations
from bookings.models import Booking, Fee, Strike, StrikeReview
from bookings.operations.consequences import Because, consequence
from bookings.operations.reviews import AlreadyAsked, AlreadyDecided, OwnMark, TooLateToAsk
from bookings.operations.unanswered import cancel_unanswered
from bookings.refusals import (
    AlreadyStarted,
    BookingRefused,
    ConsequenceChanged,
    FeeNeedsSignIn,
    FeeNotAccepted,
    NoReason,
    NotLive,
    NotTheAskedInstant,
)
from supportportal.lattice import cell_at
from supportportal.outbox.models import Message
from tests.factories import BookingFactory, ClientFactory, StaffFactory, StrikeFactory

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)  # Tuesday, 10:30 in Rome
NOW = START - 3 * HOUR  # too late
EARLY = START - 3 * DAY
FREE_FROM = date(2027, 5, 24)  # the strike's date and six months


@pytest.fixture
def cast(cast):
    """Sessions can be booked far ahead: free dates are months away."""
    cast.session_type.horizon_days = 365
    cast.session_type.save()
    return cast


@pytest.fixture
def booking(cast):
    return new_booking(cast, START)


def new_booking(cast, start, **facts):
    return BookingFactory(
        client=cast.client, agent=cast.agent, session_type=cast.session_type, starts=start, booked_at=EARLY, **facts
    )


def strike_of(cast, day="2026-09-01", **facts):
    return StrikeFactory(client=cast.client, starts=datetime.fromisoformat(f"{day}T08:00:00Z"), **facts)


@pytest.fixture
def manager(db):
    return StaffFactory(roles=["manager"])


def kinds(**query):
    started = query if query else {"kind__startswith": "strike"}
    return sorted(Message.objects.filter(**started).exclude(state="void").values_list("kind", flat=True))


def standing(cast):
    return operations.strikes.standing(cast.client, NOW)


# -- the 24-hour rule --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("notice", "strikes"),
    [
        pytest.param(timedelta(hours=24), 0, id="exactly 24 hours"),
        pytest.param(timedelta(hours=24, seconds=-1), 1, id="a second less"),
        pytest.param(timedelta(seconds=1), 1, id="at the last second"),
    ],
)
def test_a_late_cancellation_counts(booking, cast, notice, strikes):
    operations.cancel(booking, reason="solved", by=cast.client, at=START - notice)
    assert Booking.objects.get().state == "cancelled"
    assert Strike.objects.count() == strikes


@pytest.mark.parametrize(
    ("notice", "strikes"),
    [pytest.param(timedelta(hours=24), 0, id="in time"), pytest.param(timedelta(hours=3), 1, id="late")],
)
def test_a_late_move_counts_and_moves(booking, cast, notice, strikes):
    operations.move(booking, first_cell=cell_at(START + DAY), by=cast.client, at=START - notice)
    assert Booking.objects.get().starts_at == START + DAY
    assert [one.day for one in Strike.objects.all()] == [START.date()] * strikes


def test_a_strike_has_the_clients_local_date_frozen(cast):
    cast.client.time_zone = "Pacific/Auckland"
    cast.client.save()
    late = new_booking(cast, datetime(2026, 11, 24, 12, tzinfo=UTC))
    operations.cancel(late, reason="solved", by=None, at=late.starts_at - HOUR)
    cast.client.time_zone = "Europe/Rome"
    cast.client.save()
    assert Strike.objects.get().day == date(2026, 11, 25)


def test_the_firm_never_makes_a_strike(booking, cast, manager):
    operations.cancel(booking, reason="firm", by=manager, at=NOW, by_firm=True)
    assert not Strike.objects.exists()


def test_a_time_that_the_firm_imposed_is_refused_free_until_agreed(booking, cast, manager):
    moved = operations.move(booking, first_cell=cell_at(START + DAY), by=manager, at=NOW, by_firm=True)
    assert (moved.imposed_at, moved.agreed_at) == (NOW, None)
    late = moved.starts_at - HOUR
    assert consequence(moved, at=late).because == Because.IMPOSED
    moved.agreed_at = NOW + HOUR
    assert consequence(moved, at=late).counts


def test_an_excused_move_makes_no_strike_but_keeps_the_fee_rules(booking, cast):
    strike_of(cast, "2026-09-01"), strike_of(cast, "2026-10-01")
    with pytest.raises(FeeNotAccepted):
        operations.move(booking, first_cell=cell_at(START + DAY), by=cast.client, at=NOW, excused=True)
    operations.move(booking, first_cell=cell_at(START + DAY), by=cast.client, at=NOW, excused=True, fee_accepted=True)
    assert Strike.objects.count() == 2
    assert Fee.objects.get().state == "accepted"


@pytest.mark.parametrize(
    ("after", "counts"),
    [
        pytest.param(timedelta(minutes=15), False, id="exactly 15 minutes after booking"),
        pytest.param(timedelta(minutes=15, seconds=1), True, id="a second later"),
    ],
)
def test_a_booking_made_late_is_free_only_while_it_can_be_undone(cast, after, counts):
    made = new_booking(cast, START)
    Booking.objects.update(booked_at=NOW, fixed_at=NOW)
    made.refresh_from_db()
    operations.cancel(made, reason="mistake", by=cast.client, at=NOW + after)
    assert Strike.objects.exists() is counts


def test_only_the_undo_of_the_booking_itself_is_free_not_a_move(cast):
    made = new_booking(cast, START)
    Booking.objects.update(booked_at=NOW, fixed_at=NOW)
    made.refresh_from_db()
    assert consequence(made, at=NOW, cancels=False).counts
    assert not consequence(made, at=NOW, cancels=True).counts


@pytest.mark.parametrize(
    ("asked", "outcome"),
    [
        pytest.param(START - 25 * HOUR, 0, id="asked in time"),
        pytest.param(START - HOUR, 1, id="asked late"),
        pytest.param(EARLY, 0, id="asked when it was booked"),
        pytest.param(EARLY - timedelta(seconds=1), NotTheAskedInstant, id="before the booking"),
        pytest.param(START + 2 * HOUR + timedelta(seconds=1), NotTheAskedInstant, id="in the future"),
        pytest.param(START, AlreadyStarted, id="asked at the start"),
    ],
)
def test_for_a_client_the_instant_of_asking_decides_even_after_the_start(booking, manager, asked, outcome):
    def cancel():
        operations.cancel(booking, reason="other", by=manager, at=START + 2 * HOUR, asked_at=asked)

    if isinstance(outcome, int):
        cancel()
        assert Strike.objects.count() == outcome
    else:
        with pytest.raises(outcome):
            cancel()
        assert Booking.objects.get().is_live


def test_a_start_is_missed_once(booking, cast):
    there, back = cell_at(START + HOUR), cell_at(START)
    operations.move(booking, first_cell=there, by=cast.client, at=NOW)
    booking.refresh_from_db()
    moved = operations.move(booking, first_cell=back, by=cast.client, at=NOW, fee_accepted=True)
    operations.cancel(moved, reason="solved", by=cast.client, at=NOW)
    assert sorted(Strike.objects.values_list("first_cell", flat=True)) == [back, there]


def test_a_second_cancellation_changes_nothing(booking, cast):
    operations.cancel(booking, reason="solved", by=cast.client, at=NOW)
    operations.cancel(booking, reason="solved", by=cast.client, at=NOW)
    assert Strike.objects.count() == 1


def test_a_late_move_is_judged_as_if_its_strike_already_stood(booking, cast):
    strike_of(cast)  # with the one of this very move, the client is at level 2
    target = cell_at(START + DAY)
    with pytest.raises(FeeNotAccepted):
        operations.move(booking, first_cell=target, by=cast.client, at=NOW)
    assert (
        Booking.objects.exclude(cancelled_at__isnull=False).filter(starts_at=START).count(),
        Strike.objects.count(),
    ) == (1, 1)
    with pytest.raises(FeeNeedsSignIn):
        operations.move(booking, first_cell=target, by=None, at=NOW, fee_accepted=True)
    operations.move(booking, first_cell=target, by=cast.client, at=NOW, fee_accepted=True)
    fee = Fee.objects.get()
    assert (fee.state, fee.accepted_by, standing(cast).free_from) == ("accepted", cast.client, FREE_FROM)


def test_nothing_is_done_if_it_means_something_else_than_was_shown(booking, cast):
    shown = consequence(booking, at=START - 2 * DAY, cancels=True).key
    with pytest.raises(ConsequenceChanged):
        operations.cancel(booking, reason="solved", by=cast.client, at=NOW, shown=shown)
    seen = consequence(booking, at=NOW, cancels=True).key
    strike_of(cast)  # in the meantime: it would be the second now
    with pytest.raises(ConsequenceChanged):
        operations.cancel(booking, reason="solved", by=cast.client, at=NOW, shown=seen)
    assert Booking.objects.filter(state="booked").count() == 1


def test_an_outcome_cannot_be_cancelled_away(booking, cast):
    Booking.objects.update(state="attended", outcome_at=START)
    with pytest.raises(AlreadyStarted):
        operations.cancel(booking, reason="solved", by=cast.client, at=NOW)


# -- what is told ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "kind"),
    [
        pytest.param([], "strike_warning", id="the first"),
        pytest.param(["2026-09-01"], "strike_sanction", id="the second"),
        pytest.param(["2026-09-01", "2026-10-01"], "strike_renewed", id="the third"),
        pytest.param(["2025-09-01"], "strike_warning", id="the first of a new run"),
    ],
)
def test_the_client_is_told_once_it_cannot_be_undone_any_more(booking, cast, before, kind):
    for day in before:
        strike_of(cast, day)
    operations.cancel(booking, reason="solved", by=cast.client, at=NOW)
    told = Message.objects.get(kind__startswith="strike")
    assert (told.kind, told.due_at, told.recipient) == (kind, NOW + timedelta(minutes=15), cast.client)


def test_the_undo_ends_at_the_old_start(booking, cast):
    operations.cancel(booking, reason="solved", by=cast.client, at=START - timedelta(minutes=4))
    assert Strike.objects.get().final_at == START


def test_what_staff_record_is_final_at_once(booking, cast, manager):
    operations.cancel(booking, reason="other", by=manager, at=NOW, asked_at=NOW)
    assert Strike.objects.get().final_at == NOW
    assert kinds() == ["strike_warning"]


# -- the fee -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def sanctioned(cast):
    """Two strikes: until 1 April 2027 the next session carries the fee."""
    strike_of(cast, "2026-09-01")
    strike_of(cast, "2026-10-01")
    return cast


def book(cast, start=START, **changes):
    facts = {"session_type": cast.session_type, "client": cast.client, "first_cell": cell_at(start)}
    return operations.book(**facts, **{"topic": "Ledger", "by": cast.client, "at": EARLY, **changes})


def test_a_sanctioned_client_books_only_with_the_fee_accepted(sanctioned):
    with pytest.raises(FeeNotAccepted):
        book(sanctioned)
    assert not Booking.objects.filter(state="booked").exists()
    booked = book(sanctioned, fee_accepted=True)
    fee = Fee.objects.get(booking=booked)
    assert (fee.state, fee.accepted_by, str(fee.net), str(fee.vat_rate), fee.currency, fee.account) == (
        "accepted",
        sanctioned.client,
        "90.00",
        "22.00",
        "EUR",
        sanctioned.client.account,
    )


@pytest.mark.parametrize(
    ("day", "costs"),
    [pytest.param("2027-03-31", True, id="the day before"), pytest.param("2027-04-01", False, id="free_from itself")],
)
def test_from_free_from_on_a_session_is_free(sanctioned, day, costs):
    start = datetime.fromisoformat(f"{day}T08:00:00Z")
    if costs:
        with pytest.raises(FeeNotAccepted):
            book(sanctioned, start, at=start - 5 * DAY)
    else:
        book(sanctioned, start, at=start - 5 * DAY, fee_accepted=True)
        assert not Fee.objects.exists()


def attend(booking):
    Booking.objects.filter(pk=booking.pk).update(state="attended", outcome_at=booking.ends_at)
    operations.strikes.refresh(booking.client, at=booking.ends_at)


def test_the_first_attended_session_owes_its_fee_and_the_others_lapse(sanctioned):
    first = book(sanctioned, fee_accepted=True)
    second = book(sanctioned, START + DAY, fee_accepted=True)
    attend(first)
    assert (first.fees.get().state, second.fees.get().state) == ("owed", "lapsed")
    assert standing(sanctioned).free_from is None


def test_an_attended_session_undone_brings_the_fees_back(sanctioned):
    first, second = book(sanctioned, fee_accepted=True), book(sanctioned, START + DAY, fee_accepted=True)
    attend(first)
    Booking.objects.filter(pk=first.pk).update(state="booked", outcome_at=None)
    operations.strikes.refresh(first.client, at=first.ends_at + timedelta(minutes=4))
    assert (first.fees.get().state, second.fees.get().state) == ("accepted", "accepted")


@pytest.mark.parametrize("state", ["interrupted", "our_fault", "ended"])
def test_a_fee_is_owed_only_if_attended_or_missed(sanctioned, state):
    booked = book(sanctioned, fee_accepted=True)
    Booking.objects.filter(pk=booked.pk).update(state=state, outcome_at=booked.ends_at)
    operations.strikes.refresh(booked.client, at=booked.ends_at)
    assert booked.fees.get().state == "lapsed"


def miss(booking, by):
    Booking.objects.filter(pk=booking.pk).update(state="no_show", outcome_at=booking.ends_at, outcome_by=by.pk)
    booking.refresh_from_db()
    at = booking.ends_at
    final_at = at + timedelta(minutes=5)
    return operations.strikes.record(
        booking, cause="no_show", first_cell=booking.first_cell, by=by, at=at, final_at=final_at
    )


def test_a_missed_session_owes_its_fee_and_a_correction_takes_both_back(sanctioned, manager):
    booked = book(sanctioned, fee_accepted=True)
    strike = miss(booked, manager)
    assert (booked.fees.get().state, standing(sanctioned).level) == ("owed", 3)
    Booking.objects.filter(pk=booked.pk).update(state="our_fault")
    operations.strikes.take_back(strike, how="corrected", by=manager, at=booked.ends_at + HOUR, reason="camera")
    assert (booked.fees.get().state, standing(sanctioned).level) == ("lapsed", 2)


def test_a_late_cancellation_of_a_session_with_a_fee_owes_it(sanctioned):
    booked = book(sanctioned, fee_accepted=True)
    operations.cancel(booked, reason="solved", by=sanctioned.client, at=NOW)
    assert booked.fees.get().state == "owed"


def test_a_session_given_up_in_time_costs_nothing(sanctioned):
    booked = book(sanctioned, fee_accepted=True)
    operations.cancel(booked, reason="solved", by=sanctioned.client, at=START - 2 * DAY)
    assert booked.fees.get().state == "lapsed"


def test_an_accepted_fee_moves_with_its_session_and_lapses_behind_the_date(sanctioned):
    booked = book(sanctioned, START + 57 * DAY, fee_accepted=True, at=EARLY)
    moved = operations.move(booked, first_cell=cell_at(START + 58 * DAY), by=None, at=NOW)
    assert moved.fees.get().state == "accepted"
    later = datetime(2027, 4, 1, 8, tzinfo=UTC)
    operations.move(moved, first_cell=cell_at(later), by=None, at=NOW)
    assert moved.fees.get().state == "lapsed"


def test_waiving_the_strike_lapses_the_fee(sanctioned, manager):
    booked = book(sanctioned, fee_accepted=True)
    operations.strikes.take_back(Strike.objects.first(), how="waived", by=manager, at=NOW, reason="A strike of trains")
    assert booked.fees.get().state == "lapsed"
    assert kinds() == ["strike_taken_back"]


def test_a_fee_that_is_owed_goes_with_the_strike_behind_it(sanctioned, manager):
    booked = book(sanctioned, fee_accepted=True)
    attend(booked)
    operations.strikes.take_back(Strike.objects.first(), how="waived", by=manager, at=START + DAY, reason="Trains")
    assert booked.fees.get().state == "lapsed"


def test_an_invoiced_fee_is_left_to_people(sanctioned, manager):
    booked = book(sanctioned, fee_accepted=True)
    attend(booked)
    operations.fees.become(booked.fees.get(), "invoiced", by=manager, at=START + DAY)
    operations.strikes.take_back(Strike.objects.first(), how="waived", by=manager, at=START + DAY, reason="Trains")
    assert booked.fees.get().state == "invoiced"


@pytest.mark.parametrize(
    ("path", "lawful"),
    [
        pytest.param(["invoiced", "paid"], True, id="invoiced, then paid"),
        pytest.param(["waived"], True, id="waived"),
        pytest.param(["invoiced", "waived"], True, id="credited"),
        pytest.param(["paid"], False, id="paid without an invoice"),
        pytest.param(["waived", "invoiced"], False, id="invoiced after a waiver"),
        pytest.param(["accepted"], False, id="back to accepted"),
        pytest.param(["lapsed"], False, id="lapsed by hand"),
    ],
)
def test_what_may_become_of_a_fee_that_is_owed(sanctioned, manager, path, lawful):
    booked = book(sanctioned, fee_accepted=True)
    attend(booked)
    fee = booked.fees.get()

    def walk():
        for state in path:
            operations.fees.become(fee, state, by=manager, at=START + DAY, reason="because")

    if lawful:
        walk()
        assert booked.fees.get().state == path[-1]
    else:
        with pytest.raises(BookingRefused):
            walk()


def test_waiving_needs_a_reason(sanctioned, manager):
    booked = book(sanctioned, fee_accepted=True)
    attend(booked)
    with pytest.raises(NoReason):
        operations.fees.become(booked.fees.get(), "waived", by=manager, at=START + DAY, reason=" ")
    with pytest.raises(NoReason):
        operations.strikes.take_back(Strike.objects.first(), how="waived", by=manager, at=NOW, reason=" ")


# -- sessions already booked (B-13.4) ----------------------------------------------------------------------------------

FAR = START + 30 * DAY  # booked already when the second strike falls


@pytest.fixture
def asked(cast):
    """The second strike falls by a late cancellation; two more sessions are booked."""
    strike_of(cast)
    first, second = new_booking(cast, FAR), new_booking(cast, FAR + DAY)
    late = new_booking(cast, START)
    operations.cancel(late, reason="solved", by=cast.client, at=NOW)
    return first, second


def test_the_earliest_session_booked_already_is_asked_a_fee(asked):
    fee = Fee.objects.get()
    assert (fee.booking, fee.state, fee.asked_at) == (asked[0], "asked", NOW + timedelta(minutes=15))
    told = Message.objects.get(kind="fee_asked")
    assert (told.due_at, told.useful_until) == (fee.asked_at, FAR - DAY)


@pytest.mark.parametrize(
    ("start", "is_asked"),
    [
        pytest.param(NOW + timedelta(minutes=15) + 48 * HOUR, True, id="told exactly 48 hours before"),
        pytest.param(NOW + timedelta(minutes=10) + 48 * HOUR, False, id="told later"),
    ],
)
def test_told_less_than_48_hours_before_it_stays_free(cast, start, is_asked):
    strike_of(cast)
    late = new_booking(cast, START)
    new_booking(cast, start)
    operations.cancel(late, reason="solved", by=cast.client, at=NOW)
    assert Fee.objects.exists() is is_asked


def test_a_session_on_a_free_date_is_not_asked(cast):
    strike_of(cast)
    late = new_booking(cast, START)
    new_booking(cast, datetime(2027, 5, 24, 8, tzinfo=UTC))
    operations.cancel(late, reason="solved", by=cast.client, at=NOW)
    assert not Fee.objects.exists()


def test_the_client_accepts(asked, cast):
    operations.fees.accept(asked[0], by=cast.client, at=NOW + DAY)
    operations.fees.accept(asked[0], by=cast.client, at=NOW + DAY)
    fee = Fee.objects.get()
    assert (fee.state, fee.accepted_at, fee.accepted_by) == ("accepted", NOW + DAY, cast.client)


@pytest.mark.parametrize("notice", [timedelta(days=5), timedelta(hours=3)], ids=["in time", "late"])
def test_the_client_cancels_without_a_strike_and_the_next_is_asked(asked, cast, notice):
    at = FAR - notice
    operations.cancel(asked[0], reason="other", by=cast.client, at=at)
    assert Strike.objects.count() == 2
    expected = ["asked", "lapsed"] if FAR + DAY - at >= 48 * HOUR else ["lapsed"]
    assert sorted(Fee.objects.values_list("state", flat=True)) == expected


def test_the_client_moves_to_a_free_date(asked, cast):
    free = datetime(2027, 5, 24, 8, tzinfo=UTC)
    operations.move(asked[0], first_cell=cell_at(free), by=None, at=FAR - 5 * DAY)
    assert {(fee.booking_id, fee.state) for fee in Fee.objects.all()} == {
        (asked[0].pk, "lapsed"),
        (asked[1].pk, "asked"),
    }


def test_moving_to_a_date_that_costs_is_accepting(asked, cast):
    with pytest.raises(FeeNotAccepted):
        operations.move(asked[0], first_cell=cell_at(FAR + HOUR), by=cast.client, at=NOW + DAY)
    operations.move(asked[0], first_cell=cell_at(FAR + HOUR), by=cast.client, at=NOW + DAY, fee_accepted=True)
    assert asked[0].fees.get().state == "accepted"


def test_silence_cancels_24_hours_before_without_a_strike(asked):
    assert cancel_unanswered(FAR - DAY - timedelta(seconds=1)) == 0
    assert cancel_unanswered(FAR - DAY) == 1
    booking = Booking.objects.get(pk=asked[0].pk)
    assert (booking.state, booking.cancel_reason, Strike.objects.count()) == ("cancelled", "fee", 2)
    told = Message.objects.filter(subject_type="bookings.booking", subject_id=booking.pk, recipient=booking.client)
    assert list(told.values_list("kind", flat=True)) == ["fee_cancelled"]
    assert cancel_unanswered(FAR - DAY) == 0


def test_who_accepted_keeps_the_session(asked, cast):
    operations.fees.accept(asked[0], by=cast.client, at=NOW + DAY)
    assert cancel_unanswered(FAR - HOUR) == 0


def test_undoing_the_cancellation_takes_the_question_back(asked, cast):
    strike = Strike.objects.order_by("-pk").first()
    operations.strikes.take_back(strike, how="undone", by=cast.client, at=NOW + timedelta(minutes=5))
    assert Fee.objects.get().state == "lapsed"
    assert "strike_taken_back" not in kinds()


def test_a_lapsed_fee_has_nothing_to_accept(asked, cast, manager):
    operations.strikes.take_back(Strike.objects.first(), how="waived", by=manager, at=NOW + DAY, reason="Trains")
    assert operations.fees.accept(asked[0], by=cast.client, at=NOW + DAY) is None


def test_a_cancelled_session_has_nothing_to_accept(asked, cast):
    operations.cancel(asked[0], reason="other", by=cast.client, at=NOW + DAY)
    with pytest.raises(NotLive):
        operations.fees.accept(asked[0], by=cast.client, at=NOW + DAY)


@pytest.mark.parametrize("late", [pytest.param(0, id="at the start"), pytest.param(1, id="a second after")])
def test_a_session_that_has_begun_has_nothing_to_accept(asked, cast, late):
    """Also where the tick came too late to cancel it unanswered."""
    with pytest.raises(AlreadyStarted):
        operations.fees.accept(asked[0], by=cast.client, at=asked[0].starts_at + timedelta(seconds=late))
    assert Fee.objects.get().state == "asked"
    before = asked[0].starts_at - timedelta(seconds=1)
    assert operations.fees.accept(asked[0], by=cast.client, at=before).state == "accepted"  # the control


# -- looking at it again -----------------------------------------------------------------------------------------------


def ask_review(strike, at=None):
    return operations.reviews.ask(strike, text="The link did not work.", by=strike.client, at=at or NOW + DAY)


def test_until_the_answer_it_has_no_consequences(asked, cast, manager):
    review = ask_review(Strike.objects.order_by("-pk").first())
    assert standing(cast).level == 1
    book(cast, START + 2 * DAY, at=NOW + DAY)  # no fee now
    assert cancel_unanswered(FAR - HOUR) == 0
    operations.reviews.decide(review, decision="kept", answer="The logs say it did.", by=manager, at=NOW + 2 * DAY)
    assert standing(cast).level == 2
    assert "strike_reviewed" in kinds()
    assert cancel_unanswered(FAR - HOUR) == 1


def test_a_waiver_ends_it(asked, cast, manager):
    review = ask_review(Strike.objects.order_by("-pk").first())
    operations.reviews.decide(review, decision="waived", answer="You are right.", by=manager, at=NOW + 2 * DAY)
    assert (standing(cast).level, Fee.objects.get().state) == (1, "lapsed")
    assert Strike.objects.get(taken_back="waived").taken_back_by == manager
    assert "strike_taken_back" not in kinds() and "strike_reviewed" in kinds()


@pytest.mark.parametrize(
    ("local", "allowed"),
    [
        pytest.param("2026-12-08T22:59:59+00:00", True, id="the last second of the 14th day in Rome"),
        pytest.param("2026-12-08T23:00:00+00:00", False, id="the next day"),
    ],
)
def test_the_client_has_14_days(booking, cast, local, allowed):
    operations.cancel(booking, reason="solved", by=cast.client, at=NOW)
    strike, at = Strike.objects.get(), datetime.fromisoformat(local)
    if allowed:
        assert ask_review(strike, at=at).pk
    else:
        with pytest.raises(TooLateToAsk):
            ask_review(strike, at=at)


def test_it_is_looked_at_once(booking, cast):
    operations.cancel(booking, reason="solved", by=cast.client, at=NOW)
    ask_review(Strike.objects.get())
    with pytest.raises(AlreadyAsked):
        ask_review(Strike.objects.get())


def test_who_marked_it_does_not_decide(booking, cast, manager):
    review = ask_review(miss(booking, manager))
    with pytest.raises(OwnMark):
        operations.reviews.decide(review, decision="kept", answer="No.", by=manager, at=NOW + DAY)
    other = StaffFactory(roles=["manager"])
    operations.reviews.decide(review, decision="kept", answer="No.", by=other, at=NOW + DAY)
    with pytest.raises(AlreadyDecided):
        operations.reviews.decide(review, decision="waived", answer="Yes.", by=other, at=NOW + DAY)
    assert StrikeReview.objects.get().decision == "kept"


def test_a_fee_is_not_invoiced_while_a_strike_is_looked_at_again(sanctioned, manager):
    booked = book(sanctioned, fee_accepted=True)
    ask_review(miss(booked, StaffFactory()), at=START + DAY)
    with pytest.raises(BookingRefused):
        operations.fees.become(booked.fees.get(), "invoiced", by=manager, at=START + DAY)


def test_a_coordinator_cancels_late_and_the_strike_is_the_attendees(booking, cast):
    coordinator = ClientFactory(account=cast.client.account, is_coordinator=True)
    operations.cancel(booking, reason="other", by=coordinator, at=NOW)
    strike = Strike.objects.get()
    assert (strike.client, strike.recorded_by) == (cast.client, coordinator)
    assert Message.objects.get(kind="strike_warning").recipient == cast.client
