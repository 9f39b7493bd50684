from django.apps import AppConfig


class WatchConfig(AppConfig):
    name = "supportportal.watch"
    label = "watch"

    def ready(self) -> None:
        from . import (
            signals,  # noqa: F401  (it listens to Celery)
            ticks,
            troubles,
        )

        troubles.register(ticks.stale)
