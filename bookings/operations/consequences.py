"""What cancelling or moving a session would mean, before anybody does it: pages show it, operations go by it (B-10)."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import TextChoices

from supportportal.people.models import User

from .. import rules
from ..models import Booking, Fee, Strike
from ..policy import POLICY
from ..rules import Standing
from ..standing import StrikeRecord, day_of, record_of


class Because(TextChoices):
    """Why it is free, or that it counts."""

    IN_TIME = "in_time"
    JUST_BOOKED = "just_booked"  # the undo of the booking itself
    FEE_ASKED = "fee_asked"  # B-13.4: nobody has to take a fee that came later
    IMPOSED = "imposed"  # B-11: a time that the firm chose
    FIRM = "firm"
    COUNTED = "counted"  # this very start has been counted already
    LATE = "late"


@dataclass(frozen=True)
class Consequence:
    """``standing`` is the client's afterwards, as if the strike already stood; ``fee`` is the session's, if any."""

    because: Because
    standing: Standing
    fee: Fee | None = None

    @property
    def counts(self) -> bool:
        """Whether it counts as a no-show."""
        return self.because == Because.LATE

    @property
    def has_accepted_fee(self) -> bool:
        return self.fee is not None and self.fee.state == Fee.State.ACCEPTED

    def carries_fee(self, day: date) -> bool:
        """Whether moving to a start on this local date needs the fee's acceptance."""
        return self.standing.is_chargeable(day) and not self.has_accepted_fee

    @property
    def key(self) -> str:
        """Equal for two consequences that read the same: a page posts back the one it showed."""
        if not self.counts:
            return "free"
        until = self.standing.free_from.isoformat() if self.standing.free_from else ""
        return f"late:{self.standing.level}:{until}:{POLICY.fee if until else ''}:{self.has_accepted_fee:d}"


def consequence(booking: Booking, *, at: datetime, by_firm: bool = False, cancels: bool = False) -> Consequence:
    """What giving up ``booking`` means at ``at``, the instant of asking: for another time or for good (``cancels``)."""
    record = record_of(booking.client)
    fee = open_fee(booking)
    because = _because(booking, fee, record, at=at, by_firm=by_firm, cancels=cancels)
    missing = missed_start(booking) if because == Because.LATE else None
    return Consequence(because, record.standing(missing=missing), fee)


def missed_start(booking: Booking) -> Strike:
    """The strike for the start that the session has now, not yet recorded."""
    client: User = booking.client
    return Strike(
        booking=booking, client=client, first_cell=booking.first_cell, day=day_of(booking.first_cell, client.zone)
    )


def open_fee(booking: Booking) -> Fee | None:
    return booking.fees.filter(state__in=[Fee.State.ASKED, Fee.State.ACCEPTED]).first()


def _because(
    booking: Booking, fee: Fee | None, record: StrikeRecord, *, at: datetime, by_firm: bool, cancels: bool
) -> Because:
    if by_firm:
        return Because.FIRM
    if booking.is_imposed:
        return Because.IMPOSED
    if rules.is_free_to_change(booking.starts_at, at, POLICY):
        return Because.IN_TIME
    if fee is not None and fee.state == Fee.State.ASKED:
        return Because.FEE_ASKED
    if cancels and booking.is_just_booked(at, POLICY.undo):
        return Because.JUST_BOOKED
    if any(one.booking_id == booking.pk and one.first_cell == booking.first_cell for one in record.strikes):
        return Because.COUNTED
    return Because.LATE
