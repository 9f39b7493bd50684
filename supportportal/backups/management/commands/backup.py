import sqlite3
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from django.utils import timezone

from supportportal import room
from supportportal.backups import archives
from supportportal.backups.databases import BackupFailed
from supportportal.watch import beats


class Command(BaseCommand):
    help = (
        "Writes one file with the database as it is now, the private files, and what is needed to check them, while the"
        " portal goes on. It holds everything that people told you: keep it as safe as the database. SECRET_KEY is not"
        " in it: keep that apart."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--to", type=Path, default=settings.BACKUP_DIR, metavar="FOLDER", help="Where to (default: %(default)s)."
        )
        parser.add_argument("--keep", type=_positive, metavar="N", help="Delete all but the newest N backups there.")
        parser.add_argument("--without-files", action="store_true", help="The database alone.")

    def handle(self, *, to: Path, keep: int | None, without_files: bool, **options) -> None:
        at = timezone.now()
        try:
            made = archives.make(to, at=at, with_files=not without_files)
            archives.verify(made)
            gone = archives.prune(to, keep=keep) if keep else []
        except (BackupFailed, OSError, Error, sqlite3.Error) as error:
            raise CommandError(f"No backup was made: {_reason(error)}") from error
        beats.note(beats.BACKUP, at)
        self.stdout.write(f"{made} ({made.stat().st_size:,} bytes)")
        for path in gone:
            self.stdout.write(f"deleted {path}")


def _reason(error: Exception) -> str:
    return "the disk or the database is full. Make room." if room.is_used_up(error) else str(error)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number
