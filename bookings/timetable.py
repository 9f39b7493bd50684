"""Who holds what and when, who is away, when the firm is closed, which days are off: what every question about free
starts rests on and what changes a few times a day. Each process keeps it, and asks in one query whether it is right.

``TimetableVersion`` is what makes that safe: the database itself changes it with every write to one of these tables,
within the writer's transaction. So a version stands for one state of the tables, in transactions that are rolled back
as well; it is read before what it stands for, so what is kept is never older than its version.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from supportportal.lattice import DAY_MINUTES, WeeklyHours, Window, cell_at, cell_from, spans

from .models import (
    Agent,
    BusyTime,
    Closure,
    Holiday,
    OpeningHours,
    SessionType,
    TimeOff,
    TimetableVersion,
    WorkingHours,
)
from .models.offer import PlaceKind

_VERSION = f"SELECT token FROM {TimetableVersion._meta.db_table}"  # noqa: S608 -- a table's name


@dataclass(frozen=True)
class Holder:
    """An agent who takes sessions, as far as that decides when; ``country`` is empty where the firm's decides."""

    pk: int
    name: str
    languages: tuple[str, ...]
    zone: ZoneInfo
    country: str
    has_link: bool
    hours: WeeklyHours

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Timetable:
    """``holders`` and opening hours by the id of the session type, the former in the order of their names; time off by
    the agent's, as (first cell, end); closures as (first cell, end, reason). ``busy``: what agents' own calendars say,
    as a window and its mask, for those may be hundreds of short spans each.
    """

    holders: dict[int, list[Holder]]
    opening_hours: dict[int, WeeklyHours]
    holidays: dict[str, dict[date, str]]
    closures: list[tuple[int, int, str]]
    time_off: dict[int, list[tuple[int, int]]]
    busy: dict[int, tuple[Window, int]]

    @classmethod
    def current(cls) -> "Timetable":
        """The one in force, in this transaction. To be asked for again by every question, and not to be changed."""
        with connection.cursor() as cursor:  # in plain SQL: every page with free starts asks
            cursor.execute(_VERSION)
            version = frozenset(token for (token,) in cursor.fetchall())
        return _kept(version) if version else cls.read()

    @classmethod
    def read(cls) -> "Timetable":
        opening_hours = _hours(OpeningHours.objects.all(), "session_type")
        return cls(_holders(), opening_hours, _holidays(), _closures(), _time_off(), _busy())

    def able_to_hold(self, session_type: SessionType) -> list[Holder]:
        """Whoever holds the type and can: a video session needs a link (B-1a)."""
        needs_link = session_type.place_kind == PlaceKind.VIDEO and not session_type.place
        return [one for one in self.holders.get(session_type.pk, []) if one.has_link or not needs_link]


@lru_cache(maxsize=2)
def _kept(version: frozenset[UUID | str]) -> Timetable:
    return Timetable.read()


def _holders() -> dict[int, list[Holder]]:
    hours = _hours(WorkingHours.objects.all(), "agent")
    active = Agent.objects.filter(is_active=True, user__is_active=True)
    agents = active.select_related("user").order_by("user__name", "pk")
    found = {
        agent.pk: Holder(
            pk=agent.pk,
            name=str(agent),
            languages=tuple(agent.languages),
            zone=agent.zone,
            country=agent.holiday_country,
            has_link=bool(agent.video_link),
            hours=hours.get(agent.pk, ()),
        )
        for agent in agents
    }
    held: dict[int, set[int]] = defaultdict(set)
    for session_type, agent in Agent.session_types.through.objects.values_list("sessiontype_id", "agent_id"):
        held[session_type].add(agent)
    return {kind: [one for pk, one in found.items() if pk in those] for kind, those in held.items()}


def _hours(rows: Any, whose: str) -> dict[int, WeeklyHours]:
    found: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    columns = rows.order_by("weekday", "opens").values_list(whose, "weekday", "opens", "closes")
    for who, weekday, opens, closes in columns:
        until = closes.hour * 60 + closes.minute or DAY_MINUTES
        found[who].append((weekday, opens.hour * 60 + opens.minute, until))
    return {who: tuple(hours) for who, hours in found.items()}


def _holidays() -> dict[str, dict[date, str]]:
    found: dict[str, dict[date, str]] = defaultdict(dict)
    for country, day, name in Holiday.objects.filter(is_observed=True).values_list("country", "day", "name"):
        found[country][day] = name
    return dict(found)


def _closures() -> list[tuple[int, int, str]]:
    columns = Closure.objects.values_list("starts_at", "ends_at", "reason")
    return [(cell_at(begins), cell_from(ends), reason) for begins, ends, reason in columns]


def _time_off() -> dict[int, list[tuple[int, int]]]:
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for agent, begins, ends in TimeOff.objects.order_by("starts_at").values_list("agent", "starts_at", "ends_at"):
        found[agent].append((cell_at(begins), cell_from(ends)))
    return dict(found)


def _busy() -> dict[int, tuple[Window, int]]:
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for agent, first, end in BusyTime.objects.values_list("agent", "first_cell", "end_cell"):
        found[agent].append((first, end))
    windows = {agent: (min(pairs)[0], max(end for _first, end in pairs)) for agent, pairs in found.items()}
    return {agent: (windows[agent], spans(pairs, windows[agent])) for agent, pairs in found.items()}
