from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "supportportal.outbox"
    label = "outbox"
    verbose_name = _("Messages")

    def ready(self) -> None:
        from supportportal.files import screening
        from supportportal.people import roles
        from supportportal.people.models import Role
        from supportportal.trail import words
        from supportportal.watch import doctor, metrics
        from supportportal.watch import troubles as watched

        from . import (
            answers,
            attached,
            doctor_checks,
            gateways,
            kinds,
            notices,
            numbers,
            own_data,
            own_words,
            trials,
            troubles,
            webhooks,  # noqa: F401  (it listens to what e-mail providers report)
            wordables,
        )
        from .models import Inbound
        from .trail_words import TRAIL_VERBS

        words.register(TRAIL_VERBS)
        notices.register()
        own_data.register()
        roles.grant(Role.AGENT, "outbox.view_message")
        roles.grant(Role.SENIOR_MANAGER, "outbox.view_wording", "outbox.change_wording")
        roles.grant(Role.MANAGER, "outbox.view_gateway", "outbox.change_gateway")
        kinds.register(*answers.KINDS, *trials.KINDS)
        own_words.describe(wordables.WORDABLES)
        gateways.check()
        screening.register(Inbound, attached.contents)
        watched.register(troubles.found)
        metrics.register(*numbers.GAUGES)
        doctor.register(*doctor_checks.CHECKS, needs_database=False)
