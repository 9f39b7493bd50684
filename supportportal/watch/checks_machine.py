"""What the doctor says of the machine: disk, files, clock, what the portal stands on."""

import shutil
import sqlite3
import tempfile
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import connection

from . import readiness, ticks, troubles
from .beats import BACKUP
from .doctor import Visit
from .models import Heartbeat
from .troubles import Trouble, span

MEGABYTE = 1024 * 1024
LITTLE, NEARLY_NONE = 1024 * MEGABYTE, 100 * MEGABYTE
OLDEST_SQLITE = (3, 35)
ZONES = ("Europe/Rome", "Europe/Amsterdam", "America/New_York")
BACKUP_EVERY = timedelta(hours=26)  # a night's, which may take its time


def disk(visit: Visit) -> Iterator[Trouble]:
    for what, folder in (("VAR_DIR", settings.VAR_DIR), ("private files", settings.PRIVATE_FILES_ROOT)):
        if fault := _not_writable(folder):
            yield Trouble("disk", f"The folder for {what} cannot be written to: {fault}. Files cannot be kept.")
            continue
        free = shutil.disk_usage(folder).free
        if free < LITTLE:
            left = f"{free // MEGABYTE} MB are free on the disk of {what}"
            yield Trouble("disk", f"{left}: make room before bookings and files are refused.", free < NEARLY_NONE)


def static_files(visit: Visit) -> Iterator[Trouble]:
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    storages: Any = settings.STORAGES
    if "Manifest" in storages["staticfiles"]["BACKEND"] and not manifest.exists():
        yield Trouble("static", "Styles and scripts have not been collected: run manage.py collectstatic.")


def foundations(visit: Visit) -> Iterator[Trouble]:
    missing = [name for name in ZONES if not _has_zone(name)]
    if missing:
        yield Trouble("zones", f"Time zones are missing ({', '.join(missing)}): install the package tzdata.")
    if connection.vendor == "sqlite" and sqlite3.sqlite_version_info < OLDEST_SQLITE:
        wanted = ".".join(map(str, OLDEST_SQLITE))
        yield Trouble("sqlite", f"SQLite is {sqlite3.sqlite_version}; the portal needs {wanted} or later.")


def broker(visit: Visit) -> Iterator[Trouble]:
    if fault := readiness.broker_fault():
        yield Trouble("redis", f"{fault} Without it no tick reaches a worker: nothing is sent. Look at REDIS_URL.")


def database_itself(visit: Visit) -> Iterator[Trouble]:
    """The apps' own checks: that the triggers stand which keep sessions from overlapping, and the like."""
    for fault in checks.run_checks(tags=[checks.Tags.database], databases=["default"]):
        text = " ".join(part for part in (fault.msg, fault.hint) if part)
        yield Trouble(fault.id or "database", text, grave=fault.level >= checks.WARNING)


def clock(visit: Visit) -> Iterator[Trouble]:
    apart = abs(visit.at - _now_of_database()) if connection.vendor == "postgresql" else timedelta()
    if apart > ticks.AHEAD:
        yield Trouble("clock", f"The clocks of this machine and of the database are {span(apart)} apart: set them.")


def jobs(visit: Visit) -> Iterator[Trouble]:
    yield from troubles.found(visit.at)


def backup(visit: Visit) -> Iterator[Trouble]:
    last = Heartbeat.objects.filter(name=BACKUP).first()
    if last is None:
        yield Trouble("backup", "No backup has been made yet, or none by the portal's own command.", grave=False)
    elif visit.at - last.at > BACKUP_EVERY:
        yield Trouble("backup", f"The last backup was made {span(visit.at - last.at)} ago.", grave=False)


def _not_writable(folder: Path) -> str:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(b"x")
            trial.flush()
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def _has_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, OSError):
        return False
    return True


def _now_of_database() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now.astimezone(UTC)


CHECKS = [disk, static_files, foundations, broker]
DATABASE_CHECKS = [database_itself, clock, jobs, backup]
