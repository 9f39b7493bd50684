"""Every message of a session: its own, and those about its strikes, its fees and what was offered for it (N-4)."""

from typing import Any

from supportportal.outbox.reading import Shown, messages_about_all

from .messages import SUBJECT_TYPE
from .messages_ladder import FEE, STRIKE
from .messages_waiting import OFFER
from .models import Booking, Offer


def messages_of(booking: Booking, *, to: Any = None) -> list[Shown]:
    """By time; ``to`` narrows to those of one recipient."""
    subjects = {
        SUBJECT_TYPE: [booking.pk],
        STRIKE: booking.strikes.values_list("pk", flat=True),
        FEE: booking.fees.values_list("pk", flat=True),
        OFFER: Offer.objects.filter(entry__booking=booking).values_list("pk", flat=True),
    }
    return messages_about_all(subjects, to=to)
