"""What each process keeps of the agents' sessions is what stands in the database, whatever path a write came by.

As for the timetable, each write is tried with the triggers standing, where the next question must see it, and with the
triggers dropped and the versions left behind, where it must not.
"""

import random
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from bookings import cells
from bookings import taken as module
from bookings.models import Booking, TakenVersion
from bookings.taken import LONG_CELLS, taken
from supportportal.lattice import DAY_CELLS, cell_at

from ..factories import AgentFactory, BookingFactory, ClientFactory, SessionTypeFactory

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = cell_at(datetime(2100, 1, 4, tzinfo=UTC))
TEN = FIRST + 120
WEEKS = (FIRST, FIRST + 28 * DAY_CELLS)
LATER = FIRST + 300 * DAY_CELLS
NOT_THERE = Booking(pk=-2)  # a question about a session to be moved takes nothing from what is kept
CANCELLED = {"state": "cancelled", "cancelled_at": datetime(2099, 1, 1, tzinfo=UTC)}


@pytest.fixture
def firm():
    """Two agents with a session each in these weeks, the first with buffers, one with a session later, and one without
    any; one more session is called off.
    """
    agent, other, idle, new = (AgentFactory() for _each in range(4))
    with_buffers = SessionTypeFactory(minutes=30, buffer_before=10, buffer_after=15)
    booking = BookingFactory(session_type=with_buffers, agent=agent, first_cell=TEN)
    firm = SimpleNamespace(agent=agent, other=other, idle=idle, new=new, booking=booking, client=ClientFactory())
    session(firm, agent=other, first_cell=TEN + 24).save()
    session(firm, agent=idle, first_cell=LATER).save()
    session(firm, reference="OFF", first_cell=TEN + 96, **CANCELLED).save()
    return firm


@pytest.fixture
def dropped(firm):
    """No triggers, but versions as if there were."""
    versions = list(TakenVersion.objects.all())
    cells.drop(connection)
    TakenVersion.objects.bulk_create(versions)
    yield
    Booking.objects.all().delete()
    cells.create(connection)


def session(firm, **fields) -> Booking:
    """An unsaved one, of the first agent unless told otherwise."""
    values = {"session_type": firm.booking.session_type, "agent": firm.agent, "first_cell": TEN + 48}
    return BookingFactory.build(**values | {"client": firm.client, "booked_by": firm.client} | fields)


def ask(firm, ground=WEEKS, **how) -> dict[int, int]:
    asked = {"client": None, "moving": None, "held": None, "held_since": timezone.now()} | how
    return taken([firm.agent.pk, firm.other.pk, firm.idle.pk, firm.new.pk], ground, **asked)


def stands(firm, ground=WEEKS, **how) -> dict[int, int]:
    return ask(firm, ground, moving=NOT_THERE, **how)


def run(sql: str, *parameters, on=connection) -> None:
    with on.cursor() as cursor:
        cursor.execute(sql, parameters)


def update(**fields):
    return lambda firm: Booking.objects.filter(pk=firm.booking.pk).update(**fields)


def update_raw(assignment: str, policy: str = "UPDATE"):
    return lambda firm: run(
        f"{policy} bookings_booking SET {assignment} WHERE id = %s".format(firm=firm), firm.booking.pk
    )


COLUMNS = ", ".join(
    field.column for field in Booking._meta.concrete_fields if not field.generated and field.column != "id"
)


def copy_raw(policy: str = "INSERT", more: str = ""):
    def write(firm) -> None:
        values = COLUMNS.replace("reference", "'RAW'").replace("first_cell", "first_cell + 48")
        copied = f"SELECT {values} FROM bookings_booking WHERE id = %s {more}"
        run(f"{policy} INTO bookings_booking ({COLUMNS}) {copied}", firm.booking.pk)

    return write


WRITES = {
    "booked": lambda firm: session(firm).save(),
    "booked for another agent": lambda firm: session(firm, agent=firm.idle).save(),
    "booked in bulk": lambda firm: Booking.objects.bulk_create(
        [session(firm, first_cell=TEN + 12 * number) for number in range(5, 9)]
    ),
    "booked in bulk, conflicts ignored": lambda firm: Booking.objects.bulk_create(
        [session(firm)], ignore_conflicts=True
    ),
    "booked, raw": copy_raw(),
    "booked, raw, or do nothing": copy_raw(more="ON CONFLICT DO NOTHING"),
    "moved": update(first_cell=TEN + 12),
    "moved, raw": update_raw("first_cell = first_cell + 1"),
    "moved out of sight": update(first_cell=LATER),
    "moved, by bulk_update": lambda firm: Booking.objects.bulk_update(
        [Booking(pk=firm.booking.pk, first_cell=TEN + 3)], ["first_cell"]
    ),
    "all moved at once": lambda firm: run(f"UPDATE bookings_booking SET first_cell = {TEN + 96} + id * 24"),
    "longer": update(cells=12),
    "a buffer before": update(cells_before=5),
    "a buffer after, raw": update_raw("cells_after = 9"),
    "another agent": lambda firm: Booking.objects.filter(pk=firm.booking.pk).update(agent=firm.idle),
    "another agent, raw": update_raw("agent_id = {firm.idle.pk}"),
    "called off": update(**CANCELLED),
    "called off, raw": update_raw("state = 'cancelled', cancelled_at = '2099-01-01'"),
    "called off no more": lambda firm: Booking.objects.filter(reference="OFF").update(
        state="booked", cancelled_at=None
    ),
    "deleted": lambda firm: firm.booking.delete(),
    "deleted, raw": lambda firm: run("DELETE FROM bookings_booking WHERE id = %s", firm.booking.pk),
    "all deleted": lambda firm: Booking.objects.all().delete(),
}
WRITES_ON_SQLITE = {
    "booked, raw, or ignore": copy_raw("INSERT OR IGNORE"),
    "booked, raw, or replace": copy_raw("REPLACE"),
    "moved, raw, or ignore": update_raw("first_cell = first_cell + 24", "UPDATE OR IGNORE"),
}
WRITES_ON_POSTGRESQL = {"all gone at once": lambda firm: run("TRUNCATE bookings_booking CASCADE")}
ALL_WRITES = WRITES | (WRITES_ON_SQLITE if connection.vendor == "sqlite" else WRITES_ON_POSTGRESQL)


@pytest.mark.parametrize("write", ALL_WRITES.values(), ids=ALL_WRITES)
def test_the_next_question_sees_every_write(write, firm):
    before = ask(firm)
    write(firm)
    assert ask(firm) == stands(firm) != before


@pytest.mark.parametrize("write", ALL_WRITES.values(), ids=ALL_WRITES)
def test_without_the_triggers_no_write_would_be_seen(write, firm, dropped):
    before = ask(firm)
    write(firm)
    assert ask(firm) == before != stands(firm)


def test_what_is_kept_costs_one_query_and_a_write_one_more(firm, django_assert_num_queries):
    session(firm, agent=firm.new, first_cell=LATER + 24).save()
    before = ask(firm)
    with django_assert_num_queries(1):
        assert ask(firm) == before
    session(firm).save()
    with django_assert_num_queries(2) as queries:
        assert ask(firm) != before
    assert f"agent_idIN({firm.agent.pk},{module.NOBODY})" in queries[1]["sql"].replace(" ", "")
    with django_assert_num_queries(1):
        ask(firm)


def test_short_questions_and_those_about_a_move_keep_nothing(firm, django_assert_num_queries):
    short = (FIRST, FIRST + LONG_CELLS - 1)
    with django_assert_num_queries(2):
        assert ask(firm, short)[firm.agent.pk] == stands(firm, WEEKS)[firm.agent.pk]
    Booking.objects.filter(pk=firm.booking.pk).update(first_cell=TEN + 12)
    with django_assert_num_queries(1):
        assert ask(firm, moving=firm.booking)[firm.agent.pk] == 0


def test_of_whoever_has_no_version_nothing_is_kept(firm, dropped):
    TakenVersion.objects.all().delete()
    before = ask(firm)
    session(firm).save()
    assert ask(firm) == stands(firm) != before


def test_words_and_outcomes_change_no_mask(firm):
    before = ask(firm)
    Booking.objects.filter(pk=firm.booking.pk).update(topic="Something else")
    Booking.objects.filter(pk=firm.booking.pk).update(state="attended", outcome_at=timezone.now())
    assert ask(firm) == before == stands(firm)


def test_a_session_that_an_agent_attends_as_a_client_is_seen(firm):
    before = ask(firm)
    session(firm, agent=firm.other, client=firm.idle.user).save()
    after = ask(firm)
    assert after == stands(firm)
    assert after[firm.idle.pk] != before[firm.idle.pk]


def test_the_clients_own_sessions_are_seen_held_or_attended(firm):
    client = firm.other.user
    before = ask(firm, client=client)[client.pk]
    session(firm, agent=firm.other, first_cell=TEN + 60).save()
    session(firm, client=client, first_cell=TEN + 72).save()
    after = ask(firm, client=client)
    assert after == stands(firm, client=client)
    assert after[client.pk].bit_count() == before.bit_count() + 11 + 6


@pytest.mark.parametrize("shift", [-32, -1, 0, 1, 20, 31, 40], ids=lambda days: f"{days} days")
@pytest.mark.parametrize("days", [8, 29, 366])
def test_what_is_kept_serves_every_window(shift, days, firm):
    sessions = [session(firm, first_cell=TEN + day * DAY_CELLS, cells_after=9) for day in range(-80, 80, 3)]
    Booking.objects.bulk_create(sessions)
    begin = FIRST + shift * DAY_CELLS
    assert ask(firm, (begin, begin + days * DAY_CELLS)) == stands(firm, (begin, begin + days * DAY_CELLS))


def test_no_more_is_kept_than_told(firm, monkeypatch):
    monkeypatch.setattr(module, "KEPT_MASKS", 10)
    for number in range(12):
        begin = FIRST + number * module.KEPT_CELLS
        assert ask(firm, (begin, begin + LONG_CELLS)) == stands(firm, (begin, begin + LONG_CELLS))
        assert len(module._kept) <= 10


# -- transactions ------------------------------------------------------------------------------------------------------


class Undone(Exception):
    pass


@pytest.mark.parametrize("nested", [False, True], ids=["a transaction", "a savepoint"])
def test_what_is_rolled_back_was_never_there(nested, firm):
    before = ask(firm)
    for shift in (0, 12):  # the second may get the key of the first
        with pytest.raises(Undone), transaction.atomic():
            if nested:
                with pytest.raises(Undone), transaction.atomic():
                    _book_and_look(firm, before, shift)
                    raise Undone
                assert ask(firm) == before
            else:
                _book_and_look(firm, before, shift)
            raise Undone
        assert ask(firm) == before == stands(firm)


def _book_and_look(firm, before, shift: int) -> None:
    session(firm, first_cell=TEN + 48 + shift).save()
    assert ask(firm) == stands(firm) != before


def test_a_refused_write_changes_nothing(firm):
    before, versions = ask(firm), set(TakenVersion.objects.values_list("token"))
    with pytest.raises(IntegrityError), transaction.atomic():
        session(firm, first_cell=TEN).save()
    assert (ask(firm), set(TakenVersion.objects.values_list("token"))) == (before, versions)


@pytest.fixture
def elsewhere():
    """A connection of its own to the same database, as another process has."""
    other = connection.copy()
    yield other
    other.close()


def move(booking: Booking, cell: int, on) -> None:
    run("UPDATE bookings_booking SET first_cell = %s WHERE id = %s", cell, booking.pk, on=on)


def test_a_write_of_another_process_is_seen_once_it_is_committed(firm, elsewhere):
    before = ask(firm)
    elsewhere.set_autocommit(False)
    move(firm.booking, TEN + 12, on=elsewhere)
    assert ask(firm) == before
    elsewhere.commit()
    assert ask(firm) == stands(firm) != before
    elsewhere.set_autocommit(True)


if connection.vendor == "postgresql":

    @pytest.mark.parametrize("first_ends", [True, False], ids=["commits", "is rolled back"])
    def test_writers_of_one_agent_who_overlap_do_not_wait_and_are_both_seen(first_ends, firm, elsewhere):
        second = session(firm)
        second.save()
        elsewhere.set_autocommit(False)
        run("SET LOCAL lock_timeout = '30s'", on=elsewhere)
        start = ask(firm)
        with transaction.atomic():
            move(second, TEN + 60, on=connection)
            own = ask(firm)
            move(firm.booking, TEN + 12, on=elsewhere)
            assert ask(firm) == stands(firm) == own != start
            (elsewhere.commit if first_ends else elsewhere.rollback)()
            assert ask(firm) == stands(firm)
            assert (ask(firm) != own) is first_ends
        assert ask(firm) == stands(firm)
        elsewhere.set_autocommit(True)
        move(second, TEN + 48, on=connection)
        assert ask(firm) == stands(firm)
        assert TakenVersion.objects.filter(person=firm.agent.pk).count() == 1

    def test_writers_who_meet_crosswise_do_not_deadlock_over_versions(firm, elsewhere):
        second = session(firm, agent=firm.idle)
        second.save()
        elsewhere.set_autocommit(False)
        run("SET LOCAL lock_timeout = '30s'", on=elsewhere)
        third, fourth = session(firm, agent=firm.idle, first_cell=TEN + 72), session(firm, first_cell=TEN + 84)
        third.save(), fourth.save()
        with transaction.atomic():
            move(firm.booking, TEN + 12, on=connection)
            move(third, TEN + 132, on=elsewhere)
            move(second, TEN + 60, on=connection)
            move(fourth, TEN + 144, on=elsewhere)
            elsewhere.commit()
        assert ask(firm) == stands(firm)
        elsewhere.set_autocommit(True)


# -- histories ---------------------------------------------------------------------------------------------------------


def insert(firm, chance) -> None:
    session(firm, **_anything(firm, chance)).save()


def change(firm, chance) -> None:
    fields = _anything(firm, chance)
    chosen = chance.sample(sorted(fields), k=chance.randint(1, len(fields)))
    Booking.objects.filter(pk__in=_some(chance)).update(**{name: fields[name] for name in chosen})


def cancel(firm, chance) -> None:
    Booking.objects.filter(pk__in=_some(chance)).update(**CANCELLED)


def book_again(firm, chance) -> None:
    Booking.objects.filter(pk__in=_some(chance)).update(state="booked", cancelled_at=None)


def delete(firm, chance) -> None:
    Booking.objects.filter(pk__in=_some(chance)).delete()


def _anything(firm, chance) -> dict:
    return {
        "agent": chance.choice([firm.agent, firm.other, firm.idle, firm.new]),
        "first_cell": FIRST + chance.randrange(-DAY_CELLS, 30 * DAY_CELLS),
        "cells": chance.choice([1, 6, 12, 200]),
        "cells_before": chance.choice([0, 3]),
        "cells_after": chance.choice([0, 80]),
    }


def _some(chance) -> list[int]:
    ids = list(Booking.objects.order_by("pk").values_list("pk", flat=True))
    return chance.sample(ids, k=min(len(ids), chance.randint(1, 2)))


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_what_is_kept_is_what_stands(seed, firm):
    chance = random.Random(seed)
    for _step in range(60):
        act = chance.choice([insert, insert, change, change, cancel, book_again, delete])
        try:
            with transaction.atomic():
                act(firm, chance)
                if chance.random() < 0.3:
                    assert ask(firm) == stands(firm)
                if chance.random() < 0.2:
                    raise Undone
        except (IntegrityError, Undone):
            pass
        if chance.random() < 0.8:
            assert ask(firm) == stands(firm)
    assert ask(firm) == stands(firm)
