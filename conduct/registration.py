"""Puts conduct into the registers of the shared kernel."""

from datetime import datetime

from supportportal.outbox import kinds, own_words
from supportportal.outbox.models import Message

from . import (
    messages,
    registration_care,
    registration_client,
    registration_decide,
    registration_demo,
    registration_staff,
    registration_watch,
    wordables,
)
from .operations import telling


def notice_outcome(message: Message, outcome: str, at: datetime) -> None:
    """The time to appeal counts from when the notice has really gone (R-7); one that came back has told nobody."""
    telling.heard(message.data["measure"])


def register() -> None:
    """Called once, in ``AppConfig.ready()``."""
    kinds.register(*messages.kinds_of(notice_outcome))
    own_words.describe(wordables.WORDABLES)
    registration_staff.register()
    registration_care.register()
    registration_client.register()
    registration_decide.register()
    registration_watch.register()
    registration_demo.register()
