"""A measure is taken while its client does everything at once: once it is written, nothing more gets in (R-4, R-5)."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.utils import timezone

from bookings import granting, operations
from bookings.models import Booking, Callback, CallbackAddition, Hold, Offer, WaitlistEntry, WorkingHours
from bookings.operations import calls, waiting
from bookings.operations.colleagues import replace_attendee
from bookings.operations.locking import lock_people
from bookings.refusals import BookingRefused
from supportportal.lattice import cell_at, instant_at
from supportportal.people import models as people
from supportportal.people.models import Gate, Restriction

from .crowd import PATIENCE, run_crowd

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS, PROCESSES, THREADS = 4, 2, 5
TRIES = 8  # of each rival in a round, and one more when the measure is known to stand
GATES = [gate.value for gate in Gate]


@pytest.fixture
def scene():
    """For each round an account of its own: a client who coordinates, a coordinator, a colleague, what they have."""
    from ..factories import (
        AccountFactory,
        AgentFactory,
        ChannelFactory,
        ClientFactory,
        FirmFactory,
        PlanFactory,
        SessionTypeFactory,
    )

    FirmFactory(time_zone="UTC")
    plan = PlanFactory()
    session_type = SessionTypeFactory(plans=[plan], horizon_days=60)
    ChannelFactory(code="callback", gate="callback", plans=[plan])
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    coming = [midnight + timedelta(days=number) for number in range(2, 50)]
    workdays = [cell_at(day) for day in coming if day.weekday() < 5]
    rounds = []
    for _number in range(ROUNDS):
        agent = AgentFactory(session_types=[session_type], time_zone="UTC")
        WorkingHours.objects.bulk_create(
            WorkingHours(agent=agent, weekday=day, opens=time(0), closes=time(0)) for day in range(7)
        )
        account = AccountFactory(plan=plan)
        client, coordinator = ClientFactory.create_batch(2, account=account, is_coordinator=True, time_zone="UTC")
        one = SimpleNamespace(
            session_type=session_type,
            agent=agent,
            workdays=workdays,
            account=account,
            client=client,
            coordinator=coordinator,
            colleague=ClientFactory(account=account, time_zone="UTC"),
            other=ClientFactory(account__plan=plan, time_zone="UTC"),
        )
        furnish(one)
        rounds.append(one)
    return rounds


def furnish(one) -> None:
    """A session to move, one to undo, one that changes hands, and an offer."""
    one.to_move = book(one, 0, 0, one.client, one.client)
    one.to_undo = book(one, 1, 0, one.client, one.client)
    one.changing_hands = book(one, 2, 0, one.colleague, one.coordinator)
    freed = book(one, 3, 0, one.other, one.other)
    wait(one, 3, one.client)
    operations.cancel(freed, reason="firm", by=one.agent.user, by_firm=True, at=timezone.now())
    for pk in Hold.objects.filter(agent=one.agent).values_list("pk", flat=True):
        waiting.pass_one_on(pk, timezone.now())
    one.offer = Offer.objects.get(agent=one.agent)
    operations.cancel(one.to_undo, reason="solved", by=one.client, at=timezone.now())


def book(one, day, number, client, by):
    """The half hour of that number on a workday."""
    facts = {"session_type": one.session_type, "agent": one.agent, "topic": "Storm"}
    cell = one.workdays[day] + number * 6
    return operations.book(**facts, first_cell=cell, client=client, by=by, at=timezone.now())


def wait(one, day, client):
    wanted = instant_at(one.workdays[day]).date()
    facts = {"agent": one.agent, "topic": "Storm", "client": client, "by": client}
    return waiting.join_for_days(one.session_type, [wanted], **facts, at=timezone.now())


# -- what the rivals do, each again and again --------------------------------------------------------------------------


def books(one, number):
    return book(one, 5, number, one.client, one.client)


def is_booked_for(one, number):
    return book(one, 6, number, one.client, one.coordinator)


def books_for_a_colleague(one, number):
    return book(one, 7, number, one.colleague, one.client)


def moves(one, number):
    cell = one.workdays[8] + number * 6
    return operations.move(one.to_move, first_cell=cell, agent=one.agent, by=one.client, at=timezone.now())


def joins(one, number):
    return wait(one, 9 + number, one.client)


def calls_back(one, number):
    facts = {"number": "+390612345678", "contact": "Anna", "description": f"Storm {number}"}
    return calls.ask(one.client, **facts, by=one.client, at=timezone.now())


def accepts(one, number):
    return waiting.accept(one.offer, by=one.client, at=timezone.now())


def undoes(one, number):
    """Cancelling stays open, so that there is always something to undo."""
    if number % 2:
        return operations.cancel(one.to_undo, reason="solved", by=one.client, at=timezone.now())
    return waiting.undo(one.to_undo, by=one.client, at=timezone.now())


def changes_hands(one, number):
    attendee = one.client if number % 2 == 0 else one.colleague
    return replace_attendee(one.changing_hands, attendee=attendee, by=one.coordinator, at=timezone.now())


RIVALS: list[Callable] = [
    *(books, is_booked_for, books_for_a_colleague, moves, joins, calls_back, accepts, undoes, changes_hands),
]
assert len(RIVALS) + 1 == PROCESSES * THREADS


# -- the measure -------------------------------------------------------------------------------------------------------


def take_measure(one, *, whole_account: bool, locks: bool, reads_under_lock: bool) -> tuple[datetime, list]:
    """When it begins, and what there was when it was taken."""
    on = {"account": one.account} if whole_account else {"user": one.client}
    whom = [one.client, one.coordinator, one.colleague] if whole_account else [one.client]
    at = timezone.now()
    with transaction.atomic():
        if locks:
            lock_people(*(person.pk for person in whom))
        starts_at = timezone.now() if reads_under_lock else at
        seen = list(claims(one, whole_account))
        Restriction.objects.create(
            **on, gates=GATES, starts_at=starts_at, ends_at=starts_at + timedelta(days=1), notice="Storm."
        )
    return starts_at, seen


def claims(one, whole_account: bool) -> Iterator[tuple]:
    """Every row that is a use of a closed gate, with what would show that it was used again, and when it was made.

    A session that is given back to a colleague who is not restricted is none of it.
    """
    of_account = Booking.objects.filter(client__account=one.account).order_by("pk")
    for pk, client, by, cell, state, at in of_account.values_list(
        "pk", "client", "booked_by", "first_cell", "state", "booked_at"
    ):
        if whole_account or one.client.pk in (client, by):
            yield "session", pk, client, cell, state == Booking.State.BOOKED, at
    mine = {"client__account": one.account} if whole_account else {"client": one.client}
    for pk, at in WaitlistEntry.objects.filter(**mine).order_by("pk").values_list("pk", "joined_at"):
        yield "entry", pk, at
    for pk, at in Callback.objects.filter(**mine).order_by("pk").values_list("pk", "requested_at"):
        yield "callback", pk, at
    asked = {f"callback__{name}": value for name, value in mine.items()}
    for pk, at in CallbackAddition.objects.filter(**asked).order_by("pk").values_list("pk", "at"):
        yield "addition", pk, at


def storm(scene, *, whole_account: bool = False, locks: bool = True, reads_under_lock: bool = True):
    """For each round: when the measure began, what there was then, what got in, and how the rivals fared."""

    def act(rival, barrier):
        told = []
        for number, one in enumerate(scene):
            barrier.wait(PATIENCE)
            if rival == 0:
                for _spin in range(number * 3):  # at another moment in each round
                    Booking.objects.count()
                told.append(
                    take_measure(one, whole_account=whole_account, locks=locks, reads_under_lock=reads_under_lock)
                )
            else:
                told.append(Counter(tried(RIVALS[rival - 1], one, number) for number in range(TRIES)))
            barrier.wait(PATIENCE)
            if rival > 0:
                told[-1][tried(RIVALS[rival - 1], one, TRIES)] += 1
            barrier.wait(PATIENCE)
        return rival, told

    by_rival = dict(run_crowd(act, processes=PROCESSES, threads=THREADS))
    found = []
    for number, (one, (starts_at, seen)) in enumerate(zip(scene, by_rival[0], strict=True)):
        fared = sum((by_rival[rival][number] for rival in range(1, len(RIVALS) + 1)), Counter())
        given_up = {row[:4] for row in seen if row[0] == "session"}
        got_in = [
            row
            for row in claims(one, whole_account)
            # Cancelling stays open, and so does giving a session back to a colleague.
            if row not in seen and not (row[0] == "session" and row[:4] in given_up and not row[4])
        ]
        found.append(SimpleNamespace(starts_at=starts_at, seen=seen, got_in=got_in, fared=fared))
    return found


def tried(act, one, number) -> str:
    try:
        act(one, number)
    except BookingRefused as refusal:
        return refusal.code
    return "done"


@pytest.mark.parametrize("whole_account", [False, True], ids=["person", "account"])
@pytest.mark.parametrize("reads_under_lock", [True, False], ids=["clock under the lock", "clock before it"])
def test_nothing_gets_in_once_the_measure_is_written(scene, whole_account, reads_under_lock, capsys):
    found = storm(scene, whole_account=whole_account, reads_under_lock=reads_under_lock)
    with capsys.disabled():
        print(f"\n{connection.vendor}: {sum((one.fared for one in found), Counter())}")
    assert [one.got_in for one in found] == [[]] * ROUNDS
    assert all(one.fared["not_granted"] for one in found)
    assert sum(one.fared["done"] for one in found)
    if reads_under_lock:  # what read the clock before the lock was there when the measure looked, or came too late
        for one in found:
            assert all(row[-1] <= one.starts_at for row in one.seen)


# -- the ways that lose ------------------------------------------------------------------------------------------------


def test_without_the_check_in_the_operations_it_gets_in(scene, monkeypatch):
    monkeypatch.setattr(granting, "require", lambda access: None)
    assert any(one.got_in for one in storm(scene))


def test_without_time_for_requests_on_their_way_it_gets_in(scene, monkeypatch):
    monkeypatch.setattr(people, "REQUEST_TIME", timedelta(0))
    assert any(one.got_in for one in storm(scene))


def test_without_the_lock_it_gets_in_where_others_write_at_the_same_time(scene, monkeypatch):
    """SQLite lets only one transaction write, and a measure is one."""
    if connection.vendor == "sqlite":
        assert not any(one.got_in for one in storm(scene, locks=False))
    else:
        assert got_in_between_look_and_write(scene[0], monkeypatch)


def got_in_between_look_and_write(one, monkeypatch) -> list[tuple]:
    """The client has been let in, and not yet booked, when the measure is taken without the lock."""
    require = granting.require

    def act(rival, barrier):
        def look_and_wait(access):
            require(access)
            barrier.wait(PATIENCE)  # the measure begins
            barrier.wait(PATIENCE)  # and stands

        if rival == 1:
            monkeypatch.setattr(granting, "require", look_and_wait)
            assert tried(books, one, 0) == "done"
            return []
        barrier.wait(PATIENCE)
        _starts_at, seen = take_measure(one, whole_account=False, locks=False, reads_under_lock=True)
        barrier.wait(PATIENCE)
        return seen

    seen = max(run_crowd(act, processes=2, threads=1), key=len)  # the other one's is empty
    return [row for row in claims(one, False) if row not in seen]
