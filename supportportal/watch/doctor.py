"""What is wrong or missing in a deployment. Each part of the portal has its checks, registered when it is ready."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import Error

from supportportal import room

from . import readiness
from .troubles import Trouble


@dataclass(frozen=True)
class Visit:
    """``connect``: the doctor may call on others: mail server, provider, the portal's own address."""

    at: datetime
    connect: bool = False


Check = Callable[[Visit], Iterable[Trouble]]
_checks: list[Check] = []
_database_checks: list[Check] = []


def register(*checks: Check, needs_database: bool = True) -> None:
    """Checks that need the database are left out while it does not answer or is behind the code."""
    (_database_checks if needs_database else _checks).extend(checks)


def examine(visit: Visit) -> list[Trouble]:
    """Everything that is found, what is grave first."""
    found = [one for check in _checks for one in _tried(check, visit)]
    database = list(_database())
    found += database
    if not any(one.grave for one in database):
        found += [one for check in _database_checks for one in _tried(check, visit)]
    return sorted(found, key=lambda one: not one.grave)


def _tried(check: Check, visit: Visit) -> list[Trouble]:
    """A check that breaks is itself something to say, and keeps the others from nothing."""
    try:
        return list(check(visit))
    except Exception as error:
        reason = str(error).partition("\n")[0]
        return [Trouble("doctor", f"{check.__module__}.{check.__name__} broke off: {type(error).__name__}: {reason}")]


def _database() -> Iterator[Trouble]:
    try:
        behind, ahead = readiness.behind(), readiness.ahead()
    except Error as error:
        if room.is_used_up(error):
            yield Trouble("database.full", readiness.NO_ROOM)
            return
        reason = str(error).strip().partition("\n")[0]
        yield Trouble("database", f"The database cannot be used: {reason}. Look at DATABASE_URL.")
        return
    if behind:
        names = ", ".join(sorted(f"{app}.{name}" for app, name in behind)[:3])
        yield Trouble(
            "database.behind",
            f"The database is behind this code (migrations missing: {len(behind)}, as {names}): run manage.py migrate.",
        )
    if ahead:
        yield Trouble(
            "database.ahead",
            f"The database is ahead of this code (migrations unknown here: {len(ahead)}): it was migrated by a newer"
            " release. That is right in the midst of an upgrade; otherwise start the newer release.",
            grave=False,
        )
