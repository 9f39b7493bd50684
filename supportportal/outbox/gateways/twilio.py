"""Text messages by Twilio's own client, with the time-out that it lacks by default."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from django.conf import settings
from django.urls import reverse
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from .. import rendering
from ..models import Message
from ..rendering import Parcel
from . import ChannelDown, Refused, Result, Sent, Unclear
from .words import NO_ANSWER, REFUSED_SIGN_IN, SLOW_DOWN, UNREACHABLE

OPTED_OUT = 21610
# The number is none, is no mobile, cannot be reached from here, is in a country we may not send to, or opted out.
OF_THE_NUMBER = {21211, 21614, 21612, 21408, OPTED_OUT}
AUTH_PAUSE = timedelta(minutes=5)
LONGEST_VALIDITY = 36_000
PAGE = 50
FAILED = {"failed", "undelivered", "canceled"}


class TwilioGateway:
    name = "twilio"
    chunk = 1

    def __init__(self) -> None:
        self.timeout = settings.SMS_TIMEOUT
        http = TwilioHttpClient(timeout=self.timeout)
        self.client = Client(settings.TWILIO["ACCOUNT_SID"], settings.TWILIO["AUTH_TOKEN"], http_client=http)
        if settings.TWILIO["API_URL"]:
            self.client.api.base_url = settings.TWILIO["API_URL"]

    @contextmanager
    def open(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.client.http_client.session.close()

    def send(self, parcel: Parcel, *, at: datetime) -> Result:
        try:
            made = self.client.messages.create(
                to=parcel.address, body=parcel.text, **_sender(), **_limits(parcel.message, at)
            )
        except requests.ConnectTimeout as error:
            raise ChannelDown(UNREACHABLE) from error
        except requests.RequestException as error:
            raise ChannelDown(f"{NO_ANSWER}: {type(error).__name__}", unclear=True) from error
        except TwilioRestException as error:
            return _judge(error)
        except TwilioException as error:  # an answer that is none
            return Unclear(str(error))
        return Sent(provider_id=made.sid or "")

    def find(self, message: Message) -> Result | None:
        """What Twilio has of a message whose hand-over was cut short; None if it has none. Raises ChannelDown."""
        since = (message.handed_at or message.due_at) - timedelta(minutes=5)
        try:
            for one in self._sent_to(message.sent_to, since):
                if rendering.digest(one.body or "") == message.digest:
                    if str(one.status) in FAILED:
                        return Refused(one.error_message or f"Twilio: {one.status} {one.error_code or ''}".strip())
                    return Sent(provider_id=one.sid or "")
        except (requests.RequestException, TwilioException) as error:
            raise ChannelDown(f"{UNREACHABLE}: {type(error).__name__}") from error
        return None

    def _sent_to(self, number: str, since: datetime) -> Iterator[Any]:
        """All that Twilio has taken for a number since then, page by page; it lists the newest first."""
        for one in self.client.messages.stream(to=number, page_size=PAGE):
            if one.date_created and one.date_created.replace(tzinfo=one.date_created.tzinfo or UTC) < since:
                return
            yield one


def _sender() -> dict[str, Any]:
    if service := settings.TWILIO["MESSAGING_SERVICE_SID"]:
        return {"messaging_service_sid": service}
    return {"from_": settings.TWILIO["FROM"]}


def _limits(message: Message, at: datetime) -> dict[str, Any]:
    """Where Twilio reports to, and until when it may still try: a reminder after the start is none."""
    limits: dict[str, Any] = {"status_callback": settings.SITE_URL + reverse("twilio_status", args=[message.pk])}
    if message.useful_until is not None:
        left = int((message.useful_until - at).total_seconds())
        limits["validity_period"] = max(1, min(left, LONGEST_VALIDITY))
    return limits


def _judge(error: TwilioRestException) -> Result:
    """What an answer means for this message; raises ChannelDown where it concerns all of them."""
    answer = f"{error.code or error.status}: {error.msg}"
    if error.code in OF_THE_NUMBER:
        return Refused(answer, opted_out=error.code == OPTED_OUT)
    if error.status in (401, 403):
        raise ChannelDown(f"{REFUSED_SIGN_IN}: {answer}", pause=AUTH_PAUSE) from error
    if error.status == 429:
        raise ChannelDown(f"{SLOW_DOWN}: {answer}") from error
    return Unclear(answer) if error.status >= 500 else Refused(answer)
