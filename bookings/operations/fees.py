"""What a session costs under a sanction: asked, accepted, owed, lapsed; then waived, invoiced or paid (B-13)."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from supportportal.lattice import cell_at
from supportportal.outbox import operations as outbox
from supportportal.people.models import User
from supportportal.trail import operations as trail

from .. import messages_ladder as messages
from ..messages_firm import with_copies
from ..models import Booking, Fee, Strike
from ..policy import POLICY
from ..refusals import AlreadyStarted, BookingRefused, FeeNeedsSignIn, FeeNotAccepted, NoReason, NotLive
from ..rules import Standing
from ..standing import StrikeRecord, day_of, record_of
from .consequences import open_fee
from .locking import lock, lock_people

State = Fee.State
# What follows from strikes and sessions by itself; beyond these, people decide.
DERIVED = [State.ASKED, State.ACCEPTED, State.LAPSED, State.OWED]


def require(standing: Standing, day: date, *, accepted: bool, by: User | None) -> bool:
    """Whether a start on this date needs a fee. Raises FeeNotAccepted where it does and nobody signed in accepts it."""
    if not standing.is_chargeable(day):
        return False
    if by is None:
        raise FeeNeedsSignIn
    if not accepted or by.is_staff:  # only the client's side takes on a debt
        raise FeeNotAccepted
    return True


def put_on_record(booking: Booking, *, by: User, at: datetime) -> Fee:
    """Record that ``by`` accepts the fee of ``booking``, asked before or new; to be called under the people's lock."""
    fee = open_fee(booking) or _new(booking, State.ACCEPTED, at)
    if fee.accepted_at is None:
        fee.state, fee.accepted_at, fee.accepted_by = State.ACCEPTED, at, by
        fee.save()
        trail.record("fee.accepted", fee, by=by, at=at, booking=booking.pk, net=str(fee.net))
    return fee


@transaction.atomic
def accept(booking: Booking, *, by: User, at: datetime) -> Fee | None:
    """Accept the fee that is asked for ``booking`` (B-13.4). None where nothing is asked any more: it is free now.

    Raises NotLive or AlreadyStarted where there is no coming session to accept it for.
    """
    booking = lock(booking)
    if not booking.is_live:
        raise NotLive
    if booking.has_started(at):
        raise AlreadyStarted
    if open_fee(booking) is None:
        return None
    return put_on_record(booking, by=by, at=at)


def _new(booking: Booking, state: str, at: datetime) -> Fee:
    return Fee(
        booking=booking,
        client=booking.client,
        account=booking.client.account,
        state=state,
        net=POLICY.fee,
        vat_rate=POLICY.fee_vat,
        currency=POLICY.fee_currency,
        asked_at=at,
    )


# -- what follows by itself --------------------------------------------------------------------------------------------


def settle(client: User, known: StrikeRecord, *, at: datetime) -> None:
    """Give each of the client's fees the state that follows from the sessions and the standing now.

    What lapsed only minutes ago can come back: that was an action which has just been undone (B-9a, B-12).
    """
    kept = Fee.objects.filter(client=client, state__in=DERIVED).select_related("booking")
    fresh = kept.exclude(state=State.LAPSED, settled_at__lt=at - POLICY.undo)
    standing = known.standing(reviewed_too=True)
    settled: set[int] = set()
    is_asked = False
    # Of two for one session the one that is open, else the newer: it is the one that an undo brings back.
    for fee in sorted(fresh, key=lambda fee: (fee.booking.first_cell, fee.state == State.LAPSED, -fee.pk)):
        wanted = _wanted(fee, client, known, standing)
        if fee.booking_id in settled or (wanted == State.ASKED and is_asked):
            wanted = State.LAPSED
        settled.add(fee.booking_id)
        is_asked |= wanted == State.ASKED
        if wanted != fee.state:
            _become(fee, wanted, by=None, at=at)
            if wanted == State.ASKED:
                outbox.plan(with_copies(messages.owed_again_for_fee(fee), fee.booking, by=None), at=at)


def _wanted(fee: Fee, client: User, known: StrikeRecord, standing: Standing) -> str:
    booking = fee.booking
    is_accepted = fee.accepted_at is not None
    if booking.client_id != client.pk:
        return State.LAPSED  # a colleague attends instead
    if booking.is_live:
        is_ours = booking.imposed_at is not None and not is_accepted  # nothing is asked for a time that we chose
        if is_ours or not standing.is_chargeable(day_of(booking.first_cell, client.zone)):
            return State.LAPSED
        return State.ACCEPTED if is_accepted else State.ASKED
    is_missed = any(one.booking_id == booking.pk and one.first_cell == booking.first_cell for one in known.strikes)
    is_used = booking.state == Booking.State.ATTENDED or is_missed
    return State.OWED if is_accepted and is_used and _is_founded(fee, client, known) else State.LAPSED


def _is_founded(fee: Fee, client: User, known: StrikeRecord) -> bool:
    """Whether the sanction under which the fee was accepted still stands now that a session has made it owed."""
    booking = fee.booking
    earlier = tuple(one for one in known.strikes if one.recorded_at <= fee.asked_at and one.booking_id != booking.pk)
    attended = Booking.objects.filter(client=client, state=Booking.State.ATTENDED, first_cell__lt=booking.first_cell)
    last = attended.order_by("-first_cell").values_list("first_cell", flat=True).first()
    then = StrikeRecord(earlier, last_attended=-1 if last is None else last)
    return then.standing(reviewed_too=True).is_chargeable(day_of(booking.first_cell, client.zone))


def ask_for_next(client: User, known: StrikeRecord, *, at: datetime) -> None:
    """Ask the fee for the earliest coming session before ``free_from`` (B-13.4), unless we would tell it too late."""
    standing = known.standing()
    if standing.free_from is None:
        return
    coming = Booking.objects.live().filter(client=client, first_cell__gt=cell_at(at), imposed_at__isnull=True)
    booking = coming.order_by("first_cell").first()
    if booking is None or not standing.is_chargeable(day_of(booking.first_cell, client.zone)):
        return
    told_at = max([at, *(one.final_at for one in known.strikes)])
    told_late = booking.starts_at - told_at < POLICY.fee_told_late
    if told_late or open_fee(booking) is not None:
        return
    fee = _new(booking, State.ASKED, told_at)
    fee.save()
    trail.record("fee.asked", fee, by=None, at=at, booking=booking.pk, net=str(fee.net))
    outbox.plan(with_copies([messages.owed_for_fee(fee)], booking, by=None), at=at)


def unanswered(at: datetime) -> QuerySet[Fee]:
    """Fees asked whose time to answer is over. While a strike is being looked at again, it is not."""
    silent = Fee.objects.filter(
        state=State.ASKED,
        booking__state=Booking.State.BOOKED,
        booking__starts_at__gt=at,
        booking__starts_at__lte=at + POLICY.fee_silence,
    )
    waiting = Strike.objects.counting().filter(reviews__decision="").values("client")
    return silent.exclude(client__in=waiting).select_related("booking").order_by("pk")


def answer_until(fee: Fee) -> datetime:
    """Until when the client can answer before the session is cancelled."""
    return fee.booking.starts_at - POLICY.fee_silence


# -- what people decide ------------------------------------------------------------------------------------------------


@transaction.atomic
def become(fee: Fee, state: str, *, by: User, at: datetime, reason: str = "") -> Fee:
    """Waive, invoice or mark as paid a fee that is owed. Raises BookingRefused where that can't follow on its state."""
    lock_people(fee.client_id)
    fee = Fee.objects.select_related("booking").get(pk=fee.pk)
    if state not in {State.WAIVED, State.INVOICED, State.PAID} or not fee.can_become(state):
        raise BookingRefused(_("A fee that is %(state)s can't become this.") % {"state": fee.get_state_display()})
    if state == State.WAIVED and not reason.strip():
        raise NoReason
    if state == State.INVOICED and record_of(fee.client).looked_at_again:
        raise BookingRefused(_("A strike of this client is being looked at again: wait for the answer."))
    fee.reason = reason.strip() or fee.reason
    _become(fee, state, by=by, at=at)
    return fee


def _become(fee: Fee, state: str, *, by: User | None, at: datetime) -> None:
    fee.state = state
    fee.settled_at = None if state in {State.ASKED, State.ACCEPTED, State.OWED} else at
    fee.save(update_fields=["state", "settled_at", "reason"])
    trail.record(f"fee.{state}", fee, by=by, at=at, booking=fee.booking_id, net=str(fee.net))
