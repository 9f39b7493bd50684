from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "supportportal.outbox"
    label = "outbox"
