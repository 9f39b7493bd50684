from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate, pre_migrate


class BookingsConfig(AppConfig):
    name = "bookings"

    def ready(self) -> None:
        from supportportal import explain

        from . import cells
        from .explanations import TOPICS

        for topic in TOPICS:
            explain.register(topic)
        pre_migrate.connect(cells.drop_before_migrate, sender=self)
        post_migrate.connect(cells.create_after_migrate, sender=self)
        checks.register(cells.check_cells, checks.Tags.database)
