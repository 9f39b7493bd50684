"""What a question about free starts rests on: the timetable, and what is taken, as integers and in the same two queries
for any number of agents and weeks; more only where what is kept of them has changed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from supportportal.businesstime import BusinessCalendar, whole_days
from supportportal.lattice import (
    CELL_MINUTES,
    DAY_CELLS,
    WeeklyHours,
    Window,
    busy_masks,
    cut,
    local_dates,
)
from supportportal.people.models import Firm, User

from .models import Agent, Booking, Hold, SessionType
from .rules import Policy
from .taken import taken
from .timetable import Holder, Timetable

UTC_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, eq=False)
class Diary:
    """When somebody works as a rule; agents with the same hours, zone and country share one."""

    zone: ZoneInfo
    hours: WeeklyHours
    calendar: BusinessCalendar


@dataclass(frozen=True)
class Facts:
    """Everything about one question, read once.

    ``ground`` is the window with room for buffers, on whole UTC days: so the masks of hours and calendars, which are
    kept, serve every question about these days.
    """

    session_type: SessionType
    window: Window
    ground: Window
    at: datetime
    firm_zone: ZoneInfo
    business_days: frozenset[int]
    diaries: dict[int, Diary]
    opening_hours: WeeklyHours
    holidays: list[tuple[str, date, str]]
    closures: list[tuple[int, int, str]]
    time_off: dict[int, int]
    busy: dict[int, int]
    client: int | None
    by_firm: bool = False  # no minimum notice: a colleague can step in at once

    @classmethod
    def gather(
        cls,
        session_type: SessionType,
        window: Window,
        at: datetime,
        *,
        agents: Iterable[Agent | Holder] | None,
        client: User | None,
        moving: Booking | None,
        held: Hold | None,
        firm: Firm,
        policy: Policy,
        by_firm: bool = False,
        timetable: Timetable | None = None,
    ) -> "Facts":
        before, length, after = lengths(session_type)
        ground = (
            (window[0] - before) // DAY_CELLS * DAY_CELLS,
            -(-(window[1] + length + after) // DAY_CELLS) * DAY_CELLS,
        )
        timetable = timetable or Timetable.current()
        holders = {holder.pk: holder for holder in timetable.able_to_hold(session_type)}
        chosen = sorted(holders if agents is None else holders.keys() & {agent.pk for agent in agents})
        countries = {holders[pk].country or firm.country for pk in chosen}
        return cls(
            session_type=session_type,
            window=window,
            ground=ground,
            at=at,
            firm_zone=firm.zone,
            business_days=policy.business_days,
            diaries=_diaries([holders[pk] for pk in chosen], timetable, firm.country, policy.business_days),
            opening_hours=timetable.opening_hours.get(session_type.pk, ()),
            holidays=_holidays(timetable, countries, ground),
            closures=[one for one in timetable.closures if _meets(one[:2], ground)],
            time_off=_time_off(chosen, timetable, ground),
            busy=taken(chosen, ground, client=client, moving=moving, held=held, held_since=at - policy.hold_grace),
            client=None if client is None else client.pk,
            by_firm=by_firm,
        )


def lengths(session_type: SessionType) -> tuple[int, int, int]:
    """Cells before, of and after a session."""
    before, after = session_type.buffer_before // CELL_MINUTES, session_type.buffer_after // CELL_MINUTES
    return before, session_type.cells, after


def _diaries(holders: list[Holder], timetable: Timetable, home: str, business_days: frozenset[int]) -> dict[int, Diary]:
    shared: dict[tuple[ZoneInfo, str, WeeklyHours], Diary] = {}
    found = {}
    for holder in holders:
        key = (holder.zone, holder.country or home, holder.hours)
        if key not in shared:
            days_off = frozenset(timetable.holidays.get(key[1], ()))
            calendar = BusinessCalendar(holder.zone, whole_days(business_days), days_off)
            shared[key] = Diary(holder.zone, holder.hours, calendar)
        found[holder.pk] = shared[key]
    return found


def _holidays(timetable: Timetable, countries: set[str], ground: Window) -> list[tuple[str, date, str]]:
    first, *_days, last = local_dates(ground, UTC_ZONE)
    return [
        (country, day, name)
        for country in countries
        for day, name in timetable.holidays.get(country, {}).items()
        if first <= day <= last
    ]


def _time_off(agents: Iterable[int], timetable: Timetable, ground: Window) -> dict[int, int]:
    """Away, as somebody entered it or as the agent's own calendar says."""
    agents = list(agents)
    spans = ((agent, *span) for agent in agents for span in timetable.time_off.get(agent, ()))
    masks = busy_masks(((agent, first, end) for agent, first, end in spans if _meets((first, end), ground)), ground)
    for agent in timetable.busy.keys() & set(agents):
        window, mask = timetable.busy[agent]
        if busy := cut(mask, window, ground):
            masks[agent] = masks.get(agent, 0) | busy
    return masks


def _meets(span: tuple[int, int], ground: Window) -> bool:
    return span[0] < ground[1] and ground[0] < span[1]
