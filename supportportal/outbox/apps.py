from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "supportportal.outbox"
    label = "outbox"

    def ready(self) -> None:
        from supportportal.people import roles
        from supportportal.people.models import Role

        from . import (
            answers,
            gateways,
            kinds,
            notices,
            own_data,
            trials,
            webhooks,  # noqa: F401  (it listens to what e-mail providers report)
        )

        notices.register()
        own_data.register()
        roles.grant(Role.AGENT, "outbox.view_message")
        roles.grant(Role.MANAGER, "outbox.view_gateway", "outbox.change_gateway")
        kinds.register(*answers.KINDS, *trials.KINDS)
        gateways.check()
