from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConductConfig(AppConfig):
    name = "conduct"
    verbose_name = _("Respect for the team")

    def ready(self) -> None:
        from supportportal.people import confirming
        from supportportal.trail import words

        from . import forgetting, registration
        from .trail_words import TRAIL_VERBS

        words.register(TRAIL_VERBS)
        registration.register()
        forgetting.register()
        confirming.register(
            confirming.Grave("admin:conduct_incident_decide", confirming.pressed("decide")),
            confirming.Grave("admin:conduct_measure_extend", confirming.pressed("decide")),
            confirming.Grave("admin:conduct_measure_approve"),
            confirming.Grave("admin:conduct_measure_appoint"),
        )
