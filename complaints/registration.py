"""Puts complaints into the registers of the shared kernel."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models.signals import post_save
from django.utils import timezone

from supportportal import edits, explain
from supportportal.outbox import kinds
from supportportal.outbox.models import Message
from supportportal.people.models import User

from . import digests, messages, visibility
from .admin_rebasing import tell_of_moved_deadlines
from .explanations import TOPICS
from .operations import letters, naming

# What the desk's calendar is made of (C-5).
CALENDAR = ["bookings.holiday", "bookings.closure", "people.firm"]
# What of a person decides whether a name in a complaint fits them (C-8).
TELLING = {"name", "email", "is_staff", "is_active"}


def letter_outcome(message: Message, outcome: str, at: datetime) -> None:
    """The clock stops when the provider has taken the mail, not when we asked it to; it reopens on a bounce (C-4)."""
    letter = messages.letter_of(message)
    if outcome in ("sent", "delivered"):
        letters.has_gone(letter, when=message.sent_at or at)
    elif outcome in ("bounced", "failed"):
        letters.has_failed(letter, at=at)


def staff_saved(instance: User, update_fields: Collection[str] | None = None, **_kwargs: Any) -> None:
    """Whichever way somebody joins, comes back or gets another name: they are kept out from then on (C-8)."""
    if instance.is_staff and (update_fields is None or TELLING.intersection(update_fields)):
        naming.heed(instance, at=timezone.now())


def register() -> None:
    post_save.connect(staff_saved, sender=User, dispatch_uid="complaints.staff_saved")
    for topic in TOPICS:
        explain.register(topic)
    kinds.register(*messages.kinds_of(letter_outcome), digests.KIND)
    visibility.register()
    for label in CALENDAR:
        edits.follow(label, tell_of_moved_deadlines)
