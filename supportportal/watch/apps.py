from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created


def interpret_queries(connection: Any, **_signal: Any) -> None:
    """PostgreSQL would compile the conditions of who may see what: seconds, for answers of milliseconds."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET jit = off")


class WatchConfig(AppConfig):
    name = "supportportal.watch"
    label = "watch"

    def ready(self) -> None:
        from django.conf import settings

        from . import (
            checks_machine,
            checks_settings,
            doctor,
            sentry,
            signals,  # noqa: F401  (it listens to Celery)
            ticks,
            troubles,
        )

        connection_created.connect(interpret_queries)
        troubles.register(ticks.stale)
        doctor.register(*checks_settings.CHECKS, *checks_machine.CHECKS, needs_database=False)
        doctor.register(*checks_machine.DATABASE_CHECKS)
        if settings.SENTRY_DSN:
            sentry.start(settings.SENTRY_DSN)
