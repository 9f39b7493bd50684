"""What is known of agents' own calendars, and how old it is: for the pages that say so."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef

from supportportal.lattice import instant_at

from . import rules
from .models import Agent, Booking, BusyCalendar, BusyTime
from .policy import POLICY

SHOWN = 12


@dataclass(frozen=True)
class BusyState:
    """``is_old``: so old that agent and managers are told. ``is_failing``: the last reading brought nothing."""

    calendar: BusyCalendar
    is_old: bool

    @property
    def is_failing(self) -> bool:
        return self.calendar.failed_since is not None

    @property
    def is_known(self) -> bool:
        return self.calendar.read_at is not None

    @property
    def severity(self) -> str:
        return "danger" if self.is_old else "warning"


@dataclass(frozen=True)
class Busy:
    starts_at: datetime
    ends_at: datetime


def state_of(agent: Agent, at: datetime) -> BusyState | None:
    """None for who has entered no calendar. Asks nothing where it was read with the agent."""
    calendar: BusyCalendar | None = getattr(agent, "busy_calendar", None)
    if calendar is None:
        return None
    return BusyState(calendar, rules.calendar_is_old(calendar.known_at, at, POLICY))


def coming(agent: Agent, first: int, end: int | None = None) -> list[Busy]:
    """The busy times that reach beyond the cell ``first``, up to ``end``; without it, the first few."""
    rows = BusyTime.objects.filter(agent=agent, end_cell__gt=first).order_by("first_cell")
    rows = rows[:SHOWN] if end is None else rows.filter(first_cell__lt=end)
    return [Busy(instant_at(one.first_cell), instant_at(one.end_cell)) for one in rows]


def clashes(agent: Agent, at: datetime) -> list[Booking]:
    """Coming sessions over busy times: booked before the portal knew. Nothing moves them by itself."""
    first, end = OuterRef("first_cell"), OuterRef("first_cell") + OuterRef("cells")
    over = BusyTime.objects.filter(agent=OuterRef("agent"), first_cell__lt=end, end_cell__gt=first)
    booked = Booking.objects.upcoming(at).filter(Exists(over), agent=agent).for_listing()
    return list(booked.order_by("first_cell")[:SHOWN])
