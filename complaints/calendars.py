"""The complaints desk's calendar: its zone, working days, public holidays and closures (C-5)."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from bookings import holidays
from bookings.models import Closure, Holiday
from supportportal.businesstime import LONGEST_SEARCH, BusinessCalendar
from supportportal.people.models import Firm

from .policy import POLICY


@dataclass(frozen=True)
class Desk:
    """The calendar with the names of its holidays, for telling how a deadline came about."""

    calendar: BusinessCalendar
    names: Mapping[date, str]

    @property
    def zone(self) -> ZoneInfo:
        return self.calendar.zone

    def day_of(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()

    def version(self, first: date, last: date) -> str:
        """A digest of what counted between two days; another one means that the calendar was changed there."""
        if (first, last) not in self._versions:
            self._versions[first, last] = self._version(first, last)
        return self._versions[first, last]

    @cached_property
    def _versions(self) -> dict[tuple[date, date], str]:
        """What was asked before: a desk never changes, and many complaints run over the same days."""
        return {}

    def _version(self, first: date, last: date) -> str:
        holidays = sorted(day.isoformat() for day in self.calendar.holidays if first <= day <= last)
        begin, end = datetime.combine(first, time.min, self.zone), datetime.combine(last, time.max, self.zone)
        closures = sorted((a.isoformat(), b.isoformat()) for a, b in self.calendar.closures if a <= end and b >= begin)
        said = json.dumps([str(self.zone), list(self.calendar.hours), holidays, closures])
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def desk(since: datetime, *, until: datetime | None = None, firm: Firm | None = None) -> Desk:
    """The desk with every holiday and closure that a count can meet, if it starts at ``since`` or up to ``until``."""
    firm = firm or Firm.current()
    zone = zone_of(firm)
    first, last = (when.astimezone(zone).date() for when in (since, until or since))
    # Far enough for the search for a workday to give up before the known holidays end.
    seen = Holiday.objects.filter(
        country=POLICY.desk_country or firm.country,
        is_observed=True,
        day__range=(first - timedelta(days=1), last + timedelta(days=2 * LONGEST_SEARCH)),
    )
    names = dict(seen.values_list("day", "name"))
    closures = Closure.objects.filter(ends_at__gt=since - timedelta(days=2)).values_list("starts_at", "ends_at")
    return Desk(_calendar(zone, names, closures), names)


def seeded_desk(country: str, zone: ZoneInfo, years: Collection[int]) -> Desk:
    """A desk in a country as it is before staff change its calendar; touches no database. Raises UnknownCountry."""
    names = holidays.known_in(country, years)
    return Desk(_calendar(zone, names, ()), names)


def _calendar(
    zone: ZoneInfo, names: Mapping[date, str], closures: Iterable[tuple[datetime, datetime]]
) -> BusinessCalendar:
    hours = tuple(one for one in POLICY.desk_hours if one[0] in POLICY.business_days)
    return BusinessCalendar(zone, hours, frozenset(names), tuple(closures))


def day_of(instant: datetime, firm: Firm | None = None) -> date:
    """The day that it is at the desk, whether a working day or not."""
    return instant.astimezone(zone_of(firm or Firm.current())).date()


def zone_of(firm: Firm) -> ZoneInfo:
    return ZoneInfo(POLICY.desk_zone) if POLICY.desk_zone else firm.zone
