"""Which migrations the triggers must not stand in the way of.

SQLite alters a table by making it anew, and its triggers are gone without a word. PostgreSQL alters it in its place:
while a migration only adds, the old release goes on working, and stays protected.
"""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import migrations
from django.db.backends.base.base import BaseDatabaseWrapper

_ONLY_ADDS = (
    migrations.CreateModel,
    migrations.AddField,
    migrations.AddIndex,
    migrations.RemoveIndex,
    migrations.AddConstraint,
    migrations.AlterModelOptions,
    migrations.AlterModelManagers,
    migrations.RunPython,
)


def may_alter(connection: BaseDatabaseWrapper, plan: Iterable[tuple[Any, bool]], app_labels: Collection[str]) -> bool:
    """Whether ``plan`` (migration, backwards) may alter a table of these apps."""
    return any(
        connection.vendor == "sqlite"
        or backwards
        or not all(isinstance(operation, _ONLY_ADDS) for operation in migration.operations)
        for migration, backwards in plan
        if migration.app_label in app_labels
    )
