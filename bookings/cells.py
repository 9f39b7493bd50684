"""The triggers that keep ``OccupiedCell``: why two sessions can never overlap, whatever path a write came by (B-2).

While a booking's state is one of ``OCCUPYING_STATES``, it owns one row per person and five minutes: the agent's with
the buffers, the client's without. A hold, as long as its row exists, owns the agent's alone. The primary key (person,
cell) refuses a second owner, so create, bulk_create, update and raw SQL are refused alike, with an ``IntegrityError``.
On SQLite a statement's own conflict policy (OR IGNORE, OR REPLACE) also rules inside its triggers and would silence
that key; there the triggers look first and RAISE, which no policy silences.

They also change ``TakenVersion`` of the agent, old and new: each write leaves a random token and removes those that it
finds, as in ``timetable_triggers``, which says why that is enough. It waits for no other writer, so it takes no part in
the order of locks.

Created after every migrate of this app, dropped before one that may alter its tables: SQLite loses a table's triggers
without a word when it remakes the table.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.core import checks
from django.db import connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from supportportal.lattice import cell_at

from .migrating import may_alter
from .models import Agent, Booking, Hold, OccupiedCell, TakenVersion
from .models.booking import LONGEST_CELLS

OCCUPYING_STATES = tuple(state for state in Booking.State if state != Booking.State.CANCELLED)

_NAMES = {
    "booking": Booking._meta.db_table,
    "hold": Hold._meta.db_table,
    "cell": OccupiedCell._meta.db_table,
    "version": TakenVersion._meta.db_table,
    "agent": Agent._meta.db_table,
    "states": ", ".join(f"'{state}'" for state in OCCUPYING_STATES),
}
_WATCHED = ("id", "state", "agent_id", "client_id", "first_cell", "cells", "cells_before", "cells_after")
_WATCHED_IN_HOLDS = ("id", "agent_id", "first_cell", "cells")
_TOKEN = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()"}

# -- SQLite ------------------------------------------------------------------------------------------------------------

# Seventeen times seventeen numbers reach the longest session (288 cells); triggers take no WITH.
_NUMBERS = " UNION ALL ".join(f"SELECT {n}{' AS n' if n == 0 else ''}" for n in range(17))

_SQLITE_FREE = """
  DELETE FROM {cell} WHERE OLD.state IN ({states}) AND person = OLD.agent_id AND booking_id = OLD.id
    AND cell >= OLD.first_cell - OLD.cells_before AND cell < OLD.first_cell + OLD.cells + OLD.cells_after;
  DELETE FROM {cell} WHERE OLD.state IN ({states}) AND person = OLD.client_id AND booking_id = OLD.id
    AND cell >= OLD.first_cell AND cell < OLD.first_cell + OLD.cells;
  DELETE FROM {version} WHERE person = OLD.agent_id;
  INSERT INTO {version} (person, token) VALUES (OLD.agent_id, {token});"""

_SQLITE_TAKE = """
  SELECT RAISE(ABORT, 'sessions of one agent never overlap') WHERE NEW.state IN ({states}) AND EXISTS (
    SELECT 1 FROM {cell} WHERE person = NEW.agent_id AND cell >= NEW.first_cell - NEW.cells_before
      AND cell < NEW.first_cell + NEW.cells + NEW.cells_after);
  SELECT RAISE(ABORT, 'sessions of one client never overlap') WHERE NEW.state IN ({states}) AND EXISTS (
    SELECT 1 FROM {cell} WHERE person = NEW.client_id AND cell >= NEW.first_cell AND cell < NEW.first_cell + NEW.cells);
  INSERT INTO {cell} (person, cell, booking_id)
    SELECT NEW.agent_id, NEW.first_cell - NEW.cells_before + high.n * 17 + low.n, NEW.id
    FROM ({numbers}) AS high, ({numbers}) AS low
    WHERE NEW.state IN ({states}) AND high.n * 17 + low.n < NEW.cells_before + NEW.cells + NEW.cells_after;
  INSERT INTO {cell} (person, cell, booking_id)
    SELECT NEW.client_id, NEW.first_cell + high.n * 17 + low.n, NEW.id
    FROM ({numbers}) AS high, ({numbers}) AS low
    WHERE NEW.state IN ({states}) AND high.n * 17 + low.n < NEW.cells;
  DELETE FROM {version} WHERE person = NEW.agent_id;
  INSERT INTO {version} (person, token) VALUES (NEW.agent_id, {token});"""

# A row that OR REPLACE removes fires no trigger and would leave its cells behind, so no session is ever replaced.
_SQLITE_ONLY_ONE = """
  SELECT RAISE(ABORT, 'a session is never replaced') WHERE EXISTS (
    SELECT 1 FROM {booking}
    WHERE id IS NOT {but} AND (id = NEW.id OR reference = NEW.reference OR form_key = NEW.form_key));"""

_SQLITE_HOLD_FREE = """
  DELETE FROM {cell} WHERE person = OLD.agent_id AND hold_id = OLD.id
    AND cell >= OLD.first_cell AND cell < OLD.first_cell + OLD.cells;"""

_SQLITE_HOLD_TAKE = """
  SELECT RAISE(ABORT, 'what is held for somebody is free') WHERE EXISTS (
    SELECT 1 FROM {cell} WHERE person = NEW.agent_id AND cell >= NEW.first_cell AND cell < NEW.first_cell + NEW.cells);
  INSERT INTO {cell} (person, cell, hold_id)
    SELECT NEW.agent_id, NEW.first_cell + high.n * 17 + low.n, NEW.id
    FROM ({numbers}) AS high, ({numbers}) AS low WHERE high.n * 17 + low.n < NEW.cells;"""

_SQLITE_HOLD_ONLY_ONE = """
  SELECT RAISE(ABORT, 'a hold is never replaced') WHERE EXISTS (
    SELECT 1 FROM {hold} WHERE id IS NOT {but}
      AND (id = NEW.id OR freed = NEW.freed OR booking_id = NEW.booking_id OR offer_id = NEW.offer_id));"""

_SQLITE_TRIGGERS = {
    "booking_takes_cells": "AFTER INSERT ON {booking} BEGIN" + _SQLITE_TAKE,
    "booking_moves_cells": "AFTER UPDATE ON {booking} WHEN {changed} BEGIN" + _SQLITE_FREE + _SQLITE_TAKE,
    "booking_frees_cells": "AFTER DELETE ON {booking} BEGIN" + _SQLITE_FREE,
    "booking_is_never_replaced": "BEFORE INSERT ON {booking} BEGIN" + _SQLITE_ONLY_ONE.replace("{but}", "NULL"),
    "booking_never_replaces": (
        "BEFORE UPDATE OF id, reference, form_key ON {booking} BEGIN" + _SQLITE_ONLY_ONE.replace("{but}", "OLD.id")
    ),
    "hold_takes_cells": "AFTER INSERT ON {hold} BEGIN" + _SQLITE_HOLD_TAKE,
    "hold_moves_cells": "AFTER UPDATE ON {hold} WHEN {hold_changed} BEGIN" + _SQLITE_HOLD_FREE + _SQLITE_HOLD_TAKE,
    "hold_frees_cells": "AFTER DELETE ON {hold} BEGIN" + _SQLITE_HOLD_FREE,
    "hold_is_never_replaced": "BEFORE INSERT ON {hold} BEGIN" + _SQLITE_HOLD_ONLY_ONE.replace("{but}", "NULL"),
    "hold_never_replaces": (
        "BEFORE UPDATE OF id, freed, booking_id, offer_id ON {hold} BEGIN"
        + _SQLITE_HOLD_ONLY_ONE.replace("{but}", "OLD.id")
    ),
}


def _sqlite_statements() -> dict[str, str]:
    changed, hold_changed = (
        " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in watched)
        for watched in (_WATCHED, _WATCHED_IN_HOLDS)
    )
    terms = {"changed": changed, "hold_changed": hold_changed, "numbers": _NUMBERS, "token": _TOKEN["sqlite"], **_NAMES}
    return {name: f"CREATE TRIGGER {name} " + body.format(**terms) + "\nEND" for name, body in _SQLITE_TRIGGERS.items()}


# -- PostgreSQL --------------------------------------------------------------------------------------------------------

_POSTGRESQL_FUNCTION = """
CREATE FUNCTION booking_keeps_cells() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    DELETE FROM {cell};
    DELETE FROM {version};
    RETURN NULL;
  END IF;
  IF TG_OP <> 'INSERT' AND OLD.state IN ({states}) THEN
    DELETE FROM {cell} WHERE booking_id = OLD.id AND (
      person = OLD.agent_id AND cell >= OLD.first_cell - OLD.cells_before
        AND cell < OLD.first_cell + OLD.cells + OLD.cells_after
      OR person = OLD.client_id AND cell >= OLD.first_cell AND cell < OLD.first_cell + OLD.cells);
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.state IN ({states}) THEN
    INSERT INTO {cell} (person, cell, booking_id)
    SELECT NEW.agent_id, cell, NEW.id
      FROM generate_series(NEW.first_cell - NEW.cells_before, NEW.first_cell + NEW.cells + NEW.cells_after - 1) AS cell
    UNION ALL
    SELECT NEW.client_id, cell, NEW.id
      FROM generate_series(NEW.first_cell, NEW.first_cell + NEW.cells - 1) AS cell
    ORDER BY 1, 2;
  END IF;
  DELETE FROM {version} WHERE person IN (OLD.agent_id, NEW.agent_id) AND token IN (
    SELECT token FROM {version} WHERE person IN (OLD.agent_id, NEW.agent_id) FOR UPDATE SKIP LOCKED);
  INSERT INTO {version} (person, token)
    SELECT person, gen_random_uuid() FROM (SELECT OLD.agent_id AS person UNION SELECT NEW.agent_id) AS changed
    WHERE person IS NOT NULL;
  RETURN NULL;
END $$"""

_POSTGRESQL_HOLD_FUNCTION = """
CREATE FUNCTION hold_keeps_cells() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    DELETE FROM {cell} WHERE hold_id IS NOT NULL;
    RETURN NULL;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM {cell} WHERE hold_id = OLD.id AND person = OLD.agent_id
      AND cell >= OLD.first_cell AND cell < OLD.first_cell + OLD.cells;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO {cell} (person, cell, hold_id)
    SELECT NEW.agent_id, cell, NEW.id FROM generate_series(NEW.first_cell, NEW.first_cell + NEW.cells - 1) AS cell;
  END IF;
  RETURN NULL;
END $$"""

_POSTGRESQL_TRIGGERS = {
    "{kind}_takes_cells": "AFTER INSERT ON {table} FOR EACH ROW",
    "{kind}_moves_cells": "AFTER UPDATE ON {table} FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new}))",
    "{kind}_frees_cells": "AFTER DELETE ON {table} FOR EACH ROW",
    "{kind}_frees_all_cells": "AFTER TRUNCATE ON {table} FOR EACH STATEMENT",
}
_POSTGRESQL_KINDS = {
    "booking": (_POSTGRESQL_FUNCTION, _WATCHED),
    "hold": (_POSTGRESQL_HOLD_FUNCTION, _WATCHED_IN_HOLDS),
}


def _postgresql_statements() -> dict[str, str]:
    statements = {}
    for kind, (function, watched) in _POSTGRESQL_KINDS.items():
        statements[f"{kind}_keeps_cells"] = function.format(**_NAMES)
        old, new = (", ".join(f"{row}.{column}" for column in watched) for row in ("OLD", "NEW"))
        for pattern, when in _POSTGRESQL_TRIGGERS.items():
            name = pattern.format(kind=kind)
            event = when.format(old=old, new=new, table=_NAMES[kind])
            statements[name] = f"CREATE TRIGGER {name} {event} EXECUTE FUNCTION {kind}_keeps_cells()"
    return statements


# -- both --------------------------------------------------------------------------------------------------------------

# The database's own clock: what is over needs no cells, and this runs in migrations, which know no instant.
_NOW = {"sqlite": "strftime('%s', 'now') / 300", "postgresql": "floor(extract(epoch FROM now()) / 300)"}

_EMPTY = "DELETE FROM {cell}"
_REFILL = """
INSERT INTO {cell} (person, cell, booking_id)
SELECT person, cell, id FROM (
  SELECT id, agent_id AS person, first_cell - cells_before + high.n * 17 + low.n AS cell
    FROM {booking}, ({numbers}) AS high, ({numbers}) AS low
    WHERE {current} AND high.n * 17 + low.n < cells_before + cells + cells_after
  UNION ALL
  SELECT id, client_id AS person, first_cell + high.n * 17 + low.n AS cell
    FROM {booking}, ({numbers}) AS high, ({numbers}) AS low
    WHERE {current} AND high.n * 17 + low.n < cells
) AS owed WHERE true ORDER BY id ON CONFLICT DO NOTHING"""

_REFILL_HOLDS = """
INSERT INTO {cell} (person, cell, hold_id)
SELECT agent_id, first_cell + high.n * 17 + low.n, id
  FROM {hold}, ({numbers}) AS high, ({numbers}) AS low
  WHERE high.n * 17 + low.n < cells ORDER BY id ON CONFLICT DO NOTHING"""

_NO_VERSIONS = "DELETE FROM {version}"
_BEGIN_VERSIONS = "INSERT INTO {version} (person, token) SELECT user_id, {token} FROM {agent}"

_UNGUARDED = """
SELECT id FROM {booking} WHERE {current} AND (
  SELECT count(*) FROM {cell} WHERE booking_id = {booking}.id AND person = agent_id
    AND cell >= first_cell - cells_before AND cell < first_cell + {booking}.cells + cells_after
) + (
  SELECT count(*) FROM {cell} WHERE booking_id = {booking}.id AND person = client_id
    AND cell >= first_cell AND cell < first_cell + {booking}.cells
) <> 2 * {booking}.cells + cells_before + cells_after ORDER BY id"""


def create(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers and give every session that is not over its cells again, in one transaction; every agent a
    version that nobody has seen.
    """
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        drop(connection)
        for statement in _statements(connection).values():
            cursor.execute(statement)
        if connection.vendor == "postgresql":
            for kind in _POSTGRESQL_KINDS:
                cursor.execute(f"COMMENT ON FUNCTION {kind}_keeps_cells() IS '{_digest(connection)}'")
        cursor.execute(_EMPTY.format(**_NAMES))
        cursor.execute(_REFILL.format(numbers=_NUMBERS, current=_current(connection), **_NAMES))
        cursor.execute(_REFILL_HOLDS.format(numbers=_NUMBERS, **_NAMES))
        cursor.execute(_BEGIN_VERSIONS.format(token=_TOKEN[connection.vendor], **_NAMES))


def drop(connection: BaseDatabaseWrapper) -> None:
    """In one transaction, so that no write goes by unseen while a version still stands."""
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for kind in _POSTGRESQL_KINDS:
                cursor.execute(f"DROP FUNCTION IF EXISTS {kind}_keeps_cells() CASCADE")
        else:
            for name in _statements(connection):
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        if _NAMES["version"] in connection.introspection.table_names():
            cursor.execute(_NO_VERSIONS.format(**_NAMES))


def stand(connection: BaseDatabaseWrapper) -> bool:
    """Whether the triggers are there, switched on, and those of this version."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT count(*) FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
                " WHERE tgrelid IN (to_regclass(%s), to_regclass(%s))"
                " AND tgenabled IN ('O', 'A') AND obj_description(pg_proc.oid, 'pg_proc') = %s",
                [_NAMES["booking"], _NAMES["hold"], _digest(connection)],
            )
            return bool(cursor.fetchone() == (len(_POSTGRESQL_TRIGGERS) * len(_POSTGRESQL_KINDS),))
        ours = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN (%s, %s)"
        standing = cursor.execute(ours, [_NAMES["booking"], _NAMES["hold"]]).fetchall()
        return dict(standing) == _statements(connection)


def unguarded(connection: BaseDatabaseWrapper) -> list[int]:
    """The coming sessions that do not own all their cells: written without the triggers, over another session."""
    with connection.cursor() as cursor:
        cursor.execute(_UNGUARDED.format(current=_current(connection), **_NAMES))
        return [row[0] for row in cursor.fetchall()]


def _statements(connection: BaseDatabaseWrapper) -> dict[str, str]:
    if connection.vendor == "sqlite":
        return _sqlite_statements()
    if connection.vendor == "postgresql":
        return _postgresql_statements()
    raise NotImplementedError(f"Sessions are kept apart on PostgreSQL and SQLite only, not on {connection.vendor}.")


def _digest(connection: BaseDatabaseWrapper) -> str:
    return hashlib.sha256("\n".join(_statements(connection).values()).encode()).hexdigest()


def _current(connection: BaseDatabaseWrapper) -> str:
    ends = f"{_NAMES['booking']}.first_cell + {_NAMES['booking']}.cells + {_NAMES['booking']}.cells_after"
    return f"state IN ({_NAMES['states']}) AND {ends} > {_NOW[connection.vendor]}"


def _has_tables(connection: BaseDatabaseWrapper) -> bool:
    tables = {_NAMES[name] for name in ("booking", "hold", "cell", "version", "agent")}
    return tables <= set(connection.introspection.table_names())


def forget_past(at: datetime) -> None:
    """Delete the cells of what is surely over; a session that still runs keeps all of its own (B-2)."""
    OccupiedCell.objects.filter(cell__lt=cell_at(at) - LONGEST_CELLS).delete()


# -- wiring (see ``apps.py``) ------------------------------------------------------------------------------------------


def create_after_migrate(using: str, **kwargs: Any) -> None:
    connection = connections[using]
    if router.allow_migrate_model(using, Booking) and _has_tables(connection) and not stand(connection):
        create(connection)


def drop_before_migrate(using: str, plan: Iterable[tuple[Any, bool]] = (), **kwargs: Any) -> None:
    """Only for a migration that may alter this app's tables: any other leaves the portal protected while it runs."""
    if may_alter(connections[using], plan, {Booking._meta.app_label}):
        drop(connections[using])


def check_cells(databases: Sequence[str] | None = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Warnings and not errors, because ``migrate``, which repairs the first, runs the checks before it starts."""
    found: list[checks.CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if not router.allow_migrate_model(alias, Booking) or not _has_tables(connection):
            continue
        if not stand(connection):
            text = f"Nothing keeps sessions from overlapping in the database '{alias}'."
            found.append(checks.Warning(text, hint="Run manage.py migrate.", id="bookings.W001"))
        elif ids := unguarded(connection):
            text = f"{len(ids)} coming sessions overlap others in the database '{alias}' (ids {ids[:10]})."
            found.append(checks.Warning(text, hint="Move or cancel one of each pair.", id="bookings.W002"))
    return found
