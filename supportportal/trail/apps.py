from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TrailConfig(AppConfig):
    name = "supportportal.trail"
    label = "trail"

    def ready(self) -> None:
        from . import guard

        post_migrate.connect(guard.create_after_migrate, sender=self)
