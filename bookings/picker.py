"""What the slot picker shows: a week of free starts in the reader's zone, and why a day has none."""

import zoneinfo
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from supportportal import wording
from supportportal.lattice import cell_at, instant_at
from supportportal.people import zones
from supportportal.people.context import firm_of
from supportportal.people.models import User

from . import availability, money, rules, slot_markup, standing_words
from .models import Agent, Booking, SessionType
from .models.offer import speaking
from .operations.consequences import Consequence
from .policy import POLICY
from .standing import day_of, record_of
from .timetable import Holder, Timetable

DAYS_SHOWN = 7
OTHERS_SHOWN = 8
NIGHT_CELLS = 7 * 12
LONGEST_CELL_NUMBER = 8  # digits: the year 2900 and more


class Words(NamedTuple):
    """A start as the reader's clock shows it, and until when it could be changed for free."""

    clock: str
    when: str
    short: str
    rule: str


@lru_cache(maxsize=8192)
def _words(cell: int, zone: zoneinfo.ZoneInfo, language: str) -> Words:
    """In the active language, which is ``language``. Kept: clients in one zone are shown the same starts."""
    starts_at = instant_at(cell)
    limit = wording.short(rules.free_until(starts_at, POLICY), zone, language)
    return Words(
        clock=wording.clock(starts_at, zone),
        when=wording.written_out(starts_at, zone, language, named=False),
        short=wording.short(starts_at, zone, language),
        rule=_("Free to change until %(instant)s.") % {"instant": limit},
    )


@dataclass(frozen=True)
class Time:
    """One free start as a radio: ``is_free`` says whether it could still be changed for free, ``fee`` what it costs."""

    cell: int
    words: Words
    rule: str
    is_free: bool
    is_picked: bool
    fee: str = ""


@dataclass(frozen=True)
class Part:
    name: str
    times: list[Time]

    def slots(self) -> SafeString:
        return slot_markup.slots(self.times, money.SIGNS.get(POLICY.fee_currency, POLICY.fee_currency))


@dataclass
class Day:
    date: date
    weekday: str
    url: str
    is_shown: bool
    parts: list[Part] = field(default_factory=list)
    why: Any = ""

    @property
    def iso(self) -> str:
        return self.date.isoformat()

    @cached_property
    def count(self) -> int:
        return sum(len(part.times) for part in self.parts)


@dataclass(frozen=True)
class Link:
    url: str
    when: str


@dataclass(frozen=True)
class Week:
    """The picker of one week. ``days`` always has seven; ``next_free`` is the first free start outside of them."""

    days: list[Day]
    span: str
    zone_name: str
    zone_label: str
    agents: list[Holder]
    agent: Holder | None
    here: str
    address: str
    asked_zone: bool
    earlier: str
    later: str
    next_free: Link | None
    why: Any
    notice_hours: int
    fee: str = ""
    free_from: date | None = None
    fee_sign: str = ""
    free_bookable_from: date | None = None
    first_without_fee: Link | None = None
    wrong: bool = False

    @property
    def has_times(self) -> bool:
        return any(day.count for day in self.days)

    @property
    def any_late(self) -> bool:
        return any(not time.is_free for day in self.days for part in day.parts for time in part.times)

    @property
    def any_fee(self) -> bool:
        return any(time.fee for day in self.days for part in day.parts for time in part.times)

    def zone_options(self) -> SafeString:
        return slot_markup.zone_options(self.zone_name)

    def agent_options(self) -> SafeString:
        return slot_markup.agent_options(self.agents, self.agent)

    def day_strip(self) -> SafeString:
        return slot_markup.day_strip(self.days)


class _Picker:
    """Reads the request's choices (zone, agent, first day) and asks availability once for the whole horizon."""

    def __init__(
        self,
        request: HttpRequest,
        session_type: SessionType,
        *,
        client: User,
        zone: zoneinfo.ZoneInfo,
        at: datetime,
        moving: Booking | None = None,
        meaning: Consequence | None = None,
    ) -> None:
        self.request = request
        self.session_type = session_type
        self.client = client
        self.client_zone = client.zone
        self.at = at
        self.moving = moving
        self.language = get_language() or "en"
        self.standing = meaning.standing if meaning else record_of(client).standing()
        self.carries_fee = meaning.carries_fee if meaning else self.standing.is_chargeable
        asked = request.GET.get("zone", "")
        self.zone = zoneinfo.ZoneInfo(asked) if zones.is_known(asked) else zone
        self.timetable = Timetable.current()
        self.agents = self.timetable.holders.get(session_type.pk, [])
        self.agent = None if moving else _named(self.agents, request.GET.get("agent", ""))
        self.today = at.astimezone(self.zone).date()
        self.last_day = (at + timedelta(days=session_type.horizon_days)).astimezone(self.zone).date()

    @cached_property
    def free(self) -> availability.FreeStarts:
        window = availability.day_window(self.today, (self.last_day - self.today).days // 7 * 7 + 7, self.zone)
        return availability.free_starts(
            self.session_type,
            window,
            self.at,
            agents=[self.agent] if self.agent else speaking(self.agents, self.client),
            client=self.client,
            moving=self.moving,
            firm=firm_of(self.request),
            timetable=self.timetable,
        )

    @cached_property
    def fee(self) -> str:
        return standing_words.fee()

    @cached_property
    def cells(self) -> list[int]:
        return self.free.cells()

    @property
    def free_bookable_from(self) -> date | None:
        """When the first date without a fee comes within the days that can be booked ahead."""
        free_from = self.standing.free_from
        return None if free_from is None else free_from - timedelta(days=self.session_type.horizon_days)

    def why_nothing_on(self, day: date) -> Any:
        """Asked about the daytime: the night of another day in an agent's zone must not be the reason."""
        midnight, next_midnight = availability.day_window(day, 1, self.zone)
        first, end = (
            max(midnight + NIGHT_CELLS, self.free.window[0]),
            min(next_midnight - NIGHT_CELLS, self.free.window[1]),
        )
        return self.free.why_nothing(first, end) or ""

    def local(self, cell: int) -> datetime:
        return instant_at(cell).astimezone(self.zone)

    @cached_property
    def asked(self) -> dict[str, list[Any]]:
        return {name: values for name, values in self.request.GET.lists() if name != "start"}

    def address(self, base: str = "", **changes: Any) -> str:
        query = self.asked | changes
        return f"{base or self.request.path}?{urlencode(query, doseq=True)}" if query else base or self.request.path

    def time(self, cell: int, picked: str = "") -> Time:
        words = _words(cell, self.zone, self.language)
        is_free = rules.is_free_to_change(instant_at(cell), self.at, POLICY)
        rule = words.rule if is_free else _("Starts soon: it can't be changed for free.")
        fee = self.fee if self.carries_fee(day_of(cell, self.client_zone)) else ""
        if fee:
            rule = _("Carries a fee of %(fee)s.") % {"fee": fee} + " " + rule
        return Time(cell, words, rule, is_free, is_picked=str(cell) == str(picked), fee=fee)


def build(
    request: HttpRequest,
    session_type: SessionType,
    *,
    client: User,
    zone: zoneinfo.ZoneInfo,
    at: datetime,
    moving: Booking | None = None,
    picked: str = "",
    meaning: Consequence | None = None,
) -> Week:
    """The week that the request asks for (``?from=``, ``?day=``), else the first one with a free time.

    Which starts carry the fee follows from the client's standing (B-13), where a session is moved from what that means.
    """
    picker = _Picker(request, session_type, client=client, zone=zone, at=at, moving=moving, meaning=meaning)
    first_cell = picker.free.first()
    first_free = picker.today if first_cell is None else picker.local(first_cell).date()
    shown = _asked_day(request.GET.get("day", "")) or _asked_day(request.GET.get("from", ""))
    shown = min(max(shown or first_free, picker.today), picker.last_day)
    first = picker.today + timedelta(days=(shown - picker.today).days // DAYS_SHOWN * DAYS_SHOWN)
    if not request.GET.get("day") and first <= first_free < first + timedelta(days=DAYS_SHOWN):
        shown = max(shown, first_free)
    dates = [first + timedelta(days=number) for number in range(DAYS_SHOWN)]
    days = [_day(picker, one, shown == one, picked) for one in dates]
    before, after = first - timedelta(days=DAYS_SHOWN), first + timedelta(days=DAYS_SHOWN)
    return Week(
        days=days,
        span=f"{wording.short_day(dates[0], picker.language)} – {wording.short_day(dates[-1], picker.language)}",
        zone_name=picker.zone.key,
        zone_label=wording.zone_label(picker.zone, picker.language),
        agents=picker.agents,
        agent=picker.agent,
        here=request.path,
        address=picker.address(),
        asked_zone=zones.is_known(request.GET.get("zone", "")),
        earlier=picker.address(**{"from": before, "day": ""}) if first > picker.today else "",
        later=picker.address(**{"from": after, "day": ""}) if after <= picker.last_day else "",
        next_free=_next_free(picker, dates, any(day.count for day in days)),
        why=picker.free.why_nothing(*picker.free.window) or "",
        notice_hours=int(POLICY.change_notice.total_seconds() // 3600),
        fee=picker.fee,
        free_from=picker.standing.free_from,
        fee_sign=money.SIGNS.get(POLICY.fee_currency, POLICY.fee_currency),
        free_bookable_from=picker.free_bookable_from,
        first_without_fee=_first_without_fee(picker),
    )


def _day(picker: _Picker, day: date, is_shown: bool, picked: str) -> Day:
    cells = picker.free.cells_between(*availability.day_window(day, 1, picker.zone))
    noon = cell_at(datetime.combine(day, time(12), picker.zone))
    morning = [picker.time(cell, picked) for cell in cells if cell < noon]
    afternoon = [picker.time(cell, picked) for cell in cells if cell >= noon]
    return Day(
        date=day,
        weekday=wording.short_day(day, picker.language).split(" ")[0],
        url=picker.address(day=day),
        is_shown=is_shown,
        parts=[Part(_("Morning"), morning), Part(_("Afternoon"), afternoon)],
        why="" if cells else picker.why_nothing_on(day),
    )


def _next_free(picker: _Picker, dates: list[date], has_times: bool) -> Link | None:
    """The first free start of all where this week has none or does not hold it."""
    begins, ends = availability.day_window(dates[0], len(dates), picker.zone)
    first = picker.free.first()
    cell = first if first is not None and first < begins else None
    if not has_times and (later := picker.free.cells_between(ends, picker.free.window[1])):
        cell = later[0]
    return None if cell is None else _link(picker, cell)


def _link(picker: _Picker, cell: int) -> Link:
    return Link(picker.address(day=picker.local(cell).date()), picker.time(cell).words.when)


def _first_without_fee(picker: _Picker) -> Link | None:
    """The first start that costs nothing, where an earlier one does."""
    free_from = picker.standing.free_from
    if free_from is None:
        return None
    zone = picker.client_zone
    cell = next((cell for cell in picker.cells if not picker.carries_fee(day_of(cell, zone))), None)
    return None if cell is None else _link(picker, cell)


@dataclass(frozen=True)
class Chosen:
    """The start that the client chose, as the details page shows it; ``slot`` is None where it is not free."""

    slot: int | None
    agent: Holder | None
    here: str
    back: str
    notice_hours: int
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    is_free: bool = True
    free_until: datetime | None = None
    fee: str = ""
    free_from: date | None = None
    others: list[Time] = field(default_factory=list)


def chosen(
    request: HttpRequest,
    session_type: SessionType,
    *,
    client: User,
    zone: zoneinfo.ZoneInfo,
    at: datetime,
    start: Any,
) -> Chosen:
    """What ``start`` (a cell, as posted or from the address) names; where it is taken, the next free ones instead."""
    picker = _Picker(request, session_type, client=client, zone=zone, at=at)
    cell = _cell(start)
    common = {
        "agent": picker.agent,
        "here": picker.address(),
        "back": picker.address(reverse("bookings:time", args=[session_type.slug])),
        "notice_hours": int(POLICY.change_notice.total_seconds() // 3600),
        "free_from": picker.standing.free_from,
    }
    if cell is None or cell not in picker.cells:
        near = sorted(picker.cells, key=lambda one: abs(one - (cell or 0)))[:OTHERS_SHOWN]
        return Chosen(slot=None, others=[picker.time(one) for one in sorted(near)], **common)
    starts_at = instant_at(cell)
    return Chosen(
        slot=cell,
        starts_at=starts_at,
        ends_at=instant_at(cell + session_type.cells),
        is_free=rules.is_free_to_change(starts_at, at, POLICY),
        free_until=rules.free_until(starts_at, POLICY),
        fee=picker.time(cell).fee,
        **common,
    )


def carries_fee(client: User, start: Any) -> bool:
    """Whether the start that a form or an address names carries the fee for this client."""
    cell = _cell(start)
    return cell is not None and record_of(client).standing().is_chargeable(day_of(cell, client.zone))


def _cell(text: Any) -> int | None:
    """The cell that a form or an address names, if it is a number that dates reach; what int() takes is wider."""
    digits = str(text or "")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_CELL_NUMBER
    return int(digits) if is_number else None


def asked_agent(request: HttpRequest, session_type: SessionType) -> Agent | None:
    """The agent that the address asks for, if it is one who holds this type."""
    holders = session_type.agents.filter(is_active=True, user__is_active=True).select_related("user")
    return _named(list(holders), request.GET.get("agent", ""))


def _named(agents: list[Any], text: str) -> Any | None:
    return next((agent for agent in agents if str(agent.pk) == text), None)


def _asked_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
