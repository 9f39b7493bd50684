from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from supportportal.trail import operations
from supportportal.trail.models import AppendOnly, Entry, Seal
from tests.factories import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return AccountFactory()


@pytest.fixture
def sealed(account, at):
    for count in range(5):
        operations.record("account.changed", account, by=None, at=at, count=count)
    operations.seal(at=at)
    return list(Entry.objects.order_by("pk"))


def raw(sql, *params):
    """A write past Django and past the triggers: somebody at the database's own command line."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        else:
            cursor.execute("DROP TRIGGER IF EXISTS trail_entry_is_append_only")
            cursor.execute("DROP TRIGGER IF EXISTS trail_seal_is_append_only")
        cursor.execute(sql, params)


def test_entry_says_who_did_what_to_what(account, at):
    by = UserFactory()
    operations.record("account.changed", account, by=by, at=at, seats=4, until=at)
    entry = Entry.objects.get()
    assert (entry.verb, entry.subject_type, entry.subject_id) == ("account.changed", "people.account", account.pk)
    assert (entry.by, entry.at, entry.facts["seats"]) == (by, at, 4)


def test_entry_goes_with_the_transaction_that_wrote_it(account, at):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        operations.record("account.changed", account, by=None, at=at)
        raise ZeroDivisionError
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda entry: entry.save(), id="save"),
        pytest.param(lambda entry: entry.delete(), id="delete"),
        pytest.param(lambda entry: Entry.objects.update(verb="x"), id="update all"),
        pytest.param(lambda entry: Entry.objects.filter(pk=entry.pk).delete(), id="delete all"),
        pytest.param(lambda entry: Entry.objects.bulk_update([entry], ["verb"]), id="bulk update"),
    ],
)
def test_models_refuse_to_change_the_trail(sealed, change):
    with pytest.raises(AppendOnly):
        change(sealed[0])


@pytest.mark.parametrize("table", ["trail_entry", "trail_seal"])
def test_database_refuses_to_change_the_trail(sealed, table):
    column = "verb" if table == "trail_entry" else "digest"
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = 'forged'")


def test_sealing_chains_every_entry_once(sealed, at):
    assert list(Seal.objects.values_list("number", "entry_id")) == [(n + 1, e.pk) for n, e in enumerate(sealed)]
    assert operations.seal(at=at) == 0
    assert list(operations.faults(at=at)) == []


def test_an_idle_tick_only_reads(sealed, at, django_assert_num_queries):
    with django_assert_num_queries(2):
        operations.seal(at=at)


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        pytest.param(
            lambda e: raw("UPDATE trail_entry SET verb = 'nothing' WHERE id = %s", e[2].pk),
            ["Entry {2} of seal 3 was changed or moved."],
            id="verb changed",
        ),
        pytest.param(
            lambda e: raw("UPDATE trail_entry SET facts = '{\"count\": 9}' WHERE id = %s", e[2].pk),
            ["Entry {2} of seal 3 was changed or moved."],
            id="facts changed",
        ),
        pytest.param(
            lambda e: raw("DELETE FROM trail_entry WHERE id = %s", e[2].pk),
            ["Entry {2} of seal 3 was removed."],
            id="entry removed",
        ),
        pytest.param(
            lambda e: raw(
                "UPDATE trail_seal SET entry_id = CASE number WHEN 2 THEN %s ELSE -entry_id END WHERE number IN (2, 4)",
                e[0].pk + 1000,
            ),
            ["Entry 1000{0} of seal 2 was removed.", "Entry -{3} of seal 4 was removed."],
            id="seals bent",
        ),
        pytest.param(
            lambda e: raw("DELETE FROM trail_seal WHERE number = 2"),
            ["Seal 2 is missing.", "Entry {2} of seal 3 was changed or moved."],
            id="seal removed",
        ),
    ],
)
def test_what_was_forged_is_found(sealed, forge, said, at):
    forge(sealed)
    ids = [entry.pk for entry in sealed]
    expected = [text.replace("1000{0}", str(ids[0] + 1000)).format(*ids) for text in said]
    assert list(operations.faults(at=at)) == expected


def test_reordered_entries_are_found(sealed, at):
    first, second = sealed[1], sealed[2]
    raw("UPDATE trail_seal SET entry_id = -1 WHERE number = 2")
    raw("UPDATE trail_seal SET entry_id = %s WHERE number = 3", first.pk)
    raw("UPDATE trail_seal SET entry_id = %s WHERE number = 2", second.pk)
    assert list(operations.faults(at=at)) == [
        f"Entry {second.pk} of seal 2 was changed or moved.",
        f"Entry {first.pk} of seal 3 was changed or moved.",
    ]


def test_a_lower_id_that_commits_later_is_sealed_later(account, at):
    """On PostgreSQL ids are drawn before the commit: the chain goes by the order of sealing, not by ids."""
    operations.record("account.changed", account, by=None, at=at)
    late = Entry.objects.get()
    raw("UPDATE trail_entry SET id = id + 1000")
    operations.seal(at=at)
    Entry.objects.bulk_create([late])
    assert operations.seal(at=at + timedelta(seconds=2)) == 1
    assert list(Seal.objects.values_list("entry_id", flat=True)) == [late.pk + 1000, late.pk]
    assert list(operations.faults(at=at)) == []


def test_an_entry_never_sealed_is_reported_after_a_day(account, at):
    operations.record("account.changed", account, by=None, at=at)
    assert list(operations.faults(at=at + timedelta(hours=23))) == []
    assert list(operations.faults(at=at + timedelta(days=1))) == [f"Entry {Entry.objects.get().pk} was never sealed."]


def test_a_backlog_is_sealed_in_parts(account, at):
    operations.record_many("account.changed", [account] * 7, by=None, at=at)
    assert [operations.seal(at=at, limit=3) for _tick in range(4)] == [3, 3, 1, 0]
    assert list(operations.faults(at=at)) == []
