"""Where clients stand: their strikes and attended sessions, read in a query each and given to the ladder (B-13)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from zoneinfo import ZoneInfo

from django.db.models import Max

from supportportal.lattice import instant_at
from supportportal.people.models import User

from . import rules
from .models import Booking, Strike, StrikeReview
from .policy import POLICY
from .rules import Standing


@dataclass(frozen=True)
class StrikeRecord:
    """What one client's standing follows from: the strikes that count, by date, and the last attended start."""

    strikes: tuple[Strike, ...] = ()
    looked_at_again: frozenset[int] = frozenset()
    last_attended: int = -1

    def standing(self, *, reviewed_too: bool = False, missing: Strike | None = None) -> Standing:
        """The standing now. A strike that is being looked at again has no consequence until the answer, unless
        ``reviewed_too``; ``missing`` is one more strike, not recorded yet.
        """
        counted = [one for one in self.strikes if reviewed_too or one.pk not in self.looked_at_again]
        if missing is not None:
            counted.append(missing)
        newest = max((one.first_cell for one in counted), default=0)
        return rules.standing((one.day for one in counted), POLICY, is_used_up=self.last_attended > newest)

    def level_of(self, strike: Strike) -> int:
        """What recording this strike led to, those recorded later left aside."""
        known = [one.day for one in self.strikes if one.pk <= strike.pk]
        return rules.standing(known, POLICY).level


def records_of(clients: Iterable[int]) -> dict[int, StrikeRecord]:
    """The records of many clients in three queries; somebody without a strike has none."""
    found: dict[int, list[Strike]] = {}
    for strike in Strike.objects.counting().filter(client__in=clients).order_by("day", "first_cell", "pk"):
        found.setdefault(strike.client_id, []).append(strike)
    if not found:
        return {}
    being_looked_at = StrikeReview.objects.filter(strike__in=list(chain(*found.values())), decision="")
    again = set(being_looked_at.values_list("strike", flat=True))
    attended = Booking.objects.filter(client__in=list(found), state=Booking.State.ATTENDED).order_by()
    last = dict(attended.values("client").annotate(last=Max("first_cell")).values_list("client", "last"))
    return {
        client: StrikeRecord(
            tuple(strikes), frozenset(again.intersection(one.pk for one in strikes)), last.get(client, -1)
        )
        for client, strikes in found.items()
    }


def record_of(client: User) -> StrikeRecord:
    return records_of([client.pk]).get(client.pk, StrikeRecord())


def day_of(first_cell: int, zone: ZoneInfo) -> date:
    """The local date on which a session with this first cell starts."""
    return instant_at(first_cell).astimezone(zone).date()


def review_until(strike: Strike, zone: ZoneInfo) -> date:
    """The last local date on which the client can ask to look at a strike again."""
    return rules.review_until(strike.final_at.astimezone(zone).date(), POLICY)


def can_be_reviewed(strike: Strike, zone: ZoneInfo, at: datetime) -> bool:
    return strike.taken_back_at is None and at.astimezone(zone).date() <= review_until(strike, zone)
