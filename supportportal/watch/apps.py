from django.apps import AppConfig


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

        troubles.register(ticks.stale)
        doctor.register(*checks_settings.CHECKS, *checks_machine.CHECKS, needs_database=False)
        doctor.register(*checks_machine.DATABASE_CHECKS)
        if settings.SENTRY_DSN:
            sentry.start(settings.SENTRY_DSN)
