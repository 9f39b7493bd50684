"""Whether something failed because there is no room left: on a disk, in a database, within a limit on files."""

import errno
import sqlite3
import tempfile
from pathlib import Path

import psycopg
from django.db import DatabaseError, connection

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
INDEX_BYTES = 32 * 1024  # what SQLite lays out beside its file for the first who opens it
# SQLite fails with these, too, where the files beside its own find no room; but also for other reasons.
MAY_BE_NO_ROOM = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}


def is_used_up(error: BaseException | None) -> bool:
    if isinstance(error, DatabaseError) and error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, sqlite3.OperationalError):
        primary = error.sqlite_errorcode & 0xFF
        return primary == sqlite3.SQLITE_FULL or (primary in MAY_BE_NO_ROOM and not _is_room_beside_database())
    if isinstance(error, psycopg.errors.DiskFull):
        return True
    return isinstance(error, OSError) and error.errno in NO_ROOM


def _is_room_beside_database() -> bool:
    """Tried: a few pages where the database's own file ends, since a limit on files may end there."""
    database = Path(connection.settings_dict["NAME"])
    try:
        with tempfile.TemporaryFile(dir=database.parent, buffering=0) as tried:
            tried.seek(database.stat().st_size)
            tried.write(bytes(INDEX_BYTES))
    except OSError as error:
        return error.errno not in NO_ROOM
    return True
