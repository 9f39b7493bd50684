"""Where a session can start, as bit masks over the facts, and which fact is in the way where none can. Pure.

A mask of cells says when something holds; a mask of starts where a session could begin. Both are over ``facts.ground``.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from supportportal.businesstime import BusinessCalendar, whole_days
from supportportal.lattice import (
    Window,
    cell_from,
    cut,
    full,
    grid_mask,
    local_dates,
    local_day,
    span,
    spans,
    starts_with_room,
    weekly_mask,
)

from .facts import Diary, Facts, lengths
from .models import SessionType
from .whynot import Reason, WhyNot


def midnight(day: date, zone: ZoneInfo) -> int:
    """The first cell of a local date."""
    return cell_from(datetime.combine(day, time.min, zone))


def earliest(session_type: SessionType, at: datetime) -> int:
    return cell_from(at + timedelta(minutes=session_type.minimum_notice))


def horizon(session_type: SessionType, at: datetime, zone: ZoneInfo) -> int:
    """The end of the last local date of the firm that can be booked; today is day 0."""
    return midnight(at.astimezone(zone).date() + timedelta(days=session_type.horizon_days + 1), zone)


@lru_cache(maxsize=1024)
def workdays(calendar: BusinessCalendar, ground: Window) -> int:
    """All cells of the calendar's workdays."""
    days = (day for day in local_dates(ground, calendar.zone) if calendar.is_workday(day))
    stretches = (stretch for day in days for stretch in local_day(day, calendar.zone))
    return spans(((stretch.first, stretch.end) for stretch in stretches), ground)


class Openings:
    """The facts, combined."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.everything = full(facts.ground[1] - facts.ground[0])

    def free_by_agent(self) -> dict[int, int]:
        """Each agent's free starts, as masks over the window."""
        facts, bounds = self.facts, self._from_notice & self._until_horizon & self._client_free
        shared: dict[Diary, int] = {}
        free = {}
        for agent, diary in facts.diaries.items():
            if diary not in shared:
                shared[diary] = self._starts(diary, minus=self._closed) & bounds
            starts = shared[diary]
            if agent in facts.time_off:  # room in the hours and room beside the time off is room in both
                starts &= self._room(self.everything ^ facts.time_off[agent])
            free[agent] = cut(starts & self._not_busy(agent), facts.ground, facts.window)
        return free

    def why_nothing(self, first: int, end: int) -> WhyNot:
        """The first reason that leaves nothing of what is asked, in the order of ``_stages``."""
        asked = span(first, end, self.facts.ground)
        return next((why for why, left in self._stages(first, end) if not left & asked), WhyNot(Reason.FULL))

    def _stages(self, first: int, end: int) -> Iterator[tuple[WhyNot, int]]:
        """Each reason, with what it and those before it leave to anybody."""
        facts = self.facts
        too_far = WhyNot(Reason.BEYOND_HORIZON, facts.session_type.horizon_days)
        yield WhyNot(Reason.NO_AGENT), self.everything if facts.diaries else 0
        yield WhyNot(Reason.PAST), span(cell_from(facts.at), facts.ground[1], facts.ground)
        yield too_far, self._until_horizon
        yield WhyNot(Reason.WEEKEND), self._anybody(lambda agent, diary: self._business_days(diary.zone))
        holidays = WhyNot(Reason.HOLIDAY, self._holiday_names(first, end))
        yield holidays, self._anybody(lambda agent, diary: workdays(diary.calendar, facts.ground))
        yield WhyNot(Reason.OUTSIDE_HOURS), self._anybody(lambda agent, diary: self._starts(diary, minus=0))
        closed = WhyNot(Reason.CLOSED, self._closure_reasons(first, end))
        yield closed, self._anybody(lambda agent, diary: self._starts(diary, minus=self._closed))
        left = self._anybody(
            lambda agent, diary: self._starts(diary, minus=self._closed | facts.time_off.get(agent, 0))
        )
        yield WhyNot(Reason.AWAY), left
        left &= self._from_notice
        yield WhyNot(Reason.TOO_SOON, facts.session_type.minimum_notice), left
        left &= self._until_horizon
        yield too_far, left
        yield WhyNot(Reason.CLIENT_BUSY), left & self._client_free

    def _anybody(self, mask_of: Callable[[int, Diary], int]) -> int:
        mask = 0
        for agent, diary in self.facts.diaries.items():
            mask |= mask_of(agent, diary)
        return mask

    def _starts(self, diary: Diary, *, minus: int) -> int:
        """Where a session fits into the hours of the agent and of the type, on the agent's grid."""
        ground = self.facts.ground
        cells = (
            weekly_mask(diary.hours, diary.zone, ground) & workdays(diary.calendar, ground) & self._type_open & ~minus
        )
        return self._room(cells) & grid_mask(self.facts.session_type.step_minutes, diary.zone, ground)

    def _room(self, cells: int) -> int:
        return starts_with_room(cells, self.facts.session_type.cells)

    def _not_busy(self, agent: int) -> int:
        """Starts at which the agent has room with this type's buffers; those may lie outside the hours."""
        taken = self.facts.busy.get(agent, 0)
        if not taken:
            return self.everything
        before, length, after = lengths(self.facts.session_type)
        return starts_with_room(self.everything ^ taken, before + length + after) << before

    @cached_property
    def _client_free(self) -> int:
        """Starts at which the client has room: without buffers, which are the agent's."""
        taken = self.facts.busy.get(self.facts.client, 0) if self.facts.client else 0
        return self._room(self.everything ^ taken) if taken else self.everything

    @cached_property
    def _type_open(self) -> int:
        """A type without opening hours has no limit of its own (B-1)."""
        hours = self.facts.opening_hours
        return weekly_mask(hours, self.facts.firm_zone, self.facts.ground) if hours else self.everything

    @cached_property
    def _closed(self) -> int:
        return spans(((first, end) for first, end, _reason in self.facts.closures), self.facts.ground)

    @cached_property
    def _from_notice(self) -> int:
        facts = self.facts
        begin = cell_from(facts.at) if facts.by_firm else earliest(facts.session_type, facts.at)
        return span(begin, facts.ground[1], facts.ground)

    @cached_property
    def _until_horizon(self) -> int:
        facts = self.facts
        return span(facts.ground[0], horizon(facts.session_type, facts.at, facts.firm_zone), facts.ground)

    def _business_days(self, zone: ZoneInfo) -> int:
        return workdays(BusinessCalendar(zone, whole_days(self.facts.business_days)), self.facts.ground)

    def _holiday_names(self, first: int, end: int) -> str:
        zones = {diary.zone for diary in self.facts.diaries.values()}
        days = {day for zone in zones for day in _dates_between(first, end, zone)}
        return ", ".join(sorted({name for _country, day, name in self.facts.holidays if day in days}))

    def _closure_reasons(self, first: int, end: int) -> str:
        found = (reason for begins, ends, reason in self.facts.closures if begins < end and first < ends and reason)
        return ", ".join(dict.fromkeys(found))


def _dates_between(first: int, end: int, zone: ZoneInfo) -> Iterator[date]:
    for day in local_dates((first, end), zone):
        if any(stretch.first < end and first < stretch.end for stretch in local_day(day, zone)):
            yield day
