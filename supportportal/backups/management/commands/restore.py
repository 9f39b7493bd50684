from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from supportportal import preparation
from supportportal.backups import archives, databases
from supportportal.backups.archives import Manifest
from supportportal.backups.databases import BackupFailed
from supportportal.outbox import restored
from supportportal.trail import marks


class Command(BaseCommand):
    help = (
        "Puts the database and the files back as a backup has them, and brings them up to this release. Stop web,"
        " workers and beat first. Afterwards no message leaves until somebody says so: manage.py release_messages."
    )

    def add_arguments(self, parser):
        parser.add_argument("archive", type=Path)
        parser.add_argument("--replace", action="store_true", help="Also where the database holds people already.")
        parser.add_argument("--check", action="store_true", help="Only say whether the backup is whole and fits.")

    def handle(self, *, archive: Path, replace: bool, check: bool, **options) -> None:
        try:
            manifest = archives.verify(archive)
            _require_fitting(manifest)
        except BackupFailed as error:
            raise CommandError(str(error)) from error
        if check:
            self.stdout.write(f"{archive.name} is whole; it was made on {manifest.made_at:%Y-%m-%d %H:%M} UTC.")
            return
        _require_place(replace)
        lock = preparation.lock_folder(settings.VAR_DIR)
        try:
            self._restore(archive, manifest)
        finally:
            lock.close()

    def _restore(self, archive: Path, manifest: Manifest) -> None:
        try:
            archives.restore_database(archive)
            call_command("migrate", verbosity=0, interactive=False)
            at = timezone.now()
            held = restored.hold(manifest.made_at, at=at)
            files = archives.restore_files(archive)
            marks.keep_restore(settings.TRAIL_MARKS, at=at)
        except BackupFailed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"The portal is as it was on {manifest.made_at:%Y-%m-%d %H:%M} UTC; {files} files were put back.\n"
            f"Messages are held: {restored.waiting(held)} were due by now and may have gone out since the backup.\n"
            "Look at them in the admin under Messages, then: manage.py release_messages --skip, or --send."
        )


def _require_fitting(manifest: Manifest) -> None:
    if manifest.vendor != connection.vendor:
        raise BackupFailed(f"This backup is of {manifest.vendor}, and the database here is {connection.vendor}.")
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if newer := manifest.migrations - known:
        raise BackupFailed(f"This backup is of a newer release ({min(newer)}): install that release first.")


def _require_place(replace: bool) -> None:
    if (others := databases.others_connected()) and not replace:
        raise CommandError(f"{others} others are connected to the database: stop web, workers and beat first.")
    tables = connection.introspection.table_names()
    if "people_user" not in tables:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM people_user)")
        if cursor.fetchone()[0] and not replace:
            raise CommandError("The database holds people already. With --replace all of it is replaced by the backup.")
