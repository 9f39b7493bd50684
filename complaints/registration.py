"""Puts complaints into the registers of the shared kernel."""

from django.utils import timezone

from supportportal.outbox import kinds
from supportportal.outbox.models import Message

from . import messages
from .models import Letter
from .operations import letters


def letter_outcome(message: Message, outcome: str) -> None:
    """The clock stops when the provider has taken the mail, not when we asked it to; it reopens on a bounce (C-4)."""
    letter = Letter.objects.filter(pk=message.subject_id).first()
    if letter is None:
        return
    if outcome in ("sent", "delivered"):
        letters.has_gone(letter, when=message.sent_at or timezone.now())
    elif outcome in ("bounced", "failed"):
        letters.has_failed(letter, at=timezone.now())


def register() -> None:
    kinds.register(*messages.kinds_of(letter_outcome))
