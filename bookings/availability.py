"""When sessions can start (B-1): one function answers for showing and for booking.

``free_starts`` asks the database for integers in a constant number of queries, however many agents and weeks, and
computes on bit masks (``supportportal.lattice``). The result also knows, for any stretch of time without a free start,
why there is none.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Q

from supportportal.lattice import DAY_CELLS, Window, cells_in, local_day, lowest, span
from supportportal.people.models import Firm, User

from .cells import OCCUPYING_STATES
from .facts import Facts
from .models import Agent, Booking, Hold, SessionType
from .openings import Openings, earliest, horizon, midnight
from .policy import POLICY
from .rules import Policy
from .timetable import Holder, Timetable
from .whynot import Reason, WhyNot

__all__ = [
    "FreeStarts",
    "Reason",
    "WhyNot",
    "agents_by_load",
    "day_window",
    "free_starts",
    "is_free",
    "next_free",
    "spread",
    "why_not",
]

SPREAD_CELLS = 7 * DAY_CELLS // 2  # sessions are counted this far to either side when they are spread among agents
RECENT_CELLS = 60 * DAY_CELLS
NEXT_FREE_CELLS = 28 * DAY_CELLS


@dataclass(frozen=True)
class FreeStarts:
    """The free starts of each agent within ``window``; bit ``i`` of a mask is the cell ``window[0] + i``."""

    window: Window
    by_agent: dict[int, int]
    any: int
    _openings: Openings = field(repr=False)

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
        return self._openings.why_nothing(first, end)

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
    agents: Iterable[Agent | Holder] | None = None,
    client: User | None = None,
    moving: Booking | None = None,
    held: Hold | None = None,
    firm: Firm | None = None,
    policy: Policy = POLICY,
    by_firm: bool = False,
    timetable: Timetable | None = None,
) -> FreeStarts:
    """When a session of this type can start within ``window`` (first cell, end cell), asked at ``at``.

    ``agents`` narrows it down; whoever does not hold the type, takes no sessions or has no link for a video session is
    left out (B-1a). ``client``'s own sessions are in the way too (B-2), the slot that the client has just given up and
    can still take back is not (B-9a). ``moving`` is the session to be moved: it is not in its own way; nor is ``held``.
    ``by_firm``: we look for a time ourselves, and need no notice. ``timetable``: as the caller has just read it.
    """
    firm = firm or Firm.current()
    facts = Facts.gather(
        session_type,
        window,
        at,
        agents=agents,
        client=client,
        moving=moving,
        held=held,
        firm=firm,
        policy=policy,
        by_firm=by_firm,
        timetable=timetable,
    )
    openings = Openings(facts)
    by_agent = openings.free_by_agent()
    anybody = 0
    for mask in by_agent.values():
        anybody |= mask
    return FreeStarts(window, by_agent, anybody, openings)


def is_free(
    session_type: SessionType,
    agent: Agent,
    first_cell: int,
    *,
    at: datetime,
    client: User | None = None,
    moving: Booking | None = None,
    held: Hold | None = None,
    firm: Firm | None = None,
    by_firm: bool = False,
) -> bool:
    return not why_not(
        session_type, agent, first_cell, at=at, client=client, moving=moving, held=held, firm=firm, by_firm=by_firm
    )


def why_not(
    session_type: SessionType,
    agent: Agent,
    first_cell: int,
    *,
    at: datetime,
    client: User | None = None,
    moving: Booking | None = None,
    held: Hold | None = None,
    firm: Firm | None = None,
    by_firm: bool = False,
) -> WhyNot | None:
    """Why this agent can't hold a session that starts with ``first_cell``; None if nothing is in the way."""
    window = (first_cell, first_cell + 1)
    free = free_starts(
        session_type,
        window,
        at,
        agents=[agent],
        client=client,
        moving=moving,
        held=held,
        firm=firm,
        by_firm=by_firm,
    )
    return free.why_nothing(*window)


def agents_by_load(
    session_type: SessionType,
    first_cell: int,
    *,
    at: datetime,
    agents: Iterable[Agent] | None = None,
    client: User | None = None,
    moving: Booking | None = None,
    firm: Firm | None = None,
) -> list[Agent]:
    """Who is free for this start (among ``agents``, if given), in the order to ask them: an even spread."""
    window = (first_cell, first_cell + 1)
    free = free_starts(session_type, window, at, agents=agents, client=client, moving=moving, firm=firm)
    ids = free.agents_at(first_cell)
    found = Agent.objects.select_related("user").in_bulk(ids)
    return [found[agent] for agent in spread(ids, first_cell)]


def spread(agents: Iterable[int], cell: int) -> list[int]:
    """Agents' ids, first who has the fewest sessions in the seven days around ``cell``, then who waited longest."""
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
    begin = max(after, earliest(session_type, at))
    end = horizon(session_type, at, firm.zone)
    while begin < end:
        window = (begin, min(begin + NEXT_FREE_CELLS, end))
        free = free_starts(session_type, window, at, agents=chosen, client=client, moving=moving, firm=firm)
        if (found := free.first()) is not None:
            return found
        begin = window[1]
    return None


def day_window(day: date, days: int, zone: ZoneInfo) -> Window:
    """The cells of ``days`` local dates in a row, the first of them ``day``."""
    return midnight(day, zone), midnight(day + timedelta(days=days), zone)
