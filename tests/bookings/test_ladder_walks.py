"""Random histories through the operations, each step held to a naive model that keeps its own book (B-10, B-13)."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from bookings import operations
from bookings.models import Booking, Fee, Strike
from bookings.operations.unanswered import cancel_unanswered
from bookings.refusals import BookingRefused, FeeNotAccepted
from supportportal.lattice import cell_at
from tests.bookings.test_ladder import naive_ladder
from tests.factories import BookingFactory, StaffFactory

BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)  # a Monday; Rome is far from midnight at these hours
STEPS = 90
VERBS = ["book"] * 6 + ["cancel", "move", "waive", "accept"] + ["outcome"] * 5 + ["wait"] * 5


class Book:
    """What happened, in the words of a person who writes it down: who was away when, and who came when."""

    def __init__(self) -> None:
        self.missed: dict[tuple[int, datetime], bool] = {}  # (session, start) → whether it still counts
        self.came: list[datetime] = []

    def ladder(self, starts: datetime):
        counting = [start for (_pk, start), counts in self.missed.items() if counts]
        newest = max(counting, default=None)
        after = [] if newest is None else [newest.date() + timedelta(days=1) for one in self.came if one > newest]
        return naive_ladder([start.date() for start in counting], after, starts.date())


@pytest.mark.parametrize("seed", range(12))
def test_a_history_at_random_agrees_with_the_book(cast, seed):
    random, book, at = Random(seed), Book(), BEGIN
    manager = StaffFactory(roles=["manager"])
    cast.session_type.horizon_days = 365
    cast.session_type.save()

    def free_start() -> datetime:
        day = at + timedelta(days=random.choice([1, 1, 2, 4, 9, 30, 190]))
        while day.weekday() > 4:
            day += timedelta(days=1)
        return day.replace(hour=random.randint(9, 14), minute=0)

    def give_up(booking: Booking, act) -> None:
        start = booking.starts_at
        asked = booking.fees.filter(state="asked").exists()
        counts = start - at < timedelta(hours=24) and not asked
        act()
        if counts and (booking.pk, start) not in book.missed:
            book.missed[booking.pk, start] = True

    for _step in range(STEPS):
        live = list(Booking.objects.live().filter(first_cell__gt=cell_at(at)))
        due = list(Booking.objects.live().filter(first_cell__lte=cell_at(at)))
        verb = random.choice(VERBS)
        if verb == "book" and len(live) < 4:
            start = free_start()
            costs = book.ladder(start)[2]
            facts = {
                "session_type": cast.session_type,
                "client": cast.client,
                "first_cell": cell_at(start),
                "topic": "x",
            }
            try:
                made = operations.book(**facts, by=cast.client, at=at)
                assert not costs
            except FeeNotAccepted:
                assert costs
                made = operations.book(**facts, by=cast.client, at=at, fee_accepted=True)
                assert made.fees.get().state == "accepted"
            except BookingRefused:
                continue
            Booking.objects.filter(pk=made.pk).update(booked_at=at - timedelta(hours=1))  # no undo of the booking
        elif verb == "cancel" and live:
            one = random.choice(live)
            give_up(one, lambda one=one, at=at: operations.cancel(one, reason="other", by=cast.client, at=at))
        elif verb == "move" and live:
            one, cell = random.choice(live), cell_at(free_start())
            if cell == one.first_cell:
                continue

            def move(one=one, cell=cell, at=at):
                operations.move(one, first_cell=cell, by=cast.client, at=at, fee_accepted=True)

            try:
                give_up(one, move)
            except BookingRefused:
                continue
        elif verb == "outcome" and due:
            one = random.choice(due)
            state = random.choice(["attended", "no_show", "no_show"])
            Booking.objects.filter(pk=one.pk).update(state=state, outcome_at=at)
            one.refresh_from_db()
            if state == "attended":
                book.came.append(one.starts_at)
                operations.strikes.refresh(cast.client, at=at)
            else:
                book.missed[one.pk, one.starts_at] = True
                facts = {"cause": "no_show", "first_cell": one.first_cell}
                operations.strikes.record(one, **facts, by=manager, at=at, final_at=at)
        elif verb == "waive" and random.random() < 0.3 and (counting := list(Strike.objects.counting())):
            strike = random.choice(counting)
            key = next(
                key for key in book.missed if key[0] == strike.booking_id and cell_at(key[1]) == strike.first_cell
            )
            book.missed[key] = False
            operations.strikes.take_back(strike, how="waived", by=manager, at=at, reason="x")
        elif verb == "accept" and (fee := Fee.objects.filter(state="asked", booking__state="booked").first()):
            if fee.booking.starts_at > at:
                operations.fees.accept(fee.booking, by=cast.client, at=at)
        elif verb == "wait":
            at += timedelta(hours=random.choice([1, 20, 26, 50, 50, 24 * 9]))
            cancel_unanswered(at)
        hold(cast.client, book, at)


def hold(client, book: Book, at: datetime) -> None:
    """What is true after every step."""
    standing = operations.strikes.standing(client, at)
    level, free_from, costs = book.ladder(at)
    assert (standing.level, standing.free_from, standing.is_chargeable(at.date())) == (level, free_from, costs)
    open_fees = Fee.objects.filter(state__in=["asked", "accepted"]).select_related("booking")
    assert len([fee for fee in open_fees if fee.state == "asked"]) <= 1
    for fee in open_fees:
        assert fee.booking.is_live and standing.is_chargeable(fee.booking.starts_at.date())
    for fee in Fee.objects.filter(state="owed").select_related("booking"):
        assert fee.accepted_at and fee.booking.state in ("attended", "no_show", "cancelled")


def test_the_model_would_notice_a_strike_that_is_not_counted(cast):
    """The negative control: a strike behind the book's back is found."""
    booking = BookingFactory(client=cast.client, starts=BEGIN)
    facts = {"cause": "no_show", "first_cell": booking.first_cell}
    operations.strikes.record(booking, **facts, by=None, at=BEGIN, final_at=BEGIN)
    with pytest.raises(AssertionError):
        hold(cast.client, Book(), BEGIN)
