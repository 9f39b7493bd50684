"""``migrate`` on PostgreSQL waits for no lock for long: whoever waits makes everybody wait who comes later."""

import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from supportportal.watch.management.commands import migrate

pytestmark = pytest.mark.django_db(transaction=True)
NEVER = 10**6


@pytest.fixture
def hasty(monkeypatch):
    """A try lasts a tenth of a second; ``tries(n)`` says how many there are."""
    monkeypatch.setattr(migrate, "PATIENCE", "100ms")
    monkeypatch.setattr(migrate, "PAUSE", 0.05)
    return lambda number: monkeypatch.setattr(migrate, "TRIES", number)


@pytest.fixture
def wait_for_a_table(monkeypatch):
    """Stands for a migration: it needs a table for itself alone."""

    def handle(self, *args, **options):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE people_firm IN ACCESS EXCLUSIVE MODE")

    if connection.vendor == "postgresql":
        monkeypatch.setattr(migrate.migrate.Command, "handle", handle)


@pytest.fixture
def in_use():
    """Somebody reads the table and does not end, until told to."""
    ready, ending = threading.Event(), threading.Event()

    def read():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM people_firm")
                ready.set()
                ending.wait(60)
        finally:
            connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    ready.wait(60)
    yield ending
    ending.set()
    reader.join()


def test_a_table_in_use_stops_it_with_a_clear_word(hasty, wait_for_a_table, in_use, capsys):
    hasty(3)
    if connection.vendor == "sqlite":  # which has one lock for all, and a time-out of its own
        in_use.set()
        call_command("migrate", verbosity=0)
        return
    with pytest.raises(CommandError, match=r"3 times over.*nothing is half done"):
        call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)  # what comes after it on this connection waits as before


def test_a_table_that_is_free_again_in_time_does_not(hasty, wait_for_a_table, in_use):
    hasty(NEVER)
    threading.Timer(0.5, in_use.set).start()
    call_command("migrate", verbosity=0)
