"""What could become of the sessions of someone who is away: a colleague then, else the next free times (B-11).

The same few queries for any number of sessions of one type; nothing here changes anything.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from supportportal.lattice import cell_from
from supportportal.people.models import Firm

from . import availability
from .models import Agent, Booking, SessionType
from .models.booking import LONGEST_CELLS
from .openings import horizon

LATER_SHOWN = 12
Claim = tuple[int, int, int]  # person, first cell, end cell


@dataclass(frozen=True)
class Option:
    """One way out: a start with an agent."""

    agent: Agent
    first_cell: int

    @property
    def value(self) -> str:
        return f"{self.agent.pk}:{self.first_cell}"


@dataclass(frozen=True)
class Proposal:
    """``best`` is None where nobody is free: then only an apology is left. ``options`` holds it and the others."""

    booking: Booking
    best: Option | None
    options: list[Option]

    def is_same_time(self, option: Option) -> bool:
        return option.first_cell == self.booking.first_cell


@dataclass
class _Claims:
    """What earlier proposals of the same page would take."""

    taken: list[Claim] = field(default_factory=list)

    def has_room(self, claims: Iterable[Claim]) -> bool:
        return not any(
            person == mine and first < end_taken and first_taken < end
            for mine, first, end in claims
            for person, first_taken, end_taken in self.taken
        )

    def number(self, agent: Agent) -> int:
        return sum(person == agent.pk for person, _first, _end in self.taken)


def propose(bookings: list[Booking], away: Agent, *, until: datetime, at: datetime) -> list[Proposal]:
    """A proposal for each, in their order; two of them never take the same room. ``until``: when ``away`` is back."""
    firm = Firm.current()
    claims = _Claims(_taken_by_clients(bookings, at))
    free = {}
    for session_type in {booking.session_type for booking in bookings}:
        holders = list(session_type.agents.filter(is_active=True, user__is_active=True).select_related("user"))
        window = (cell_from(at), horizon(session_type, at, firm.zone))
        found = availability.free_starts(session_type, window, at, agents=holders, firm=firm, by_firm=True)
        free[session_type.pk] = ({agent.pk: agent for agent in holders}, found)
    back = cell_from(until)
    proposals = []
    for booking in bookings:
        agents, found = free[booking.session_type_id]
        proposal = _propose(booking, away, agents, found, claims, back)
        proposals.append(proposal)
        if proposal.best is not None:
            claims.taken += _claims_of(booking.session_type, booking, proposal.best)
    return proposals


def _propose(
    booking: Booking,
    away: Agent,
    agents: dict[int, Agent],
    found: availability.FreeStarts,
    claims: _Claims,
    back: int,
) -> Proposal:
    speaking = {pk for pk, agent in agents.items() if booking.client.language in agent.languages}
    allowed = (speaking - {away.pk} or set(agents)) | (speaking & {away.pk})

    def options_at(cell: int) -> list[Option]:
        here = [pk for pk in found.agents_at(cell) if pk in allowed and (pk != away.pk or cell >= back)]
        options = [Option(agents[pk], cell) for pk in here]
        roomy = [one for one in options if claims.has_room(_claims_of(booking.session_type, booking, one))]
        return sorted(roomy, key=lambda one: (claims.number(one.agent), str(one.agent)))

    options = options_at(booking.first_cell)
    for cell in found.cells_between(booking.first_cell + 1, found.window[1]):
        if len(options) >= LATER_SHOWN:
            break
        options += options_at(cell)
    return Proposal(booking, next(iter(options), None), options)


def _claims_of(session_type: SessionType, booking: Booking, option: Option) -> list[Claim]:
    first, end = option.first_cell, option.first_cell + session_type.cells
    before, after = session_type.buffer_before // 5, session_type.buffer_after // 5
    return [(option.agent.pk, first - before, end + after), (booking.client_id, first, end)]


def _taken_by_clients(bookings: list[Booking], at: datetime) -> list[Claim]:
    """The other sessions of the same clients."""
    hit = {booking.pk for booking in bookings}
    others = Booking.objects.live().filter(
        client__in={booking.client_id for booking in bookings}, first_cell__gt=cell_from(at) - LONGEST_CELLS
    )
    rows = others.exclude(pk__in=hit).order_by().values_list("client", "first_cell", "cells")
    return [(client, first, first + cells) for client, first, cells in rows]
