"""The phone desk: who may ask, its hours with holidays and closures, the next call that can come, peak periods."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from supportportal.businesstime import LONGEST_SEARCH, BusinessCalendar, CalendarHasNoWorkday
from supportportal.lattice import DAY_MINUTES
from supportportal.people.access import Access, gate_is_open, may_use
from supportportal.people.models import Channel, Firm, Gate, User

from .models import Closure, Holiday, PeakPeriod
from .policy import POLICY
from .rules import calling

CHANNEL = "callback"


@dataclass(frozen=True)
class DayHours:
    """One weekday's hours as written on the door: (opens, closes) by the desk's own clock."""

    weekday: int
    hours: tuple[tuple[time, time], ...]


def may_ask(person: User, at: datetime) -> Access:
    """Whether the plan of ``person`` includes phone callbacks, and nothing closes them (P-3)."""
    channel = Channel.objects.filter(code=CHANNEL).first()
    if channel is None:
        return Access(False, "plan", _("Phone callbacks are not offered at the moment."))
    access = may_use(person, channel, at)
    # Whatever gate staff have given to the channel: a measure that closes callbacks closes them.
    return gate_is_open(person, Gate.CALLBACK, at) if access.allowed else access


def zone(firm: Firm) -> ZoneInfo:
    return ZoneInfo(POLICY.desk_zone) if POLICY.desk_zone else firm.zone


def calendar(at: datetime, *, firm: Firm | None = None) -> BusinessCalendar:
    """The desk's hours with the holidays and closures of the year that follows ``at``."""
    firm = firm or Firm.current()
    today = at.astimezone(zone(firm)).date()
    # The search for a workday gives up after so many days in a row without one; every one it can see is here.
    days = Holiday.objects.filter(
        country=firm.country, is_observed=True, day__range=(today, today + timedelta(days=2 * LONGEST_SEARCH))
    )
    closures = Closure.objects.filter(ends_at__gt=at).values_list("starts_at", "ends_at")
    return BusinessCalendar(
        zone(firm), POLICY.desk_hours, frozenset(days.values_list("day", flat=True)), tuple(closures)
    )


def is_open(desk: BusinessCalendar, at: datetime) -> bool:
    try:
        return calling.is_open(desk, at)
    except CalendarHasNoWorkday:
        return False


def next_call(desk: BusinessCalendar, at: datetime, day_part: str = "any") -> tuple[datetime, datetime] | None:
    """Between when the next call can come; None where the desk is closed for a whole year."""
    try:
        return calling.next_call(desk, at, day_part, POLICY)
    except CalendarHasNoWorkday:
        return None


def hours_of_today(desk: BusinessCalendar, at: datetime) -> list[tuple[datetime, datetime]]:
    """Today's openings at the desk, the past ones too, holidays and closures taken off."""
    midnight = datetime.combine(at.astimezone(desk.zone).date(), time.min, desk.zone)
    try:
        openings = desk.openings(midnight)
        found = []
        for opens, closes in openings:
            if opens.astimezone(desk.zone).date() != midnight.date():
                break
            found.append((opens, closes))
        return found
    except CalendarHasNoWorkday:
        return []


def week() -> list[DayHours]:
    """The hours of each weekday that has any."""
    days = sorted({weekday for weekday, _opens, _closes in POLICY.desk_hours})
    return [
        DayHours(
            day,
            tuple((_clock(opens), _clock(closes)) for weekday, opens, closes in POLICY.desk_hours if weekday == day),
        )
        for day in days
    ]


def _clock(minute: int) -> time:
    return time(minute % DAY_MINUTES // 60, minute % 60)


def peak(at: datetime, *, firm: Firm | None = None) -> PeakPeriod | None:
    """The peak period of that day, by the desk's calendar (B-18)."""
    return PeakPeriod.on(at.astimezone(zone(firm or Firm.current())).date())
