"""Two who go by one order never wait for each other in a circle, and nobody who joins in time is overlooked (B-15)."""

from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection, transaction

from bookings import operations
from bookings.models import Hold, Offer, WorkingHours
from bookings.operations import waiting
from bookings.operations.locking import lock_people
from supportportal.lattice import cell_at

from .crowd import PATIENCE, run_crowd

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 12
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
OVER = AT + timedelta(minutes=15)  # the undo is over
START = datetime(2026, 11, 24, 10, tzinfo=UTC)
NEXT_DAY = START + timedelta(days=1)


@pytest.fixture
def scene():
    """Two agents, of whom the second is ``high``; one client has an offer of each, of the high one first."""
    from ..factories import AccountFactory, AgentFactory, ClientFactory, FirmFactory, SessionTypeFactory

    FirmFactory(time_zone="UTC")
    account = AccountFactory()
    session_type = SessionTypeFactory(plans=[account.plan])
    low, high = AgentFactory.create_batch(2, session_types=[session_type], time_zone="UTC")
    WorkingHours.objects.bulk_create(
        WorkingHours(agent=agent, weekday=day, opens=time(0), closes=time(0))
        for agent in (low, high)
        for day in range(5)
    )
    leaver, waiter, other = ClientFactory.create_batch(3, account=account)
    facts = {"session_type": session_type, "topic": "Race", "at": AT}

    def book(client, start, agent):
        return operations.book(first_cell=cell_at(start), agent=agent, client=client, by=client, **facts)

    def free(start, agent):
        operations.cancel(book(leaver, start, agent), reason="other", by=leaver, at=AT)

    def wait(client, start):
        return waiting.join_for_days(session_type, [start.date()], client=client, by=client, topic="Race", at=AT)

    return SimpleNamespace(low=low, high=high, waiter=waiter, other=other, book=book, free=free, wait=wait)


# -- one order for all -------------------------------------------------------------------------------------------------


@pytest.fixture
def offered(scene):
    for start, agent in ((START, scene.high), (NEXT_DAY, scene.low)):
        scene.free(start, agent)
        scene.wait(scene.waiter, start)
    for number, hold in enumerate(Hold.objects.order_by("-agent")):
        waiting.pass_one_on(hold.pk, OVER + timedelta(seconds=number))
    assert list(Offer.objects.open().values_list("agent", flat=True)) == [scene.high.pk, scene.low.pk]
    return scene


def test_withdrawing_all_offers_waits_for_nobody_in_a_circle(offered):
    """Against one who moves a session from one of the agents to the other, which locks the same two."""
    booking = offered.book(offered.other, NEXT_DAY + timedelta(hours=2), offered.low)
    offers = list(Offer.objects.values())

    def act(rival, barrier):
        for number in range(ROUNDS):
            barrier.wait(PATIENCE)
            if rival:
                agent = offered.low if number % 2 else offered.high
                operations.move(booking, first_cell=booking.first_cell, agent=agent, by=None, at=OVER)
                continue
            waiting.withdraw_offers(offered.waiter, at=OVER)
            with transaction.atomic():  # and as it was
                lock_people(offered.low.pk, offered.high.pk)
                for offer in offers:
                    Offer.objects.filter(pk=offer["id"]).update(state=Offer.State.OPEN, decided_at=None)
                    Hold.objects.filter(freed=offer["freed"]).update(offer=offer["id"], until=offer["until"])

    run_crowd(act, processes=2, threads=1)
    waiting.withdraw_offers(offered.waiter, at=OVER)
    assert set(Offer.objects.values_list("state", flat=True)) == {Offer.State.WITHDRAWN}
    assert not Hold.objects.filter(offer__isnull=False).exists()


def test_one_after_the_other_would(offered, monkeypatch):
    """SQLite has one writer at a time: there is nothing to wait for in a circle."""
    waits = connection.features.has_select_for_update

    def act(rival, barrier):
        locked = []

        def lock_and_pause(*ids):
            lock_people(*ids)
            locked.append(ids)
            if waits and len(locked) == 1:
                barrier.wait(PATIENCE)

        monkeypatch.setattr(waiting, "lock_people", lock_and_pause)
        try:
            with transaction.atomic():
                if rival:
                    lock_and_pause(offered.low.pk)
                    lock_and_pause(offered.high.pk)
                else:
                    for offer in Offer.objects.order_by("offered_at"):
                        waiting._withdraw([offer.pk], at=OVER)
        except OperationalError as error:
            return "deadlock" in str(error)
        return False

    assert any(run_crowd(act, processes=2, threads=1)) is waits


# -- who joins in time -------------------------------------------------------------------------------------------------


@pytest.fixture
def joins_meanwhile(scene, monkeypatch):
    """Somebody joins once those who wait have been looked through in vain, right before the slot is let go."""
    scene.free(START, scene.low)

    def then(let_go):
        def join_first(hold, at):
            scene.wait(scene.waiter, START)
            return let_go(hold, at)

        monkeypatch.setattr(waiting, "_let_go", join_first)

    return then


def test_who_joins_while_others_are_looked_through_is_asked(scene, joins_meanwhile):
    joins_meanwhile(waiting._let_go)
    waiting.pass_on(OVER)
    assert Offer.objects.get().entry.client == scene.waiter
    assert Hold.objects.get().offer == Offer.objects.get()


def test_without_a_second_look_the_slot_would_be_gone(joins_meanwhile):
    joins_meanwhile(lambda hold, at: hold.delete())
    waiting.pass_on(OVER)
    assert not Offer.objects.exists()
    assert not Hold.objects.exists()
