"""A test e-mail and a test text message to oneself: the last step of setting up, the first of looking for a fault."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from supportportal.people.models import User

from . import operations
from .kinds import Kind
from .models import Message
from .operations import Owed

SUBJECT_TYPE = "people.user"
CODES = {Message.Channel.EMAIL: "trial_email", Message.Channel.SMS: "trial_sms"}
LABELS = {Message.Channel.EMAIL: _("Test e-mail"), Message.Channel.SMS: _("Test text message")}
USEFUL = timedelta(days=1)


def _load(ids: Sequence[int]) -> dict[int, User]:
    return User.objects.in_bulk(ids)


def _context(message: Message, person: User) -> dict[str, Any]:
    return {"person": person}


KINDS = [
    Kind(code, channel, LABELS[channel], SUBJECT_TYPE, _load, _context, urgent=True) for channel, code in CODES.items()
]


def owe(channel: str, person: User, *, at: datetime) -> None:
    """Owe ``person`` a test message, at once. Asking for it is consent enough to one text message to oneself."""
    address = person.email if channel == Message.Channel.EMAIL else person.phone
    code = CODES[Message.Channel(channel)]
    owed = Owed(
        code,
        person.pk,
        at,
        useful_until=at + USEFUL,
        address=address,
        language=person.language,
        time_zone=person.time_zone,
        copy=f"{at:%Y%m%d%H%M%S%f}",
    )
    operations.plan([owed], at=at)


def has_worked(channel: str) -> bool:
    """Whether a test message has ever been taken over by the provider."""
    worked = [Message.State.SENT, Message.State.DELIVERED]
    return Message.objects.filter(kind=CODES[Message.Channel(channel)], state__in=worked).exists()
