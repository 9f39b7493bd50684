from django.apps import AppConfig


class BookingsConfig(AppConfig):
    name = "bookings"

    def ready(self) -> None:
        from supportportal import explain

        from .explanations import TOPICS

        for topic in TOPICS:
            explain.register(topic)
