"""After a test with transactions of its own, the database again as ``migrate`` left it.

Django would empty every table, then make content types, permissions, roles and triggers anew: half a second for each of
hundreds of tests. Here only tables that are not as they were are emptied and filled. On PostgreSQL that takes a
superuser, whom neither triggers nor foreign keys stop meanwhile. A test that drops triggers creates them again itself.
"""

import sqlite3
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.test import TransactionTestCase

LEFT_ALONE = {"django_migrations"}

_rows: dict[str, list[tuple[Any, ...]]] = {}
_copies: dict[Callable[[], None], sqlite3.Connection] = {}


def begin() -> None:
    """To be called once the database is migrated, before the first test."""
    with connection.cursor() as cursor:
        _rows.update({table: _read(cursor, table) for table in _with_rows(cursor)})
    TransactionTestCase._fixture_teardown = lambda self: restore()


def restore() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        for _again in range(4):  # on SQLite what is deleted may leave something elsewhere
            if not (changed := _changed(cursor)):
                return
            for table in changed:
                cursor.execute(f'DELETE FROM "{table}"')
                if rows := _rows.get(table):
                    marks = ", ".join(["%s"] * len(rows[0]))
                    cursor.executemany(f'INSERT INTO "{table}" VALUES ({marks})', rows)
        raise AssertionError(f"These tables stay as they are: {changed}.")


def made_once(build: Callable[[], None]) -> None:
    """What ``build`` makes of a fresh database (SQLite, outside of any transaction); after the first time a copy."""
    connection.ensure_connection()
    if build in _copies:
        _copies[build].backup(connection.connection)
    else:
        build()
        _copies[build] = sqlite3.connect(":memory:", check_same_thread=False)
        connection.connection.backup(_copies[build])


def _changed(cursor) -> list[str]:
    now = _with_rows(cursor)
    return [table for table in now | _rows.keys() if table not in _rows or _read(cursor, table) != _rows[table]]


def _with_rows(cursor) -> set[str]:
    tables = set(connection.introspection.table_names(cursor)) - LEFT_ALONE
    cursor.execute(" UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM \"{table}\")" for table in tables))
    return {table for (table,) in cursor.fetchall()}


def _read(cursor, table: str) -> list[tuple[Any, ...]]:
    cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1')
    return cursor.fetchall()
