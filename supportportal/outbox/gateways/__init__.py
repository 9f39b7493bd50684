"""The ways out: one gateway per channel, chosen by the settings. Each says what became of what it was given.

A gateway raises ``ChannelDown`` where the trouble is not the message's own: everything else waits then.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from ..rendering import Parcel


@dataclass(frozen=True)
class Sent:
    """The provider has taken it over."""

    provider_id: str = ""


@dataclass(frozen=True)
class Refused:
    """The provider will never take this one."""

    reason: str
    opted_out: bool = False


@dataclass(frozen=True)
class Later:
    """The provider has not taken it, and may another time."""

    reason: str


@dataclass(frozen=True)
class Unclear:
    """Nobody can say whether the provider has taken it."""

    reason: str


Result = Sent | Refused | Later | Unclear


class ChannelDown(Exception):
    """The provider cannot be used now. ``unclear``: it may have taken over the message at hand all the same."""

    def __init__(self, reason: str, *, unclear: bool = False, pause: timedelta | None = None) -> None:
        super().__init__(reason)
        self.unclear = unclear
        self.pause = pause


class Gateway(Protocol):
    """``chunk`` messages are fenced and marked together; ``timeout`` (seconds) bounds each step of a hand-over."""

    name: str
    chunk: int
    timeout: float

    def open(self) -> AbstractContextManager[None]:
        """One connection for many messages. Raises ChannelDown."""
        ...

    def send(self, parcel: Parcel, *, at: datetime) -> Result:
        """Hand one message over. Raises ChannelDown."""
        ...


def for_channel(channel: str) -> Gateway:
    return import_string(settings.OUTBOX_GATEWAYS[channel])()


def check() -> None:
    """Raise ImproperlyConfigured where a provider's settings are incomplete: at the start, not at the first message."""
    for channel in settings.OUTBOX_GATEWAYS:
        if channel == "email" or settings.TWILIO["ACCOUNT_SID"]:
            for_channel(channel)
