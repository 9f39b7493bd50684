"""What a client can do about a fee that is asked: whether a free date can be booked yet, and from when (B-13.4)."""

from datetime import datetime
from typing import Any

from . import rules, standing_words
from .models import Booking
from .policy import POLICY
from .rules import Standing


def free_dates(booking: Booking, standing: Standing, at: datetime) -> dict[str, Any]:
    """For templates: from when sessions are free; from when those dates can be booked, empty if they can be now; and
    whether that comes before the session would be cancelled for want of an answer.
    """
    if standing.free_from is None:
        return {"free_from": "", "bookable_from": "", "can_move": True}
    zone = booking.client.zone
    opens = rules.bookable_from(standing.free_from, booking.session_type.horizon_days)
    return {
        "free_from": standing_words.day(standing.free_from),
        "bookable_from": standing_words.day(opens) if opens > at.astimezone(zone).date() else "",
        "can_move": opens <= (booking.starts_at - POLICY.fee_silence).astimezone(zone).date(),
    }
