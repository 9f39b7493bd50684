"""Whether a client may book, move or wait, in words for whoever acts: the one question of pages and operations.

A restriction closes its gates to whom it names, whether they attend or act for a colleague (R-4). Sessions booked
before stand: they can be cancelled, and never moved or taken back by who is restricted (R-5).
"""

from datetime import datetime

from supportportal.people.access import Access, gate_is_open, may_use, told_to
from supportportal.people.models import Gate, User

from .models import Booking, SessionType
from .refusals import NotGranted


def may_book(client: User, session_type: SessionType, *, by: User | None, at: datetime, waits: bool = False) -> Access:
    """Whether ``by`` may book it for ``client``, or move there; with ``waits``, wait for it or take what is offered.

    ``by`` is None behind a link that was opened without signing in.
    """
    own = _of_whoever_acts(client, by, [Gate.BOOKING, *([Gate.WAITLIST] if waits else [])], at)
    if not own.allowed:
        return own
    access = may_use(client, session_type, at)
    if access.allowed and waits:
        access = gate_is_open(client, Gate.WAITLIST, at)
    return told_to(access, by, about=client)


def not_closed(client: User, *, by: User | None, at: datetime) -> Access:
    """Whether no restriction closes booking to ``client`` or to ``by``; asks nothing of plans."""
    own = _of_whoever_acts(client, by, [Gate.BOOKING], at)
    return told_to(gate_is_open(client, Gate.BOOKING, at), by, about=client) if own.allowed else own


def may_name(booking: Booking, *, by: User, at: datetime) -> bool:
    """Whether ``by`` may name a colleague who attends instead, as far as gates go (B-10)."""
    return not by.is_staff and bool(booking.client.account_id) and bool(gate_is_open(by, Gate.BOOKING, at))


def require(access: Access) -> None:
    if not access.allowed:
        raise NotGranted(access)


def _of_whoever_acts(client: User, by: User | None, gates: list[Gate], at: datetime) -> Access:
    if by is None or by.is_staff or by.pk == client.pk:
        return Access(True)
    answers = (gate_is_open(by, gate, at) for gate in gates)
    return next((answer for answer in answers if not answer.allowed), Access(True))
