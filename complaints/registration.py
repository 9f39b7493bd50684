"""Puts complaints into the registers of the shared kernel."""

from datetime import datetime

from supportportal import explain
from supportportal.outbox import kinds
from supportportal.outbox.models import Message

from . import messages
from .explanations import TOPICS
from .operations import letters


def letter_outcome(message: Message, outcome: str, at: datetime) -> None:
    """The clock stops when the provider has taken the mail, not when we asked it to; it reopens on a bounce (C-4)."""
    letter = messages.letter_of(message)
    if outcome in ("sent", "delivered"):
        letters.has_gone(letter, when=message.sent_at or at)
    elif outcome in ("bounced", "failed"):
        letters.has_failed(letter, at=at)


def register() -> None:
    for topic in TOPICS:
        explain.register(topic)
    kinds.register(*messages.kinds_of(letter_outcome))
