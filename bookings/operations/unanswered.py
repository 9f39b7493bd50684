"""Sessions whose fee nobody answered for: cancelled 24 hours before their start, without a strike (B-13.4)."""

from datetime import datetime

from django.db import transaction

from ..models import Booking, Fee
from . import fees
from .booking import cancel
from .locking import lock


def cancel_unanswered(at: datetime) -> int:
    """Cancel what is due now, each in a transaction of its own; return how many."""
    return sum(_cancel_if_silent(fee, at) for fee in list(fees.unanswered(at)))


@transaction.atomic
def _cancel_if_silent(fee: Fee, at: datetime) -> bool:
    booking = lock(fee.booking)
    if not booking.is_live or not fees.unanswered(at).filter(pk=fee.pk).exists():
        return False  # accepted, moved or cancelled a moment ago
    cancel(booking, reason=Booking.CancelReason.FEE, by=None, at=at, by_firm=True)
    return True
