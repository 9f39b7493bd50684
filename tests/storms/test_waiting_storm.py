"""Two hands on one freed slot: each race has exactly one winner, and the other is told (B-9a, B-15)."""

from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection, transaction

from bookings import cells, operations
from bookings.models import Booking, Hold, OccupiedCell, Offer, WaitlistEntry, WorkingHours
from bookings.operations import waiting
from bookings.refusals import BookingRefused
from supportportal.lattice import cell_at

from .crowd import PATIENCE, run_crowd

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS, PROCESSES, THREADS = 8, 2, 2
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
START = datetime(2026, 11, 24, 10, tzinfo=UTC)
OVER = AT + timedelta(minutes=15)  # the undo is over
EXPIRED = OVER + timedelta(hours=2)  # and so is the first offer
MOMENT = timedelta(seconds=1)
GRACE = timedelta(minutes=2)


@pytest.fixture
def scene():
    """For each round an agent of its own, a session that was just cancelled, and two who wait for this agent."""
    from ..factories import AccountFactory, AgentFactory, ClientFactory, FirmFactory, SessionTypeFactory

    FirmFactory(time_zone="UTC")
    account = AccountFactory()
    session_type = SessionTypeFactory(plans=[account.plan])
    rounds = []
    for _number in range(ROUNDS):
        agent = AgentFactory(session_types=[session_type], time_zone="UTC")
        WorkingHours.objects.bulk_create(
            WorkingHours(agent=agent, weekday=d, opens=time(0), closes=time(0)) for d in range(5)
        )
        client, first, second, stranger = ClientFactory.create_batch(4, account=account)
        one = SimpleNamespace(agent=agent, client=client, first=first, second=second, stranger=stranger)
        one.book = lambda who, at, agent=agent: operations.book(
            session_type=session_type, client=who, by=who, first_cell=cell_at(START), agent=agent, topic="Race", at=at
        )
        one.booking = one.book(client, AT)
        for number, who in enumerate((first, second)):
            since = AT + timedelta(minutes=number)
            facts = {"client": who, "agent": agent, "topic": "Race", "by": who, "at": since}
            waiting.join_for_days(session_type, [START.date()], **facts)
        operations.cancel(one.booking, reason="other", by=client, at=AT)
        rounds.append(one)
    return rounds


def race(scene, *acts) -> list[list[bool]]:
    """Each round, all rivals start together, the first kind of act by half of them; who won, by round and act."""

    def act(rival, barrier):
        mine, won = rival % len(acts), []
        for one in scene:
            barrier.wait(PATIENCE)
            try:
                won.append((mine, bool(acts[mine](one))))
            except BookingRefused:
                won.append((mine, False))
        return won

    results = run_crowd(act, processes=PROCESSES, threads=THREADS)
    return [[any(won for which, won in results_of if which == number) for number in range(len(acts))]
            for results_of in zip(*results, strict=True)]  # fmt: skip


def undo(at):
    def act(one):
        booking = Booking.objects.get(pk=one.booking.pk)
        return waiting.undo(booking, by=None, at=at) is not None

    return act


def tick(at):
    """Whether this slot went to somebody is seen afterwards."""

    def act(one):
        for pk in Hold.objects.filter(agent=one.agent).values_list("pk", flat=True):
            waiting.pass_one_on(pk, at)
        return False

    return act


def accept(at):
    def act(one):
        offer = Offer.objects.get(agent=one.agent, entry__client=one.first)
        return waiting.accept(offer, by=None, at=at) is not None

    return act


def decline(at):
    def act(one):
        offer = Offer.objects.get(agent=one.agent, entry__client=one.first)
        return waiting.decline(offer, by=None, at=at) is None

    return act


def take(at):
    return lambda one: one.book(one.stranger, at) is not None


def owners(one) -> list[str]:
    """Who has the slot: live sessions and open offers with a hold."""
    sessions = Booking.objects.live().filter(agent=one.agent).values_list("client__pk", flat=True)
    offers = (
        Offer.objects.open().filter(agent=one.agent, hold__isnull=False).values_list("entry__client__pk", flat=True)
    )
    undos = Hold.objects.filter(agent=one.agent, booking__isnull=False).values_list("booking__client__pk", flat=True)
    names = {one.client.pk: "client", one.first.pk: "first", one.second.pk: "second", one.stranger.pk: "stranger"}
    return sorted(names[pk] for pk in [*sessions, *offers, *undos])


def assert_cells_fit() -> None:
    """Every cell of an agent belongs to a live session or a hold that is there."""
    rows = OccupiedCell.objects.filter(person__in=WorkingHours.objects.values("agent"))
    for person, cell, booking, hold in rows.values_list("person", "cell", "booking", "hold"):
        owner = Booking.objects.live().filter(pk=booking) if booking else Hold.objects.filter(pk=hold)
        assert owner.filter(agent=person).exists(), (person, cell)


def test_undo_against_the_next_offer(scene):
    won = race(scene, undo(OVER - MOMENT), tick(OVER))
    for one, (undone, _ticked) in zip(scene, won, strict=True):
        assert owners(one) == (["client"] if undone else ["first"])
    assert_cells_fit()


def test_undo_against_a_booking(scene):
    won = race(scene, undo(OVER - MOMENT), take(OVER + GRACE))
    for one, (undone, taken) in zip(scene, won, strict=True):
        assert undone != taken
        assert owners(one) == (["client"] if undone else ["stranger"])
    assert_cells_fit()


def test_two_accept_one_offer(scene):
    waiting.pass_on(OVER)
    race(scene, accept(OVER), accept(OVER))
    for one in scene:
        assert owners(one) == ["first"]
        assert Booking.objects.live().filter(agent=one.agent).count() == 1
    assert_cells_fit()


def test_accept_against_expire(scene):
    waiting.pass_on(OVER)
    won = race(scene, accept(EXPIRED - MOMENT), tick(EXPIRED))
    for one, (accepted, _ticked) in zip(scene, won, strict=True):
        assert owners(one) == (["first"] if accepted else ["second"])
        assert Offer.objects.filter(agent=one.agent).count() == (1 if accepted else 2)
    assert_cells_fit()


def test_accept_against_decline(scene):
    waiting.pass_on(OVER)
    won = race(scene, accept(OVER), decline(OVER))
    for one, (accepted, declined) in zip(scene, won, strict=True):
        assert accepted != declined
        assert owners(one) == (["first"] if accepted else [])
    assert_cells_fit()


def test_accept_against_a_booking_when_the_tick_is_late(scene):
    waiting.pass_on(OVER)
    won = race(scene, accept(EXPIRED - MOMENT), take(EXPIRED + GRACE))
    for one, (accepted, taken) in zip(scene, won, strict=True):
        assert accepted != taken
        assert owners(one) == (["first"] if accepted else ["stranger"])
    assert_cells_fit()


def test_many_ticks_make_one_offer(scene):
    race(scene, tick(OVER), tick(OVER))
    for one in scene:
        assert owners(one) == ["first"]
        assert Offer.objects.filter(agent=one.agent).count() == 1
    assert_cells_fit()


# -- the ways that lose: look first, then act --------------------------------------------------------------------------


def look_then_act(scene, *acts) -> None:
    """Everybody looks at the slot, everybody sees it as theirs, everybody acts."""

    def act(rival, barrier):
        for one in scene[:2]:
            hold = Hold.objects.filter(agent=one.agent).first()
            barrier.wait(PATIENCE)
            with transaction.atomic():
                acts[rival](one, hold)
            barrier.wait(PATIENCE)

    run_crowd(act, processes=len(acts), threads=1)


def careless_undo(one, hold):
    Hold.objects.filter(pk=hold.pk).update(booking=None)
    Booking.objects.filter(pk=one.booking.pk).update(state=Booking.State.BOOKED, cancelled_at=None)


def careless_offer(one, hold):
    entry = WaitlistEntry.objects.get(client=one.first)
    Offer.objects.create(
        entry=entry,
        agent=one.agent,
        first_cell=hold.slot["first_cell"],
        freed=hold.freed,
        offered_at=OVER,
        until=EXPIRED,
    )
    Hold.objects.filter(pk=hold.pk).update(booking=None, offer=Offer.objects.get(entry=entry))


def careless_booking(name):
    def act(one, hold):
        who = getattr(one, name)
        Booking.objects.create(
            reference=f"{who.pk}",
            session_type=one.booking.session_type,
            agent=one.agent,
            client=who,
            booked_by=who,
            first_cell=cell_at(START),
            cells=6,
            place_kind="video",
        )

    return act


def test_without_cells_a_careless_undo_and_a_careless_offer_both_win(scene):
    cells.drop(connection)
    try:
        look_then_act(scene, careless_undo, careless_offer)
        assert all(owners(one) == ["client", "first"] for one in scene[:2])
    finally:
        cells.create(connection)


def test_with_them_the_database_refuses_the_careless_undo(scene):
    one = scene[0]
    with pytest.raises(IntegrityError), transaction.atomic():
        careless_undo(one, Hold.objects.get(agent=one.agent))


def test_without_cells_careless_bookings_of_an_offered_slot_both_win(scene):
    waiting.pass_on(OVER)
    cells.drop(connection)
    try:
        look_then_act(scene, careless_booking("first"), careless_booking("stranger"))
        assert all({"first", "stranger"} <= set(owners(one)) for one in scene[:2])
    finally:
        Booking.objects.live().delete()
        cells.create(connection)
