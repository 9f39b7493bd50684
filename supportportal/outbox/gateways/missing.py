"""Where no provider is set up: nothing leaves and nothing is lost; everything waits until there is one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.core.mail.backends.base import BaseEmailBackend

from ..rendering import Parcel
from . import ChannelDown, Result
from .words import NO_EMAIL, NO_SMS


class EmailBackend(BaseEmailBackend):
    def open(self) -> bool:
        raise ConnectionError(NO_EMAIL)

    def send_messages(self, email_messages: object) -> int:
        raise ConnectionError(NO_EMAIL)


class SmsGateway:
    name = "no-sms"
    chunk = 1
    timeout = 10.0

    @contextmanager
    def open(self) -> Iterator[None]:
        yield

    def send(self, parcel: Parcel, *, at: datetime) -> Result:
        raise ChannelDown(NO_SMS)
