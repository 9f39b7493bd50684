"""Indexes that a migration makes while everybody goes on writing: on PostgreSQL alone, where tables grow long.

They are no part of the models, for SQLite would get them too. A migration that uses this is not ``atomic``.
"""

from typing import Any

from django.db import migrations

PATIENCE = "10min"


def index(name: str, on: str) -> migrations.RunPython:
    """``on`` is what stands after ON in SQL. Done again after it was broken off, it begins anew."""

    def forwards(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            before = cursor.fetchone()[0]
            # It waits for every transaction that began before; nobody waits behind it meanwhile.
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [PATIENCE])
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            cursor.execute(f"CREATE INDEX CONCURRENTLY {name} ON {on}")
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [before])

    def backwards(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}", params=None)

    return migrations.RunPython(forwards, backwards)
