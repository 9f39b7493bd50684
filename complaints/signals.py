"""What other apps' saves mean for complaints; the time is that of the save."""

from collections.abc import Collection
from typing import Any

from django.utils import timezone

from supportportal.outbox.models import Inbound
from supportportal.people.models import User

from .operations import mentions, naming

# What of a person decides whether a name in a complaint fits them (C-8).
TELLING = {"name", "email", "is_staff", "is_active"}


def staff_saved(instance: User, update_fields: Collection[str] | None = None, **_kwargs: Any) -> None:
    """Whichever way somebody joins, comes back or gets another name: they are kept out from then on (C-8)."""
    if instance.is_staff and (update_fields is None or TELLING.intersection(update_fields)):
        naming.heed(instance, at=timezone.now())
        mentions.heed(instance)


def mail_saved(instance: Inbound, created: bool, **_kwargs: Any) -> None:
    """From its first moment, a mail that perhaps is a complaint is kept from whoever it names (C-8)."""
    if created:
        mentions.note(instance)
