"""The triggers that change ``TimetableVersion`` with every write to a table of the timetable, whatever path it came by.

Each write leaves a random token and removes those that it finds. On PostgreSQL it passes over those that another writer
is removing, so no writer waits for another and none can deadlock; both tokens then stand until the next write. Whoever
sees a writer's changes sees its token, or that of a later writer who saw them too and removed it: so two readers who
see the same tokens see the same rows. No token comes twice, so none stands for what was rolled back.

Created after a migrate, dropped before one that may alter these tables, as those of ``cells``. Without a token nothing
is kept, so that all is well while they are dropped.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from django.core import checks
from django.db import connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from supportportal.people.models import User

from .migrating import may_alter
from .models import Agent, BusyTime, Closure, Holiday, OpeningHours, TimeOff, TimetableVersion, WorkingHours

_VERSION = TimetableVersion._meta.db_table
_READ = (Agent, Agent.session_types.through, WorkingHours, OpeningHours, Holiday, Closure, TimeOff, BusyTime)
_UPDATES = {
    **{model._meta.db_table: "UPDATE" for model in _READ},
    User._meta.db_table: "UPDATE OF is_active, name, email",  # all that is read of people; the rest changes often
}
"""Each table, with the updates that count."""
_APPS = {model._meta.app_label for model in (TimetableVersion, User)}

_SQLITE_TRIGGER = """CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN
  DELETE FROM {version};
  INSERT INTO {version} (token) VALUES (lower(hex(randomblob(16))));
END"""

_POSTGRESQL_FUNCTION = """
CREATE FUNCTION timetable_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM {version} WHERE token IN (SELECT token FROM {version} FOR UPDATE SKIP LOCKED);
  INSERT INTO {version} (token) VALUES (gen_random_uuid());
  RETURN NULL;
END $$"""
_POSTGRESQL_TRIGGER = """CREATE TRIGGER {name} AFTER {event} ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION timetable_changes()"""


def create(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers and begin with a version that nobody has seen, in one transaction."""
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        drop(connection)
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL_FUNCTION.format(version=_VERSION))
            cursor.execute(f"COMMENT ON FUNCTION timetable_changes() IS '{_digest(connection)}'")
        for statement in _statements(connection).values():
            cursor.execute(statement)
        TimetableVersion.objects.using(connection.alias).create()


def drop(connection: BaseDatabaseWrapper) -> None:
    """In one transaction, so that no write goes by unseen while a version still stands."""
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP FUNCTION IF EXISTS timetable_changes() CASCADE")
        else:
            for name in _statements(connection):
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        if _VERSION in connection.introspection.table_names():
            cursor.execute(f"DELETE FROM {_VERSION}")  # noqa: S608 -- a table's name


def stand(connection: BaseDatabaseWrapper) -> bool:
    """Whether the triggers are there, switched on, and those of this version."""
    expected = _statements(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tgname FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
                " WHERE proname = 'timetable_changes' AND pronamespace = current_schema()::regnamespace"
                " AND tgenabled IN ('O', 'A') AND obj_description(pg_proc.oid, 'pg_proc') = %s",
                [_digest(connection)],
            )
            return {name for (name,) in cursor.fetchall()} == set(expected)
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        return expected.items() <= dict(cursor.fetchall()).items()


def _statements(connection: BaseDatabaseWrapper) -> dict[str, str]:
    if connection.vendor == "sqlite":
        return {
            (name := f"{table}_{event[:6].lower()}_in_timetable"): _SQLITE_TRIGGER.format(
                name=name, event=event, table=table, version=_VERSION
            )
            for table, update in _UPDATES.items()
            for event in ("INSERT", update, "DELETE")
        }
    if connection.vendor == "postgresql":
        return {
            (name := f"{table}_in_timetable"): _POSTGRESQL_TRIGGER.format(
                name=name, event=f"INSERT OR {update} OR DELETE OR TRUNCATE", table=table
            )
            for table, update in _UPDATES.items()
        }
    raise NotImplementedError(f"The timetable is watched on PostgreSQL and SQLite only, not on {connection.vendor}.")


def _digest(connection: BaseDatabaseWrapper) -> str:
    return hashlib.sha256("\n".join([_POSTGRESQL_FUNCTION, *_statements(connection).values()]).encode()).hexdigest()


def _has_tables(connection: BaseDatabaseWrapper) -> bool:
    return {_VERSION, *_UPDATES} <= set(connection.introspection.table_names())


# -- wiring (see ``apps.py``) ------------------------------------------------------------------------------------------


def create_after_migrate(using: str, **kwargs: Any) -> None:
    connection = connections[using]
    if router.allow_migrate_model(using, TimetableVersion) and _has_tables(connection) and not stand(connection):
        create(connection)


def drop_before_migrate(using: str, plan: Iterable[tuple[Any, bool]] = (), **kwargs: Any) -> None:
    if may_alter(connections[using], plan, _APPS):
        drop(connections[using])


def check_triggers(databases: Sequence[str] | None = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """A warning and not an error, because ``migrate``, which repairs it, runs the checks before it starts."""
    found: list[checks.CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if router.allow_migrate_model(alias, TimetableVersion) and _has_tables(connection) and not stand(connection):
            text = f"Nothing tells the portal that hours or holidays changed in the database '{alias}'."
            found.append(checks.Warning(text, hint="Run manage.py migrate.", id="bookings.W003"))
    return found
