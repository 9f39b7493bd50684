"""Triggers by which the database itself refuses to change the trail, whatever path the write comes by.

PostgreSQL refuses removal as well. SQLite does not: there it would also refuse to empty a test's database. What was
removed shows in the chain of seals on both.
"""

from typing import Any

from django.db import connections

from .models import Entry, Seal

TABLES = (Entry._meta.db_table, Seal._meta.db_table)
_NAME = "{table}_is_append_only"

_SQLITE_DROP = "DROP TRIGGER IF EXISTS {name}"
_SQLITE = """
    CREATE TRIGGER {name} BEFORE UPDATE ON {table}
    BEGIN SELECT RAISE(ABORT, 'the trail only grows'); END
"""
_POSTGRESQL_FUNCTION = """
    CREATE OR REPLACE FUNCTION trail_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the trail only grows' USING ERRCODE = 'integrity_constraint_violation'; END $$
"""
_POSTGRESQL = """
    CREATE OR REPLACE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION trail_only_grows()
"""


def create_after_migrate(using: str, **kwargs: Any) -> None:
    """A table that SQLite remade in a migration has lost its triggers, so they are made anew each time."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL_FUNCTION)
        for table in TABLES:
            named = {"name": _NAME.format(table=table), "table": table}
            if connection.vendor == "sqlite":
                cursor.execute(_SQLITE_DROP.format(**named))
            cursor.execute((_SQLITE if connection.vendor == "sqlite" else _POSTGRESQL).format(**named))
