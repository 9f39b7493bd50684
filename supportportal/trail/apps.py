from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class TrailConfig(AppConfig):
    name = "supportportal.trail"
    label = "trail"
    verbose_name = _("Trail")

    def ready(self) -> None:
        from supportportal.watch import metrics
        from supportportal.watch import troubles as watched

        from . import guard, numbers, troubles

        post_migrate.connect(guard.create_after_migrate, sender=self)
        watched.register(troubles.found)
        metrics.register(*numbers.GAUGES)
