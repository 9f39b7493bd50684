"""What a question about free starts rests on: the timetable, and what is taken, read from the database as integers in
the same few queries for any number of agents and weeks.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Aggregate, TextField

from supportportal.businesstime import BusinessCalendar, whole_days
from supportportal.lattice import (
    CELL_MINUTES,
    DAY_CELLS,
    WeeklyHours,
    Window,
    busy_masks,
    local_dates,
    runs,
)
from supportportal.people.models import Firm, User

from .cells import OCCUPYING_STATES
from .models import Agent, Booking, Hold, SessionType
from .models.booking import LONGEST_CELLS
from .rules import Policy
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
            busy=_busy(
                _sessions(chosen if client is None else [*chosen, client.pk], ground, moving),
                _holds(chosen, ground, client, held, at - policy.hold_grace),
            ),
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
    spans = ((agent, *span) for agent in agents for span in timetable.time_off.get(agent, ()))
    return busy_masks(((agent, first, end) for agent, first, end in spans if _meets((first, end), ground)), ground)


def _meets(span: tuple[int, int], ground: Window) -> bool:
    return span[0] < ground[1] and ground[0] < span[1]


def _busy(*taken: Iterable[tuple[int, int]]) -> dict[int, int]:
    masks: dict[int, int] = {}
    for person, mask in chain(*taken):
        masks[person] = masks.get(person, 0) | mask
    return masks


class Listed(Aggregate):
    """A group's numbers in one text, "1,2,3": thousands of rows cost more to fetch than to write down and read."""

    function = "group_concat"
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "string_agg((%(expressions)s)::text, ',')"
        return self.as_sql(compiler, connection, template=template, **context)


def _sessions(persons: list[int], ground: Window, moving: Booking | None) -> Iterator[tuple[int, int]]:
    """(person, mask) of what is taken: agents with buffers, clients without (B-2)."""
    near = Booking.objects.filter(
        state__in=OCCUPYING_STATES,
        first_cell__gt=ground[0] - LONGEST_CELLS,
        first_cell__lt=ground[1] + LONGEST_CELLS,
    ).order_by()
    if moving is not None:
        near = near.exclude(pk=moving.pk)
    of_agents = near.filter(agent__in=persons).values_list("agent_id", "cells", "cells_before", "cells_after")
    for person, length, before, after, firsts in of_agents.annotate(firsts=Listed("first_cell")):
        shifted = (ground[0] + before, ground[1] + before)
        yield person, runs(map(int, firsts.split(",")), before + length + after, shifted)
    of_clients = near.filter(client__in=persons).values_list("client_id", "cells")
    for person, length, firsts in of_clients.annotate(firsts=Listed("first_cell")):
        yield person, runs(map(int, firsts.split(",")), length, ground)


def _holds(
    agents: list[int], ground: Window, client: User | None, held: Hold | None, since: datetime
) -> Iterable[tuple[int, int]]:
    """What is held of these agents, but for the client's own undo, ``held``, and what expired before ``since``."""
    near = Hold.objects.filter(
        agent__in=agents,
        until__gt=since,
        first_cell__gt=ground[0] - LONGEST_CELLS,
        first_cell__lt=ground[1] + LONGEST_CELLS,
    )
    own = -1 if client is None else client.pk
    but = -1 if held is None else held.pk
    rows = near.order_by().values_list("pk", "booking__client_id", "agent_id", "first_cell", "cells")
    taken = ((agent, first, first + cells) for pk, whose, agent, first, cells in rows if pk != but and whose != own)
    return busy_masks(taken, ground).items()
