from django.apps import AppConfig


class ConductConfig(AppConfig):
    name = "conduct"

    def ready(self) -> None:
        from supportportal.people import confirming

        from . import registration

        registration.register()
        confirming.register(
            confirming.Grave("admin:conduct_incident_decide", confirming.pressed("decide")),
            confirming.Grave("admin:conduct_measure_extend", confirming.pressed("decide")),
            confirming.Grave("admin:conduct_measure_approve"),
            confirming.Grave("admin:conduct_measure_appoint"),
        )
