"""Django's own command, which on PostgreSQL waits for no lock longer than the portal can do without that table."""

import time
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections

PATIENCE = "4s"  # whoever waits for a lock makes everybody wait who comes later
PAUSE = 5.0
TRIES = 12
LOCK_NOT_AVAILABLE = "55P03"


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        for left in reversed(range(TRIES)):
            try:
                self._migrate(*args, **options)
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
                    raise
                if not left:
                    raise CommandError(
                        f"A table was in use for longer than {PATIENCE}, {TRIES} times over. What was done until then"
                        " stays done, nothing is half done: end what works on it for long, and run migrate again."
                    ) from error
                self.stderr.write(f"A table is in use; another try in {PAUSE:.0f} s.")
                time.sleep(PAUSE)
            else:
                return

    def _migrate(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if connection.vendor != "postgresql":
            super().handle(*args, **options)
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [PATIENCE])
        try:
            super().handle(*args, **options)
        finally:
            if connection.is_usable() and not connection.needs_rollback:
                with connection.cursor() as cursor:
                    cursor.execute("RESET lock_timeout")
