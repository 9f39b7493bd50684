"""Who has which time of whom (B-2, B-9a, B-15): lists that are walked."""

from datetime import datetime

from .things import GRACE, LENGTH, NOTICE, OFFER, UNDO, Entry, Kept, Offered, Person, Session, Slot, day_of


class Slots:
    def __init__(self, sessions: list[Session]) -> None:
        self.sessions = sessions
        self.kept: list[Kept] = []
        self.entries: list[Entry] = []

    def taking(self) -> list[Session]:
        """Called off, a session takes no time; with any other outcome it keeps its own."""
        return [one for one in self.sessions if one.state != "cancelled"]

    def is_free(
        self,
        slot: Slot,
        client: Person,
        at: datetime,
        *,
        moving: Session | None = None,
        but: Kept | None = None,
        by_firm: bool = False,
    ) -> bool:
        if slot.start < (at if by_firm else at + NOTICE):
            return False
        others = [one for one in self.taking() if one is not moving]
        if any(one.slot.agent == slot.agent and one.slot.of_agent & slot.of_agent for one in others):
            return False
        if any(one.client is client and one.slot.of_client & slot.of_client for one in others):
            return False
        held = [one for one in self.kept if one is not but and not self._makes_room(one, client, at)]
        return not any(one.slot.agent == slot.agent and one.cells & slot.of_agent for one in held)

    def _makes_room(self, kept: Kept, client: Person, at: datetime) -> bool:
        """What is long over, and what the client could have back anyway, is in nobody's way."""
        return kept.until + GRACE <= at or (kept.undo_of is not None and kept.undo_of.client is client)

    def make_room(self, slot: Slot, client: Person, at: datetime) -> list[Offered]:
        """Called for a slot that is free for the client; returns the offers that come to an end by it."""
        gone = [one for one in self.kept if one.slot.agent == slot.agent and one.cells & slot.of_agent]
        assert all(self._makes_room(one, client, at) for one in gone)
        self.kept = [one for one in self.kept if one not in gone]
        ended = [one.offer for one in gone if one.offer is not None]
        for offer in ended:
            offer.is_open = False
        return ended

    # -- giving up, and taking back

    def give_up(self, session: Session, was: Slot, before: dict, at: datetime, *, by_staff: bool) -> None:
        for kept in self.kept:
            if kept.undo_of is session:
                kept.undo_of, kept.until = None, min(kept.until, at)
        until = at if by_staff else min(at + UNDO, was.start)
        is_kept = was.start > at and any(one.waits for one in self.entries) if by_staff else until > at
        cells = was.of_agent
        if session.is_live and session.slot.agent == was.agent:
            cells = cells - session.slot.of_agent
        if is_kept and cells:
            undo_of = None if by_staff else session
            self.kept.append(Kept(was, cells, session.client, at, until, before, undo_of=undo_of))

    def undo_of(self, session: Session, at: datetime) -> Kept | None:
        found = [one for one in self.kept if one.undo_of is session and one.until > at]
        if not found or session.state not in ("booked", "cancelled") or (session.is_live and session.start <= at):
            return None
        return found[0]

    def is_free_to_go_back(self, session: Session, kept: Kept) -> bool:
        """The agent's time is kept, or still the session's own; the client may have another session by now."""
        others = [one for one in self.taking() if one is not session and one.client is session.client]
        return not any(one.slot.of_client & kept.slot.of_client for one in others)

    # -- waiting

    def is_past(self, entry: Entry, at: datetime) -> bool:
        if entry.session is not None:
            return not entry.session.is_live or entry.session.start <= at
        return max(entry.days) < at.astimezone(entry.client.zone).date()

    def stop(self, entry: Entry, at: datetime) -> None:
        entry.waits = False
        for kept in self.kept:
            if kept.offer is not None and kept.offer.entry is entry:
                self.withdraw(kept, at)

    def withdraw(self, kept: Kept, at: datetime) -> Offered:
        """Its offer is over, and it is on its way to the next."""
        offer, kept.offer, kept.until = kept.offer, None, min(kept.until, at)
        offer.is_open = False
        return offer

    def pass_on(self, at: datetime) -> tuple[list[Offered], list[Offered]]:
        """One tick; returns the offers that expired and those that were made."""
        expired, made = [], []
        for kept in sorted(self.kept, key=lambda one: one.until):
            if kept.until > at:
                continue
            kept.undo_of = None
            if kept.offer is not None:
                expired.append(self.withdraw(kept, at))
            asked = next(
                (one for one in sorted(self.entries, key=lambda one: one.joined) if self.fits(one, kept, at)), None
            )
            if asked is None:
                self.kept.remove(kept)
                continue
            until = min(at + OFFER, kept.slot.start - NOTICE)
            kept.offer, kept.until = Offered(asked, kept.slot, at, until), until
            kept.asked.append(asked)
            made.append(kept.offer)
        return expired, made

    def fits(self, entry: Entry, kept: Kept, at: datetime) -> bool:
        if not entry.waits or entry in kept.asked or entry.client is kept.gave_up:
            return False
        if any(one.offer is not None and one.offer.entry is entry for one in self.kept):
            return False
        if not self.wants(entry, kept, at) or kept.slot.start - NOTICE <= at:
            return False
        return self.is_free(kept.slot, entry.client, at, moving=entry.session, but=kept)

    def wants(self, entry: Entry, kept: Kept, at: datetime) -> bool:
        if self.is_past(entry, at) or not kept.slot.of_agent <= kept.cells:
            return False
        if entry.session is not None:
            return kept.slot.cell < entry.session.slot.cell
        return day_of(kept.slot, entry.client) in entry.days


def overlaps(sessions: list[Session]) -> list[tuple[Session, Session]]:
    """Pairs of one agent or one client at the same time; ``LENGTH`` of each, looked at two by two."""
    pairs = [(a, b) for number, a in enumerate(sessions) for b in sessions[number + 1 :]]
    return [
        (a, b)
        for a, b in pairs
        if (a.slot.agent == b.slot.agent or a.client is b.client) and abs(a.slot.cell - b.slot.cell) < LENGTH
    ]
