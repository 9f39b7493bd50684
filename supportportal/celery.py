"""The Celery application. Tasks are ticks; nothing is timed by the broker (see docs on the outbox)."""

import os

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

TRANSPORT_ALIASES["filesystem"] = "supportportal.broker:Transport"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supportportal.settings")
app = Celery("supportportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
