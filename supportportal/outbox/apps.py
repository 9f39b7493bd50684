from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "supportportal.outbox"
    label = "outbox"

    def ready(self) -> None:
        from . import answers, gateways, kinds, notices, webhooks  # noqa: F401  (webhooks: listens to what e-mail providers report)

        notices.register()
        kinds.register(*answers.KINDS)
        gateways.check()
