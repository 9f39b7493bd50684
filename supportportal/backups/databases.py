"""The database as one file, and back: SQLite by its own copy, PostgreSQL by ``pg_dump`` and ``pg_restore``."""

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

from django.db import connection


class BackupFailed(Exception):
    """``str()`` says why, fit to show to an operator."""


def member() -> str:
    """The name of the database's file in a backup."""
    return {"sqlite": "database.sqlite3", "postgresql": "database.dump"}[connection.vendor]


def dump(target: Path) -> None:
    """Write the whole database, as it was at one instant, while the portal goes on."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        copy = sqlite3.connect(target)
        try:
            connection.connection.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        finally:
            copy.close()
    else:
        _run(
            "pg_dump",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--file={target}",
            connection.settings_dict["NAME"],
        )


def load(source: Path) -> None:
    """Put a dump in the place of everything that the database holds. Nobody else may be connected."""
    if connection.vendor == "sqlite":
        _require_whole(source)
        connection.ensure_connection()
        copy = sqlite3.connect(f"file:{source}?mode=ro", uri=True)
        try:
            copy.backup(connection.connection)  # page by page, into the file that is there
        finally:
            copy.close()
    else:
        _load_postgresql(source)
    connection.close()


def others_connected() -> int:
    """How many other processes use the database; on SQLite the lock of the folder says it instead."""
    if connection.vendor == "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0]


def _require_whole(source: Path) -> None:
    copy = sqlite3.connect(f"file:{source}?mode=ro", uri=True)
    try:
        (said,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        said = str(error)
    finally:
        copy.close()
    if said != "ok":
        raise BackupFailed(f"The database in this backup is damaged: {said}.")


def _load_postgresql(source: Path) -> None:
    """In one transaction: a restore that fails leaves everything as it was.

    The schema goes as a whole: tables of a newer release must not outlive the restore.
    """
    script = source.with_suffix(".sql")
    _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(source))
    begin = ["--single-transaction", "--set=ON_ERROR_STOP=1", "--quiet", "--no-psqlrc", "--output=/dev/null"]
    anew = ["--command=DROP SCHEMA public CASCADE", "--command=CREATE SCHEMA public"]
    connection.close()
    _run("psql", *begin, *anew, f"--file={script}", connection.settings_dict["NAME"])


def _run(program: str, *arguments: str) -> None:
    if shutil.which(program) is None:
        raise BackupFailed(f"{program} is not installed: install PostgreSQL's client programs of the server's version.")
    environment = {**os.environ, **_reaching(connection.settings_dict)}
    done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupFailed(f"{program} failed: {done.stderr.strip()}")


def _reaching(known: dict[str, Any]) -> dict[str, str]:
    """By environment: what stands on the command line, every process of the machine can read."""
    named = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    given = {variable: str(known[name]) for variable, name in named.items() if known.get(name)}
    options = known.get("OPTIONS") or {}
    return given | {f"PG{name.upper()}": str(options[name]) for name in ("sslmode", "sslrootcert") if name in options}
