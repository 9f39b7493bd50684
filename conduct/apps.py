from django.apps import AppConfig


class ConductConfig(AppConfig):
    name = "conduct"

    def ready(self) -> None:
        from . import registration

        registration.register()
