"""What pages show of undoing and waiting: one's own entries with their offers, and how many others wait."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from supportportal import links, reader, wording
from supportportal.lattice import instant_at
from supportportal.people.models import User

from .messages import LINK_KIND
from .messages_waiting import offer_path
from .models import Booking, Offer, SessionType, Strike, WaitlistEntry
from .operations.undoing import can_undo


@dataclass(frozen=True)
class Waiting:
    """One entry as its client sees it; ``others`` are the other clients who wait for one of the same days."""

    entry: WaitlistEntry
    days: list[str]
    others: int
    offer: Offer | None

    @property
    def offer_url(self) -> str:
        return offer_path(self.offer) if self.offer else ""


class Queue:
    """All who wait for some session types: one query, however many they are."""

    def __init__(self, session_types: Iterable[SessionType]) -> None:
        rows = WaitlistEntry.objects.waiting().filter(session_type__in={kind.pk for kind in session_types})
        columns = rows.values_list("session_type", "client", "days", "booking")
        self._by_days = [(kind, client, set(days)) for kind, client, days, booking in columns if booking is None]
        self._earlier = [(kind, client) for kind, client, _days, booking in columns if booking is not None]

    def others(self, entry: WaitlistEntry) -> int:
        if entry.booking_id is not None:
            found = {client for kind, client in self._earlier if kind == entry.session_type_id}
        else:
            days = set(entry.days)
            found = {
                client for kind, client, theirs in self._by_days if kind == entry.session_type_id and days & theirs
            }
        return len(found - {entry.client_id})

    def by_day(self, client: User) -> Counter:
        """How many other clients wait for each day, as ISO text."""
        found = {(day, whose) for _kind, whose, days in self._by_days for day in days if whose != client.pk}
        return Counter(day for day, _whose in found)


def waiting_of(client: User, at: datetime) -> list[Waiting]:
    """What ``client`` waits for, in the order of joining: three queries."""
    entries = list(WaitlistEntry.objects.waiting().filter(client=client).for_listing())
    if not entries:
        return []
    open_offers = Offer.objects.open().filter(entry__in=entries, until__gt=at).for_listing()
    offers = {offer.entry_id: offer for offer in open_offers}
    queue = Queue(entry.session_type for entry in entries)
    return [Waiting(entry, days_in_words(entry), queue.others(entry), offers.get(entry.pk)) for entry in entries]


def waiting_for(booking: Booking, at: datetime) -> Waiting | None:
    """The entry that waits for an earlier time for ``booking``."""
    entry = WaitlistEntry.objects.waiting().filter(booking=booking).for_listing().first()
    if entry is None:
        return None
    offer = Offer.objects.open().filter(entry=entry, until__gt=at).for_listing().first()
    return Waiting(entry, [], Queue([entry.session_type]).others(entry), offer)


def days_in_words(entry: WaitlistEntry) -> list[str]:
    return [wording.short_day(date.fromisoformat(day), reader.language()) for day in entry.days]


@dataclass(frozen=True)
class Undo:
    """What the page that follows a cancel or move offers: the start to get back, until when, and what else it mends."""

    starts_at: datetime
    until: datetime
    token: str
    strike: bool


def undo_of(booking: Booking, at: datetime) -> Undo | None:
    hold = can_undo(booking, at)
    if hold is None:
        return None
    given_up_at = datetime.fromisoformat(hold.slot["given_up_at"])
    strike = Strike.objects.counting().filter(booking=booking, recorded_at=given_up_at).exists()
    token = links.token(LINK_KIND, booking.pk, booking.link_epoch)
    return Undo(instant_at(hold.slot["first_cell"]), hold.until, token, strike)
