"""Two sessions never overlap, however many people press the button at once (B-2).

``STORM=full`` makes the storms as long as the proof asks for; otherwise the random one is shorter.
"""

import os
import random
import time as clock
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, time
from itertools import pairwise
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection

from bookings import availability, cells, operations
from bookings.models import Booking, OccupiedCell, WorkingHours
from bookings.refusals import BookingRefused, SlotTaken
from supportportal.lattice import cell_at

from .crowd import PATIENCE, run_crowd

pytestmark = pytest.mark.django_db(transaction=True)

FULL = os.environ.get("STORM") == "full"
RIVALS, PROCESSES = 50, 5
ROUNDS = 1000 if FULL else 200
OPERATIONS = 100_000 if FULL else 3_000
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
MONDAY = cell_at(datetime(2026, 11, 23, tzinfo=UTC))


@pytest.fixture
def scene():
    """Agents who work around the clock from Monday to Friday, and many clients."""
    from ..factories import AccountFactory, AgentFactory, ClientFactory, FirmFactory, SessionTypeFactory

    FirmFactory(time_zone="UTC")
    account = AccountFactory()
    session_type = SessionTypeFactory(
        minutes=30, buffer_after=5, step_minutes=15, horizon_days=60, plans=[account.plan]
    )
    agents = [AgentFactory(session_types=[session_type], time_zone="UTC") for _number in range(6)]
    WorkingHours.objects.bulk_create(
        WorkingHours(agent=agent, weekday=day, opens=time(0), closes=time(0)) for agent in agents for day in range(5)
    )
    clients = [ClientFactory(account=account) for _number in range(RIVALS)]
    return SimpleNamespace(session_type=session_type, agents=agents, clients=clients)


def start_of(round_number: int) -> int:
    """A start for each round, 45 minutes apart, on workdays only."""
    day, of_day = divmod(round_number, 30)
    return MONDAY + (day // 5 * 7 + day % 5) * 288 + of_day * 9


def overlaps(bookings: Iterable[tuple[int, ...]]) -> list[tuple[int, int]]:
    """Pairs of sessions that share a person and a time: a plain sweep that knows nothing of cells."""
    spans: dict[int, list[tuple[int, int, int]]] = {}
    for pk, agent, client, first, length, before, after in bookings:
        spans.setdefault(agent, []).append((first - before, first + length + after, pk))
        spans.setdefault(client, []).append((first, first + length, pk))
    found = []
    for of_one in spans.values():
        of_one.sort()
        found += [(one[2], two[2]) for one, two in pairwise(of_one) if two[0] < one[1]]
    return found


def live_bookings() -> list[tuple[int, ...]]:
    columns = ("pk", "agent", "client", "first_cell", "cells", "cells_before", "cells_after")
    return list(Booking.objects.live().order_by().values_list(*columns))


def tell(capsys, what: str, milliseconds: list[float]) -> None:
    ordered = sorted(milliseconds)
    p50, p99 = (ordered[int(len(ordered) * part)] for part in (0.5, 0.99))
    with capsys.disabled():
        print(f"\n  {connection.vendor}: {what}; p50 {p50:.0f} ms, p99 {p99:.0f} ms, longest {ordered[-1]:.0f} ms")


def test_fifty_rivals_for_one_slot_make_one_booking_each_round(scene, capsys):
    def act(rival, barrier):
        client, seen = scene.clients[rival], []
        for number in range(ROUNDS):
            agent = scene.agents[number % len(scene.agents)]
            barrier.wait(PATIENCE)
            began = clock.perf_counter()
            try:
                operations.book(
                    session_type=scene.session_type,
                    client=client,
                    by=client,
                    first_cell=start_of(number),
                    agent=agent,
                    topic="The last one",
                    at=AT,
                )
            except SlotTaken:
                outcome = "taken"
            else:
                outcome = "won"
            seen.append((number, outcome, (clock.perf_counter() - began) * 1000))
        return seen

    seen = [entry for result in run_crowd(act, processes=PROCESSES, threads=RIVALS // PROCESSES) for entry in result]
    winners = Counter(number for number, outcome, _time in seen if outcome == "won")
    tell(capsys, f"{RIVALS} rivals, {ROUNDS} rounds", [spent for _number, _outcome, spent in seen])
    assert winners == dict.fromkeys(range(ROUNDS), 1)
    assert len(seen) == RIVALS * ROUNDS
    assert Booking.objects.count() == ROUNDS
    assert overlaps(live_bookings()) == []


def check_then_insert(scene, rounds: int) -> list[int]:
    """The way that loses everywhere: everybody looks, everybody sees a free slot, everybody writes."""

    def act(rival, barrier):
        client, wins = scene.clients[rival], 0
        for number in range(rounds):
            agent = scene.agents[number % len(scene.agents)]
            assert availability.is_free(scene.session_type, agent, start_of(number), client=client, at=AT)
            barrier.wait(PATIENCE)
            try:
                Booking.objects.create(
                    reference=f"{number}-{rival}",
                    session_type=scene.session_type,
                    agent=agent,
                    client=client,
                    booked_by=client,
                    first_cell=start_of(number),
                    cells=6,
                    cells_after=1,
                    place_kind="video",
                )
                wins += 1
            except IntegrityError:
                pass
            barrier.wait(PATIENCE)
        return wins

    return run_crowd(act, processes=PROCESSES, threads=4)


def test_the_database_alone_lets_one_of_them_win(scene):
    assert sum(check_then_insert(scene, rounds=20)) == 20
    assert overlaps(live_bookings()) == []


def test_without_the_triggers_they_would_double_book(scene):
    cells.drop(connection)
    try:
        check_then_insert(scene, rounds=3)
        assert len(overlaps(live_bookings())) >= 3
    finally:
        Booking.objects.all().delete()
        cells.create(connection)


def test_random_bookings_moves_and_cancellations_never_overlap(scene, capsys):
    processes, threads = 4, 2
    share = OPERATIONS // (processes * threads)

    def act(rival, _barrier):
        chance = random.Random(rival)
        outcomes, spent = Counter(), []
        for _number in range(share):
            began = clock.perf_counter()
            outcomes[one_random_operation(scene, chance)] += 1
            spent.append((clock.perf_counter() - began) * 1000)
        return outcomes, spent

    looks = []

    def look():
        looks.append(overlaps(live_bookings()))

    results = run_crowd(act, processes=processes, threads=threads, meanwhile=look)
    look()
    outcomes = sum((outcome for outcome, _spent in results), Counter())
    tell(capsys, f"{outcomes.total()} operations {dict(outcomes)}", [ms for _outcome, spent in results for ms in spent])
    assert [found for found in looks if found] == []
    assert all(outcomes[kind] for kind in ("booked", "moved", "cancelled", "slot_taken"))
    owned = OccupiedCell.objects.filter(hold=None).values_list("person", "cell", "booking")
    assert set(owned) == expected_cells(live_bookings())


def one_random_operation(scene, chance: random.Random) -> str:
    """Book, move or cancel somewhere in two crowded days; returns what came of it."""
    client, agent = chance.choice(scene.clients), chance.choice([None, *scene.agents])
    first_cell = MONDAY + chance.randrange(2 * 96) * 3
    kind = chance.choice(["book", "book", "move", "cancel"])
    try:
        if kind == "book":
            operations.book(
                session_type=scene.session_type,
                client=client,
                by=client,
                first_cell=first_cell,
                agent=agent,
                topic="By chance",
                at=AT,
            )
            return "booked"
        ids = Booking.objects.live().order_by("pk").values_list("pk", flat=True)
        if not ids:
            return "nothing there"
        booking = Booking.objects.get(pk=chance.choice(ids))
        if kind == "move":
            operations.move(booking, first_cell=first_cell, agent=agent, by=booking.client, at=AT)
            return "moved"
        operations.cancel(booking, reason=Booking.CancelReason.OTHER, by=booking.client, at=AT)
        return "cancelled"
    except BookingRefused as refusal:
        return refusal.code


def expected_cells(bookings: Iterable[tuple[int, ...]]) -> set[tuple[int, int, int]]:
    expected = set()
    for pk, agent, client, first, length, before, after in bookings:
        expected |= {(agent, cell, pk) for cell in range(first - before, first + length + after)}
        expected |= {(client, cell, pk) for cell in range(first, first + length)}
    return expected
