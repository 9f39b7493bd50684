"""What each verb may do, and what it leaves behind."""

from dataclasses import dataclass
from datetime import datetime

from .ladder import Ladder
from .post import Post
from .slots import Slots
from .things import (
    DAY,
    MINUTE,
    OUTCOME_UNDO,
    TOLERANCE,
    UNDO,
    Entry,
    Kept,
    Missed,
    Person,
    Session,
    Slot,
    day_of,
)


@dataclass(frozen=True)
class Actor:
    """Who acts: a client or coordinator, staff, or (``person`` None) whoever holds the link in a mail."""

    person: Person | None = None
    is_staff: bool = False
    is_firm: bool = False


class Model:
    def __init__(self) -> None:
        self.sessions: list[Session] = []
        self.slots = Slots(self.sessions)
        self.ladder = Ladder(self.sessions)
        self.post = Post(self.ladder)

    def live(self) -> list[Session]:
        return [one for one in self.sessions if one.is_live]

    # -- booking

    def may_book(self, slot: Slot, client: Person, actor: Actor, at: datetime, *, accepts_fee: bool) -> bool:
        if not self.slots.is_free(slot, client, at):
            return False
        return not self.ladder.costs(client, day_of(slot, client)) or (accepts_fee and not actor.is_staff)

    def book(self, pk: int, slot: Slot, client: Person, actor: Actor, at: datetime) -> Session:
        self._make_room(slot, client, at)
        costs = self.ladder.costs(client, day_of(slot, client))
        session = Session(pk, client, slot, actor.person, at, at)
        self.sessions.append(session)
        if costs:
            self.ladder.accept(session, at)
        self.post.to_client("booking_confirmed", session, at, by=actor.person)
        self.post.session("agent_booked", session, slot.agent, at)
        self.post.reminders(session, since=at)
        return session

    # -- moving and cancelling

    def is_late(self, session: Session, asked: datetime, *, cancels: bool = False) -> bool:
        """Whether giving it up counts as a no-show."""
        is_new = cancels and session.fixed_at == session.booked_at and asked <= session.booked_at + UNDO
        is_excused = session.imposed == "imposed" or self.ladder.is_asked(session) or self.ladder.is_counted(session)
        return session.start - asked < DAY and not is_new and not is_excused

    def may_change(self, session: Session, asked: datetime, at: datetime) -> bool:
        return session.booked_at <= asked <= at and session.is_live and asked < session.start

    def may_move(
        self, session: Session, slot: Slot, actor: Actor, asked: datetime, at: datetime, *, accepts_fee: bool
    ) -> bool:
        if not self.may_change(session, asked, at):
            return False
        if not self.slots.is_free(slot, session.client, at, moving=session, by_firm=actor.is_firm):
            return False
        counts = not actor.is_firm and self.is_late(session, asked)
        if actor.is_firm or not self._costs_to_move(session, slot, counts):
            return True
        return accepts_fee and actor.person is not None and not actor.is_staff

    def move(self, session: Session, slot: Slot, actor: Actor, asked: datetime, at: datetime) -> None:
        counts = not actor.is_firm and self.is_late(session, asked)
        self._move(session, slot, actor, at, counts=counts)

    def _costs_to_move(self, session: Session, slot: Slot, counts: bool) -> bool:
        missing = session if counts else None
        costs = self.ladder.costs(session.client, day_of(slot, session.client), missing=missing)
        return costs and not self.ladder.has_accepted(session)

    def _move(self, session: Session, slot: Slot, actor: Actor, at: datetime, *, counts: bool) -> None:
        self._make_room(slot, session.client, at)
        costs = not actor.is_firm and self._costs_to_move(session, slot, counts)
        before, was = self._slot_of(session), session.slot
        session.slot, session.fixed_at = slot, at
        session.imposed = "imposed" if actor.is_firm else ""
        session.version += 1
        self.post.to_client("booking_moved", session, at, by=actor.person)
        if was.agent == slot.agent:
            self.post.session("agent_moved", session, slot.agent, at)
        else:
            self.post.session("agent_cancelled", session, was.agent, at)
            self.post.session("agent_booked", session, slot.agent, at)
        self.post.reminders(session, since=at)
        if actor.is_firm:
            self.post.quickly(session, was.start, at)
        if costs:
            self.ladder.accept(session, at)
        self._follow_up(session, was, "late_move", actor, at, counts=counts)
        self.slots.give_up(session, was, before, at, by_staff=actor.is_staff)

    def cancel(
        self, session: Session, actor: Actor, asked: datetime, at: datetime, *, kind="booking_cancelled"
    ) -> None:
        counts = not actor.is_firm and self.is_late(session, asked, cancels=True)
        before = self._slot_of(session)
        session.state = "cancelled"
        session.version += 1
        self.post.to_client(kind, session, at, by=actor.person)
        self.post.session("agent_cancelled", session, session.slot.agent, at)
        if actor.is_firm and kind == "booking_cancelled":
            self.post.quickly(session, session.start, at)
        self._follow_up(session, session.slot, "late_cancel", actor, at, counts=counts)
        waited = next((one for one in self.slots.entries if one.waits and one.session is session), None)
        if waited is not None:
            self.slots.stop(waited, at)
        before["waited"] = waited
        self.slots.give_up(session, session.slot, before, at, by_staff=actor.is_staff)

    def _follow_up(self, session: Session, was: Slot, cause: str, actor: Actor, at: datetime, *, counts: bool) -> None:
        if counts:
            final_at = at if actor.is_staff else max(at, min(at + UNDO, was.start))
            self.ladder.miss(session, was, cause, at=at, final_at=final_at)
        else:
            self.ladder.refresh(session.client, at)

    def _slot_of(self, session: Session) -> dict:
        return {"slot": session.slot, "fixed_at": session.fixed_at, "imposed": session.imposed, "waited": None}

    def _make_room(self, slot: Slot, client: Person, at: datetime) -> None:
        for offer in self.slots.make_room(slot, client, at):
            self.post.expired(offer, at)

    # -- taking it back

    def may_undo(self, session: Session, at: datetime) -> bool:
        kept = self.slots.undo_of(session, at)
        return kept is not None and self.slots.is_free_to_go_back(session, kept)

    def undo(self, session: Session, at: datetime) -> None:
        kept = self.slots.undo_of(session, at)
        self.slots.kept.remove(kept)
        reached, reached_before = (session.slot, self._slot_of(session)) if session.is_live else (None, None)
        session.state, session.slot = "booked", kept.slot
        session.fixed_at, session.imposed = kept.before["fixed_at"], kept.before["imposed"]
        session.version += 1
        if kept.before["waited"] is not None:
            kept.before["waited"].waits = True
        self.post.to_client("booking_restored", session, at, by=None)
        self.post.session("agent_restored", session, session.slot.agent, at)
        if reached is not None and reached.agent != session.slot.agent:
            self.post.session("agent_cancelled", session, reached.agent, at)
        self.post.reminders(session, since=kept.given_up_at)
        for strike in self.ladder.counting(session.client):
            if strike.session is session and strike.at == kept.given_up_at:
                strike.counts = False
        self.ladder.refresh(session.client, at)
        if reached is not None:
            self.slots.give_up(session, reached, reached_before, at, by_staff=True)

    # -- outcomes

    def may_say(self, session: Session, outcome: str, at: datetime, *, corrects: bool = False) -> bool:
        if corrects != (session.outcome_at is not None) or session.state in ("cancelled", outcome):
            return False
        first = {"no_show": TOLERANCE, "interrupted": 5 * MINUTE}.get(outcome, 0 * MINUTE)
        if outcome == "interrupted":
            return corrects and at > session.start + first
        return at >= session.start + first

    def say(self, session: Session, outcome: str, at: datetime, *, corrects: bool = False) -> None:
        was, final_at = session.state, at + OUTCOME_UNDO
        session.state, session.outcome_at, session.is_corrected = outcome, at, corrects
        session.version += 1
        if was == "no_show":
            self._not_missed(session, at, is_told=True)
        if outcome == "no_show":
            self.ladder.miss(session, session.slot, "no_show", at=at, final_at=final_at)
        else:
            self.ladder.refresh(session.client, at)
        self.post.outcome(session, final_at)

    def may_unsay(self, session: Session, at: datetime) -> bool:
        is_said = session.outcome_at is not None and not session.is_corrected
        return is_said and at <= session.outcome_at + OUTCOME_UNDO

    def unsay(self, session: Session, at: datetime) -> None:
        was = session.state
        session.state, session.outcome_at = "booked", None
        session.version += 1
        if was == "no_show":
            self._not_missed(session, at, is_told=False)
        self.ladder.refresh(session.client, at)

    def _not_missed(self, session: Session, at: datetime, *, is_told: bool) -> None:
        for strike in self.ladder.counting(session.client):
            is_this = strike.session is session and strike.slot.cell == session.slot.cell
            if is_this and strike.cause == "no_show":
                self._take_back(strike, at, is_told=is_told)

    def _take_back(self, strike: Missed, at: datetime, *, is_told: bool) -> None:
        if is_told:
            self.post.taken_back(strike, at)
        self.ladder.take_back(strike, at)

    def waive(self, strike: Missed, at: datetime) -> None:
        self._take_back(strike, at, is_told=True)

    # -- waiting

    def may_accept(self, kept: Kept, actor: Actor, at: datetime, *, accepts_fee: bool) -> bool:
        entry = kept.offer.entry
        if kept.until <= at or not entry.waits or not self.slots.wants(entry, kept, at):
            return False
        if self._costs_to_accept(kept) and (actor.person is None or not accepts_fee):
            return False
        return self.slots.is_free(kept.slot, entry.client, at, moving=entry.session, but=kept)

    def _costs_to_accept(self, kept: Kept) -> bool:
        entry = kept.offer.entry
        if entry.session is not None:
            return self._costs_to_move(entry.session, kept.slot, counts=False)
        return self.ladder.costs(entry.client, day_of(kept.slot, entry.client))

    def accept(self, kept: Kept, pk: int, actor: Actor, at: datetime) -> None:
        entry = kept.offer.entry
        kept.offer.is_open = False
        self.slots.kept.remove(kept)
        if entry.session is not None:
            self._move(entry.session, kept.slot, actor, at, counts=False)
        else:
            self.book(pk, kept.slot, entry.client, Actor(actor.person or entry.client), at)
        for one in self.slots.entries:
            is_served = one is entry or (entry.session is None and one.session is None and one.client is entry.client)
            if one.waits and is_served:
                self.slots.stop(one, at)

    # -- time

    def pass_on(self, at: datetime) -> None:
        expired, made = self.slots.pass_on(at)
        for offer in expired:
            self.post.expired(offer, at)
        for offer in made:
            self.post.offer(offer)

    def close_past(self, at: datetime) -> None:
        for entry in self.slots.entries:
            if entry.waits and self.slots.is_past(entry, at):
                self.slots.stop(entry, at)

    def cancel_unanswered(self, at: datetime) -> None:
        for charge in self.ladder.silent(at):
            if charge in self.ladder.silent(at):
                self.cancel(charge.session, Actor(is_staff=True, is_firm=True), at, at, kind="fee_cancelled")

    def entry_of(self, pk: int) -> Entry | None:
        return next((one for one in self.slots.entries if one.pk == pk), None)
