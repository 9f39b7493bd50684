"""A database without room: what is written meanwhile fails as on a full disk."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection

PLENTY = 1_073_741_823  # pages; SQLite's own default
RAISES = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$
"""


@contextmanager
def full_database(table: str) -> Iterator[None]:
    """SQLite: not one page more, for any table. PostgreSQL: as it fails where the disk of ``table`` is full."""
    with connection.cursor() as cursor:
        (_fill if connection.vendor == "sqlite" else _refuse)(cursor, table)
        try:
            yield
        finally:
            if connection.vendor == "sqlite":
                cursor.execute(f"PRAGMA max_page_count = {PLENTY}")
                cursor.execute("DROP TABLE filled")
            else:
                cursor.execute("DROP FUNCTION no_room CASCADE")


def _fill(cursor, table: str) -> None:
    """Free pages within the file are used up, too, and the pages that tables have begun."""
    cursor.execute("CREATE TABLE filled (content BLOB)")
    (pages,) = cursor.execute("PRAGMA page_count").fetchone()
    cursor.execute(f"PRAGMA max_page_count = {pages}")
    for size in (100_000, 4_000, 500):
        try:
            while True:
                cursor.execute("INSERT INTO filled VALUES (zeroblob(%s))", [size])
        except OperationalError:
            continue


def _refuse(cursor, table: str) -> None:
    cursor.execute(RAISES)
    cursor.execute(
        f"CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION no_room()"
    )
