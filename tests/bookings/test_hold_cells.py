"""A hold owns its agent's cells against every way of writing, on both databases (B-2, B-9a)."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from bookings import cells
from bookings.models import Hold, OccupiedCell
from supportportal.lattice import cell_at
from tests.factories import AgentFactory, BookingFactory

TEN = cell_at(timezone.now()) // 288 * 288 + 288 * 3 + 120


@pytest.fixture
def hold(db):
    return Hold.objects.create(agent=AgentFactory(), first_cell=TEN, cells=6, freed="1:1", until=timezone.now())


def another(hold, **changes) -> Hold:
    facts = {"agent": hold.agent, "first_cell": TEN + 5, "cells": 6, "freed": "2:1", "until": hold.until}
    return Hold(**{**facts, **changes})


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def owned(hold) -> set[tuple[int, int]]:
    return set(OccupiedCell.objects.filter(hold=hold).values_list("person", "cell"))


def move_another(hold):
    other = another(hold, first_cell=TEN + 50)
    other.save()
    run(f"UPDATE bookings_hold SET first_cell = {TEN} WHERE id = {other.pk}")


def ignore(hold):
    run(
        "INSERT OR IGNORE INTO bookings_hold (agent_id, first_cell, cells, freed, slot, until)"
        f" SELECT agent_id, first_cell, cells, 'x', slot, until FROM bookings_hold WHERE id = {hold.pk}"
    )


def replace(hold):
    run(
        "REPLACE INTO bookings_hold (id, agent_id, first_cell, cells, freed, slot, until)"
        f" SELECT id, agent_id, first_cell + 50, cells, freed, slot, until FROM bookings_hold WHERE id = {hold.pk}"
    )


WRITES = {
    "another hold": lambda hold: another(hold).save(),
    "bulk_create of holds": lambda hold: Hold.objects.bulk_create([another(hold)]),
    "bulk_create ignoring conflicts": lambda hold: Hold.objects.bulk_create([another(hold)], ignore_conflicts=True),
    "a hold moved there": move_another,
    "a session": lambda hold: BookingFactory(agent=hold.agent, first_cell=TEN),
    "a session's buffer": lambda hold: BookingFactory(agent=hold.agent, first_cell=TEN + 7, cells_before=2),
}
if connection.vendor == "sqlite":
    WRITES |= {"raw insert or ignore": ignore, "raw replace": replace}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_nothing_is_written_over_a_hold(write, hold):
    with pytest.raises(IntegrityError), transaction.atomic():
        write(hold)
    assert len(owned(hold)) == 6


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_without_the_triggers_each_of_these_writes_goes_through(write, hold):
    cells.drop(connection)
    try:
        write(hold)
    finally:
        cells.create(connection)


def test_a_hold_owns_the_agent_alone_and_passing_it_on_leaves_the_cells_alone(hold):
    before = owned(hold)
    Hold.objects.filter(pk=hold.pk).update(until=timezone.now() + timedelta(hours=1), booking=BookingFactory())
    assert owned(hold) == before == {(hold.agent_id, cell) for cell in range(TEN, TEN + 6)}


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda hold: hold.delete(), id="deleted"),
        pytest.param(lambda hold: run("DELETE FROM bookings_hold"), id="deleted by raw SQL"),
    ],
)
def test_a_hold_that_ends_frees_its_cells(hold, end):
    end(hold)
    assert not OccupiedCell.objects.exists()
    BookingFactory(agent_id=hold.agent_id, first_cell=TEN)


def test_a_moved_hold_frees_the_old_cells(hold):
    Hold.objects.filter(pk=hold.pk).update(first_cell=TEN + 3, cells=2)
    assert owned(hold) == {(hold.agent_id, TEN + 3), (hold.agent_id, TEN + 4)}


def test_migrate_brings_the_triggers_back_with_the_cells_of_holds(hold):
    before = owned(hold)
    cells.drop(connection)
    OccupiedCell.objects.all().delete()
    call_command("migrate", verbosity=0)
    assert cells.stand(connection) and owned(hold) == before
