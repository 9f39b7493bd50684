"""What the card of a session offers at an instant: only what is lawful, and from when the rest will be (B-12, B-14)."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.utils.translation import gettext as _

from supportportal.people.models import User

from . import ical, rules
from .models import Booking
from .operations import strikes
from .policy import POLICY
from .rules import Standing

State = Booking.State
PAST_SHOWN = 6
PILLS = {
    State.BOOKED: "info",
    State.CANCELLED: "neutral",
    State.ATTENDED: "success",
    State.NO_SHOW: "danger",
    State.INTERRUPTED: "warning",
    State.OUR_FAULT: "warning",
    State.ENDED: "danger",
}


@dataclass(frozen=True)
class Press:
    """One button: what it does, and if not yet, from when."""

    action: str
    text: str
    kind: str = "quiet"
    opens_at: datetime | None = None
    left: int = 0  # whole seconds until it opens; 0: now

    @property
    def is_open(self) -> bool:
        return self.left == 0


@dataclass(frozen=True)
class Card:
    """One session as its agent sees it now."""

    booking: Booking
    at: datetime
    presses: list[Press]
    place: str
    joins: bool
    undo_until: datetime | None
    undo_left: int
    can_correct: bool
    is_held_back: bool
    is_open_outcome: bool

    @property
    def pill(self) -> str:
        return PILLS[State(self.booking.state)]

    @property
    def has_begun(self) -> bool:
        return self.booking.has_started(self.at)

    @property
    def is_on(self) -> bool:
        return self.booking.is_live and self.has_begun and self.at < self.booking.ends_at

    @property
    def waits(self) -> bool:
        """Whether a button opens by itself later: without scripts, the page has to be loaded again."""
        return any(not press.is_open for press in self.presses)


@dataclass(frozen=True)
class History:
    """What an agent should know of the client: where they stand, and the sessions before this one."""

    standing: Standing
    past: list[Booking]
    counts: list[tuple[str, int]]


def card_of(booking: Booking, at: datetime) -> Card:
    """No query: everything is on the row, loaded ``for_listing``."""
    undo_until = None
    if booking.outcome_at is not None and not booking.outcome_reason:
        until = rules.undo_until(booking.outcome_at, POLICY)
        undo_until = until if at <= until else None
    return Card(
        booking=booking,
        at=at,
        presses=_presses(booking, at),
        place=ical.place_in_words(booking),
        joins=booking.place.startswith("https://"),
        undo_until=undo_until,
        undo_left=_seconds(undo_until, at) if undo_until else 0,
        can_correct=booking.outcome_at is not None and undo_until is None,
        is_held_back=booking.is_live and booking.started_at is None and booking.is_held_back,
        is_open_outcome=booking.is_live and rules.is_open_outcome(booking.ends_at, at, POLICY),
    )


def _presses(booking: Booking, at: datetime) -> list[Press]:
    if not booking.is_live or not booking.has_started(at):
        return []
    is_over = at >= booking.ends_at
    attended = Press("attended", _("Attended"))
    failed = Press("our-fault", _("Our side failed"))
    if booking.dropped_at is not None:
        silent = rules.interrupted_after(booking.dropped_at, POLICY)
        left = 0 if rules.may_interrupt(booking.dropped_at, at, POLICY) else _seconds(silent + timedelta(seconds=1), at)
        interrupted = Press("interrupted", _("End as interrupted"), opens_at=silent, left=left)
        return [Press("back", _("Client is back"), "primary"), interrupted, attended, failed]
    main = Press("attended", _("Attended"), "primary")
    if booking.started_at is not None:
        return [main, failed] if is_over else [main, Press("dropped", _("Client dropped out")), failed]
    presses = [main] if is_over else [Press("start", _("Start"), "primary"), attended]
    if not booking.is_held_back:
        absent_from = rules.absent_from(booking.starts_at, booking.late_until, POLICY)
        absent = Press("absent", _("Not there"), opens_at=absent_from, left=_seconds(absent_from, at))
        presses.append(absent)
    return [*presses, failed]


def history_of(client: User, at: datetime, *, before: Booking | None = None) -> History:
    others = Booking.objects.filter(client=client).exclude(pk=before.pk if before else None)
    past = others.past(at).exclude(state=State.BOOKED).for_listing().order_by("-first_cell")[:PAST_SHOWN]
    kept = others.exclude(state=State.BOOKED).order_by().values_list("state").annotate(Count("pk"))
    numbers = dict(kept)
    return History(
        standing=strikes.standing(client, at),
        past=list(past),
        counts=[(state.label, numbers[state]) for state in State if state in numbers],
    )


def shown_first(cards: list[Card]) -> Card | None:
    """The session that needs the agent now: the one that is on, else the next one today."""
    running = [card for card in cards if card.is_on]
    coming = [card for card in cards if card.booking.is_live and not card.has_begun]
    return next(iter([*running, *coming]), None)


def _seconds(until: datetime, at: datetime) -> int:
    return max(0, math.ceil((until - at).total_seconds()))
