"""Puts complaints into the registers of the shared kernel."""

from datetime import datetime

from django.db.models.signals import post_save

from supportportal import edits, explain
from supportportal.outbox import kinds, own_words
from supportportal.outbox.models import Inbound, Message
from supportportal.people.models import User

from . import digests, messages, visibility, wordables
from .admin_rebasing import tell_of_moved_deadlines
from .explanations import TOPICS
from .operations import letters
from .signals import mail_saved, staff_saved

# What the desk's calendar is made of (C-5).
CALENDAR = ["bookings.holiday", "bookings.closure", "people.firm"]


def letter_outcome(message: Message, outcome: str, at: datetime) -> None:
    """The clock stops when the provider has taken the mail, not when we asked it to; it reopens on a bounce (C-4)."""
    letter = messages.letter_of(message)
    if outcome in ("sent", "delivered"):
        letters.has_gone(letter, when=message.sent_at or at)
    elif outcome in ("bounced", "failed"):
        letters.has_failed(letter, at=at)


def register() -> None:
    post_save.connect(staff_saved, sender=User, dispatch_uid="complaints.staff_saved")
    post_save.connect(mail_saved, sender=Inbound, dispatch_uid="complaints.mail_saved")
    for topic in TOPICS:
        explain.register(topic)
    kinds.register(*messages.kinds_of(letter_outcome), digests.KIND)
    own_words.describe(wordables.WORDABLES)
    visibility.register()
    for label in CALENDAR:
        edits.follow(label, tell_of_moved_deadlines)
