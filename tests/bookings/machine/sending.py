"""The senders of the portal, with a way out that only writes down what left."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from unittest.mock import patch

from bookings.models import Fee, Offer, Strike
from supportportal.outbox import delivery
from supportportal.outbox.gateways import Sent
from supportportal.outbox.models import Message
from supportportal.outbox.rendering import Parcel


class Sender:
    """Both channels. What is in a message is other tests' business; here it only counts that it leaves."""

    name, chunk, timeout = "machine", 25, 1.0

    def __init__(self) -> None:
        self.left: list[Message] = []

    def open(self):
        return nullcontext()

    def send(self, parcel: Parcel, *, at: datetime) -> Sent:
        self.left.append(parcel.message)
        return Sent()

    def deliver(self, at: datetime) -> Counter:
        self.left = []
        for channel in ("email", "sms"):
            delivery.deliver_due(channel, clock=lambda: at)
        return Counter((one.kind, about(one), one.recipient_id, one.copy) for one in self.left)


@contextmanager
def senders() -> Iterator[Sender]:
    sender = Sender()

    def unwritten(message, subject, *, firm, words):
        return Parcel(message, "somebody", firm, "x")

    with (
        patch("supportportal.outbox.gateways.for_channel", lambda channel: sender),
        patch("supportportal.outbox.rendering.write", unwritten),
    ):
        yield sender


def about(message: Message) -> tuple:
    """What the message is about, in the model's words."""
    match message.subject_type:
        case "bookings.booking":
            return ("session", message.subject_id, message.version)
        case "bookings.offer":
            rows = Offer.objects.filter(pk=message.subject_id)
            return ("offer", *rows.values_list("entry", "agent", "first_cell", "offered_at").get())
        case "bookings.strike":
            rows = Strike.objects.filter(pk=message.subject_id)
            return ("strike", *rows.values_list("booking", "first_cell", "recorded_at").get())
        case "bookings.fee":
            return ("fee", *Fee.objects.filter(pk=message.subject_id).values_list("booking", "asked_at").get())
    raise AssertionError(message.subject_type)
