"""When sessions can start (B-1): one function answers for showing and for booking.

``free_starts`` asks the database for integers in a constant number of queries, however many agents and weeks, and
computes on bit masks (``supportportal.lattice``). The result also knows, for any stretch of time without a free start,
why there is none.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Max, Q, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from supportportal.businesstime import BusinessCalendar, whole_days
from supportportal.lattice import (
    CELL_MINUTES,
    DAY_CELLS,
    DAY_MINUTES,
    WeeklyHours,
    Window,
    busy_masks,
    cell_at,
    cell_from,
    cells_in,
    cut,
    full,
    grid_mask,
    instant_at,
    local_dates,
    local_day,
    lowest,
    span,
    spans,
    starts_with_room,
    weekly_mask,
)
from supportportal.people.models import Firm, User

from .cells import OCCUPYING_STATES
from .models import Agent, Booking, Closure, Holiday, OpeningHours, SessionType, TimeOff, WorkingHours
from .models.booking import LONGEST_CELLS
from .models.offer import PlaceKind
from .policy import POLICY
from .rules import Policy

SPREAD_CELLS = 7 * DAY_CELLS // 2  # sessions are counted this far to either side when they are spread among agents
RECENT_CELLS = 60 * DAY_CELLS
NEXT_FREE_CELLS = 28 * DAY_CELLS


class Reason(TextChoices):
    """Why nothing is free, in the order in which they are tried."""

    NO_AGENT = "no_agent"
    PAST = "past"
    TOO_SOON = "too_soon"
    BEYOND_HORIZON = "beyond_horizon"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    OUTSIDE_HOURS = "outside_hours"
    CLOSED = "closed"
    AWAY = "away"
    FULL = "full"
    CLIENT_BUSY = "client_busy"


@dataclass(frozen=True)
class WhyNot:
    """A reason fit to show to a client; ``detail`` is the holiday's name, the closure's reason, or a number."""

    reason: Reason
    detail: Any = ""

    def __str__(self) -> str:
        match self.reason:
            case Reason.NO_AGENT:
                return _("Nobody holds these sessions at the moment.")
            case Reason.PAST:
                return _("This time is over.")
            case Reason.TOO_SOON:
                return _too_soon(self.detail)
            case Reason.BEYOND_HORIZON:
                return ngettext(
                    "Sessions can be booked up to %(days)s day ahead.",
                    "Sessions can be booked up to %(days)s days ahead.",
                    self.detail,
                ) % {"days": self.detail}
            case Reason.WEEKEND:
                return _("No sessions at the weekend.")
            case Reason.HOLIDAY:
                return _("Public holiday: %(name)s.") % {"name": self.detail}
            case Reason.OUTSIDE_HOURS:
                return _("Outside the hours of these sessions.")
            case Reason.CLOSED:
                return _("Closed: %(reason)s.") % {"reason": self.detail} if self.detail else _("Closed.")
            case Reason.AWAY:
                return _("Nobody is at work then.")
            case Reason.FULL:
                return _("Fully booked.")
            case Reason.CLIENT_BUSY:
                return _("There is already a session of yours at the times that are left.")


def _too_soon(minutes: int) -> str:
    if minutes % 60:
        text = ngettext(
            "Too soon: book at least %(n)s minute ahead.", "Too soon: book at least %(n)s minutes ahead.", minutes
        )
        return text % {"n": minutes}
    hours = minutes // 60
    return ngettext(
        "Too soon: book at least %(n)s hour ahead.", "Too soon: book at least %(n)s hours ahead.", hours
    ) % {"n": hours}


@dataclass(frozen=True)
class FreeStarts:
    """The free starts of each agent within ``window``; bit ``i`` of a mask is the cell ``window[0] + i``."""

    window: Window
    by_agent: dict[int, int]
    any: int
    _facts: "_Facts" = field(repr=False)

    def __contains__(self, cell: int) -> bool:
        return self.window[0] <= cell < self.window[1] and bool(self.any >> (cell - self.window[0]) & 1)

    def __bool__(self) -> bool:
        return bool(self.any)

    def cells(self) -> list[int]:
        """The cells at which somebody is free, ascending."""
        return cells_in(self.any, self.window)

    def cells_between(self, first: int, end: int) -> list[int]:
        return cells_in(self.any & span(first, end, self.window), self.window)

    def agents_at(self, cell: int) -> list[int]:
        """The ids of the agents who are free for a session that starts with ``cell``."""
        if cell not in self:
            return []
        return [agent for agent, mask in self.by_agent.items() if mask >> (cell - self.window[0]) & 1]

    def first(self) -> int | None:
        found = lowest(self.any)
        return None if found is None else self.window[0] + found

    def why_nothing(self, first: int, end: int) -> WhyNot | None:
        """Why no session can start from ``first`` up to ``end`` (within the window); None if one can."""
        if self.any & span(first, end, self.window):
            return None
        return self._facts.why_nothing(first, end)

    def why_nothing_on(self, day: date, zone: ZoneInfo) -> WhyNot | None:
        """The same for a local date of the reader's, as far as the window shows it."""
        stretches = local_day(day, zone)
        if not stretches:
            return self.why_nothing(self.window[0], self.window[0])
        return self.why_nothing(max(stretches[0].first, self.window[0]), min(stretches[-1].end, self.window[1]))


def free_starts(
    session_type: SessionType,
    window: Window,
    at: datetime,
    *,
    agents: Iterable[Agent] | None = None,
    client: User | None = None,
    moving: Booking | None = None,
    firm: Firm | None = None,
    policy: Policy = POLICY,
) -> FreeStarts:
    """When a session of this type can start within ``window`` (first cell, end cell), asked at ``at``.

    ``agents`` narrows it down; whoever does not hold the type, takes no sessions or has no link for a video session is
    left out (B-1a). ``client``'s own sessions are in the way too (B-2). ``moving`` is the session to be moved: it is not
    in its own way.
    """
    facts = _Facts.gather(
        session_type,
        window,
        at,
        agents=agents,
        client=client,
        moving=moving,
        firm=firm or Firm.current(),
        policy=policy,
    )
    by_agent = facts.free_by_agent()
    anybody = 0
    for mask in by_agent.values():
        anybody |= mask
    return FreeStarts(window, by_agent, anybody, facts)


def is_free(
    session_type: SessionType,
    agent: Agent,
    first_cell: int,
    *,
    at: datetime,
    client: User | None = None,
    moving: Booking | None = None,
    firm: Firm | None = None,
) -> bool:
    return not why_not(session_type, agent, first_cell, at=at, client=client, moving=moving, firm=firm)


def why_not(
    session_type: SessionType,
    agent: Agent,
    first_cell: int,
    *,
    at: datetime,
    client: User | None = None,
    moving: Booking | None = None,
    firm: Firm | None = None,
) -> WhyNot | None:
    """Why this agent can't hold a session that starts with ``first_cell``; None if nothing is in the way."""
    window = (first_cell, first_cell + 1)
    free = free_starts(session_type, window, at, agents=[agent], client=client, moving=moving, firm=firm)
    return free.why_nothing(*window)


def agents_by_load(
    session_type: SessionType,
    first_cell: int,
    *,
    at: datetime,
    client: User | None = None,
    moving: Booking | None = None,
    firm: Firm | None = None,
) -> list[Agent]:
    """Who is free for this start, in the order in which they should be asked: an even spread."""
    window = (first_cell, first_cell + 1)
    free = free_starts(session_type, window, at, client=client, moving=moving, firm=firm).agents_at(first_cell)
    found = Agent.objects.select_related("user").in_bulk(free)
    return [found[agent] for agent in spread(free, first_cell)]


def spread(agents: Iterable[int], cell: int) -> list[int]:
    """Agents' ids, first who has the fewest sessions in the seven days around ``cell``, then who was given one longest ago."""
    agents = list(agents)
    around = Q(first_cell__gte=cell - SPREAD_CELLS, first_cell__lt=cell + SPREAD_CELLS)
    loads = dict.fromkeys(agents, (0, ""))
    recent = Booking.objects.filter(
        agent__in=agents, state__in=OCCUPYING_STATES, first_cell__range=(cell - RECENT_CELLS, cell + RECENT_CELLS)
    )
    rows = recent.order_by().values_list("agent").annotate(count=Count("pk", filter=around), last=Max("booked_at"))
    for agent, count, last in rows:
        loads[agent] = (count, last.isoformat())
    return sorted(agents, key=lambda agent: (*loads[agent], agent))


def next_free(
    session_type: SessionType,
    after: int,
    at: datetime,
    *,
    agents: Iterable[Agent] | None = None,
    client: User | None = None,
    moving: Booking | None = None,
    firm: Firm | None = None,
) -> int | None:
    """The first cell from ``after`` on at which a session can start, as far as it can be booked ahead."""
    firm = firm or Firm.current()
    chosen = None if agents is None else list(agents)
    begin = max(after, _earliest(session_type, at))
    end = _horizon(session_type, at, firm.zone)
    while begin < end:
        window = (begin, min(begin + NEXT_FREE_CELLS, end))
        free = free_starts(session_type, window, at, agents=chosen, client=client, moving=moving, firm=firm)
        if (found := free.first()) is not None:
            return found
        begin = window[1]
    return None


def day_window(day: date, days: int, zone: ZoneInfo) -> Window:
    """The cells of ``days`` local dates in a row, the first of them ``day``."""
    return _midnight(day, zone), _midnight(day + timedelta(days=days), zone)


def _midnight(day: date, zone: ZoneInfo) -> int:
    return cell_from(datetime.combine(day, time.min, zone))


def _earliest(session_type: SessionType, at: datetime) -> int:
    return cell_from(at + timedelta(minutes=session_type.minimum_notice))


def _horizon(session_type: SessionType, at: datetime, zone: ZoneInfo) -> int:
    """The end of the last local date of the firm that can be booked; today is day 0."""
    return _midnight(at.astimezone(zone).date() + timedelta(days=session_type.horizon_days + 1), zone)


# -- what the database knows, as integers ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Diary:
    """What one agent's openings depend on."""

    zone: ZoneInfo
    hours: WeeklyHours
    calendar: BusinessCalendar


@dataclass(frozen=True)
class _Facts:
    """Everything about one question, read once. ``ground`` is the window with room for buffers, on whole UTC days.

    Whole days, so that masks of hours and calendars, which are kept, serve every question about these days.
    """

    session_type: SessionType
    window: Window
    ground: Window
    at: datetime
    firm_zone: ZoneInfo
    diaries: dict[int, _Diary]
    opening_hours: WeeklyHours
    closures: list[tuple[int, int, str]]
    time_off: dict[int, int]
    busy: dict[int, int]
    client: int | None
    holidays: list[tuple[str, date, str]]
    business_days: frozenset[int]

    @classmethod
    def gather(
        cls,
        session_type: SessionType,
        window: Window,
        at: datetime,
        *,
        agents: Iterable[Agent] | None,
        client: User | None,
        moving: Booking | None,
        firm: Firm,
        policy: Policy,
    ) -> "_Facts":
        before, length, after = _lengths(session_type)
        ground = (
            (window[0] - before) // DAY_CELLS * DAY_CELLS,
            -(-(window[1] + length + after) // DAY_CELLS) * DAY_CELLS,
        )
        people = _agents(session_type, agents)
        countries = {country or firm.country for _pk, _zone, country in people}
        holidays = _holidays(countries, ground)
        diaries = _diaries(people, holidays, firm.country, policy.business_days)
        persons = [*diaries] if client is None else [*diaries, client.pk]
        return cls(
            session_type=session_type,
            window=window,
            ground=ground,
            at=at,
            firm_zone=firm.zone,
            diaries=diaries,
            opening_hours=_hours(OpeningHours.objects.filter(session_type=session_type), "session_type_id")[
                session_type.pk
            ],
            closures=_closures(ground),
            time_off=_time_off(diaries, ground),
            busy=busy_masks(_sessions(persons, ground, moving), ground),
            client=None if client is None else client.pk,
            holidays=holidays,
            business_days=policy.business_days,
        )

    # Masks of cells and of starts are over ``ground``, until they are cut to the window at the end.

    def free_by_agent(self) -> dict[int, int]:
        open_to_all = self._type_open & ~self._closed
        bounds = self._bounds & self._client_free
        rooms: dict[_Diary, int] = {}
        free = {}
        for agent, diary in self.diaries.items():
            away = self.time_off.get(agent, 0)
            if away:
                starts = self._room(self._at_work(diary) & open_to_all & ~away) & self._grid(diary)
            elif diary in rooms:
                starts = rooms[diary]
            else:
                starts = rooms[diary] = self._room(self._at_work(diary) & open_to_all) & self._grid(diary)
            free[agent] = cut(starts & bounds & self._not_busy(agent), self.ground, self.window)
        return free

    def why_nothing(self, first: int, end: int) -> WhyNot:
        asked = span(first, end, self.ground)
        return next((why for why, left in self._stages(first, end) if not left & asked), WhyNot(Reason.FULL))

    def _stages(self, first: int, end: int) -> Iterator[tuple[WhyNot, int]]:
        """Each reason with what it leaves to anybody; the first that leaves nothing of what is asked is the answer."""
        notice, horizon = self._from_notice, self._until_horizon
        too_soon = WhyNot(Reason.TOO_SOON, self.session_type.minimum_notice)
        too_far = WhyNot(Reason.BEYOND_HORIZON, self.session_type.horizon_days)
        yield WhyNot(Reason.NO_AGENT), self._everything if self.diaries else 0
        yield WhyNot(Reason.PAST), span(cell_from(self.at), self.ground[1], self.ground)
        yield too_far, horizon
        yield WhyNot(Reason.WEEKEND), self._anybody(lambda agent, diary: self._business_days(diary.zone))
        yield (
            WhyNot(Reason.HOLIDAY, self._holiday_names(first, end)),
            self._anybody(lambda agent, diary: _workdays(diary.calendar, self.ground)),
        )

        def starts(minus: Any) -> int:
            return self._anybody(
                lambda agent, diary: (
                    self._room(self._at_work(diary) & self._type_open & ~minus(agent)) & self._grid(diary)
                )
            )

        yield WhyNot(Reason.OUTSIDE_HOURS), starts(lambda agent: 0)
        yield WhyNot(Reason.CLOSED, self._closure_reasons(first, end)), starts(lambda agent: self._closed)
        at_work = starts(lambda agent: self._closed | self.time_off.get(agent, 0))
        yield WhyNot(Reason.AWAY), at_work
        yield too_soon, at_work & notice
        yield too_far, at_work & notice & horizon
        own = self._client_free
        yield WhyNot(Reason.CLIENT_BUSY), at_work & notice & horizon & own
        yield WhyNot(Reason.FULL), 0

    def _anybody(self, mask_of: Any) -> int:
        mask = 0
        for agent, diary in self.diaries.items():
            mask |= mask_of(agent, diary)
        return mask

    @cached_property
    def _everything(self) -> int:
        return full(self.ground[1] - self.ground[0])

    @cached_property
    def _type_open(self) -> int:
        """A type without opening hours has no limit of its own (B-1)."""
        return weekly_mask(self.opening_hours, self.firm_zone, self.ground) if self.opening_hours else self._everything

    @cached_property
    def _closed(self) -> int:
        return spans(((first, end) for first, end, _reason in self.closures), self.ground)

    @cached_property
    def _from_notice(self) -> int:
        return span(_earliest(self.session_type, self.at), self.ground[1], self.ground)

    @cached_property
    def _until_horizon(self) -> int:
        return span(self.ground[0], _horizon(self.session_type, self.at, self.firm_zone), self.ground)

    @property
    def _bounds(self) -> int:
        return self._from_notice & self._until_horizon

    @cached_property
    def _client_free(self) -> int:
        """Starts at which the client has room: without buffers, which are the agent's."""
        taken = 0 if self.client is None else self.busy.get(self.client, 0)
        return self._room(self._everything & ~taken) if taken else self._everything

    def _at_work(self, diary: _Diary) -> int:
        return weekly_mask(diary.hours, diary.zone, self.ground) & _workdays(diary.calendar, self.ground)

    def _grid(self, diary: _Diary) -> int:
        return grid_mask(self.session_type.step_minutes, diary.zone, self.ground)

    def _business_days(self, zone: ZoneInfo) -> int:
        return _workdays(BusinessCalendar(zone, whole_days(self.business_days)), self.ground)

    def _room(self, cells: int) -> int:
        return starts_with_room(cells, self.session_type.cells)

    def _not_busy(self, agent: int) -> int:
        """Starts at which the agent has room with this type's buffers; those may lie outside the hours."""
        taken = self.busy.get(agent, 0)
        if not taken:
            return self._everything
        before, length, after = _lengths(self.session_type)
        return starts_with_room(self._everything & ~taken, before + length + after) << before

    def _holiday_names(self, first: int, end: int) -> str:
        zones = {diary.zone for diary in self.diaries.values()}
        days = {day for zone in zones for day in _dates_between(first, end, zone)}
        return ", ".join(sorted({name for _country, day, name in self.holidays if day in days}))

    def _closure_reasons(self, first: int, end: int) -> str:
        found = (reason for begins, ends, reason in self.closures if begins < end and first < ends and reason)
        return ", ".join(dict.fromkeys(found))


def _lengths(session_type: SessionType) -> tuple[int, int, int]:
    return (
        session_type.buffer_before // CELL_MINUTES,
        session_type.cells,
        session_type.buffer_after // CELL_MINUTES,
    )


def _dates_between(first: int, end: int, zone: ZoneInfo) -> Iterator[date]:
    for day in local_dates((first, max(first, end - 1)), zone):
        if any(stretch.first < end and first < stretch.end for stretch in local_day(day, zone)):
            yield day


@lru_cache(maxsize=1024)
def _workdays(calendar: BusinessCalendar, ground: Window) -> int:
    """All cells of the calendar's workdays."""
    days = (day for day in local_dates(ground, calendar.zone) if calendar.is_workday(day))
    stretches = (stretch for day in days for stretch in local_day(day, calendar.zone))
    return spans(((stretch.first, stretch.end) for stretch in stretches), ground)


def _agents(session_type: SessionType, agents: Iterable[Agent] | None) -> list[tuple[int, str, str]]:
    offering = Agent.objects.filter(session_types=session_type, is_active=True, user__is_active=True)
    if agents is not None:
        offering = offering.filter(pk__in=[agent.pk for agent in agents])
    if session_type.place_kind == PlaceKind.VIDEO and not session_type.place:
        offering = offering.exclude(video_link="")
    return list(offering.order_by("pk").values_list("pk", "time_zone", "holiday_country"))


def _diaries(
    people: list[tuple[int, str, str]],
    holidays: list[tuple[str, date, str]],
    home: str,
    business_days: frozenset[int],
) -> dict[int, _Diary]:
    days_off: dict[str, set[date]] = defaultdict(set)
    for country, day, _name in holidays:
        days_off[country].add(day)
    hours = _hours(WorkingHours.objects.filter(agent__in=[pk for pk, _zone, _country in people]), "agent_id")
    diaries: dict[tuple[Any, ...], _Diary] = {}
    found = {}
    for pk, name, country in people:
        key = (name, country or home, hours[pk])
        if key not in diaries:
            zone = ZoneInfo(name)
            calendar = BusinessCalendar(zone, whole_days(business_days), frozenset(days_off[country or home]))
            diaries[key] = _Diary(zone, hours[pk], calendar)
        found[pk] = diaries[key]
    return found


def _hours(rows: Any, whose: str) -> dict[int, WeeklyHours]:
    found: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for who, weekday, opens, closes in rows.order_by("weekday", "opens").values_list(
        whose, "weekday", "opens", "closes"
    ):
        closing = closes.hour * 60 + closes.minute or DAY_MINUTES
        found[who].append((weekday, opens.hour * 60 + opens.minute, closing))
    return defaultdict(tuple, {who: tuple(hours) for who, hours in found.items()})


def _holidays(countries: set[str], ground: Window) -> list[tuple[str, date, str]]:
    days = list(local_dates(ground, ZoneInfo("UTC")))
    rows = Holiday.objects.filter(country__in=countries, is_observed=True, day__range=(days[0], days[-1]))
    return list(rows.values_list("country", "day", "name"))


def _closures(ground: Window) -> list[tuple[int, int, str]]:
    rows = Closure.objects.filter(starts_at__lt=instant_at(ground[1]), ends_at__gt=instant_at(ground[0]))
    return [
        (cell_at(begins), cell_from(ends), why)
        for begins, ends, why in rows.values_list("starts_at", "ends_at", "reason")
    ]


def _time_off(agents: Iterable[int], ground: Window) -> dict[int, int]:
    rows = TimeOff.objects.filter(
        agent__in=list(agents), starts_at__lt=instant_at(ground[1]), ends_at__gt=instant_at(ground[0])
    ).values_list("agent_id", "starts_at", "ends_at")
    return busy_masks(((agent, cell_at(begins), cell_from(ends)) for agent, begins, ends in rows), ground)


def _sessions(persons: list[int], ground: Window, moving: Booking | None) -> Iterator[tuple[int, int, int]]:
    """(person, first cell, end cell) of what is taken: agents with buffers, clients without (B-2)."""
    near = Booking.objects.filter(
        state__in=OCCUPYING_STATES,
        first_cell__gt=ground[0] - LONGEST_CELLS,
        first_cell__lt=ground[1] + LONGEST_CELLS,
    ).order_by()
    if moving is not None:
        near = near.exclude(pk=moving.pk)
    begins, ends = F("first_cell") - F("cells_before"), F("first_cell") + F("cells") + F("cells_after")
    yield from near.filter(agent__in=persons).values_list("agent_id", begins, ends)
    yield from near.filter(client__in=persons).values_list("client_id", "first_cell", F("first_cell") + F("cells"))
