"""Puts conduct into the registers of the shared kernel."""

from datetime import datetime

from supportportal.outbox import kinds
from supportportal.outbox.models import Message

from . import messages, registration_care, registration_decide, registration_staff
from .models import Measure


def notice_outcome(message: Message, outcome: str, at: datetime) -> None:
    """The time to appeal counts from when the notice has really gone (R-7)."""
    if outcome in ("sent", "delivered"):
        gone = Measure.objects.filter(pk=message.data["measure"], told_at__isnull=True)
        gone.update(told_at=message.sent_at or at)


def register() -> None:
    """Called once, in ``AppConfig.ready()``."""
    kinds.register(*messages.kinds_of(notice_outcome))
    registration_staff.register()
    registration_care.register()
    registration_decide.register()
