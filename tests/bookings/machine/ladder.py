"""What missed sessions lead to, and what sessions cost (B-10, B-13): worked out anew from what has happened."""

from datetime import date, datetime

from tests.bookings.test_ladder import naive_ladder

from .things import DAY, HOUR, UNDO, Charge, Missed, Person, Session


class Ladder:
    def __init__(self, sessions: list[Session]) -> None:
        self.sessions = sessions
        self.missed: list[Missed] = []
        self.charges: list[Charge] = []

    # -- where a client stands

    def counting(self, client: Person) -> list[Missed]:
        return [one for one in self.missed if one.counts and one.client is client]

    def came(self, client: Person) -> list[Session]:
        return [one for one in self.sessions if one.client is client and one.state == "attended"]

    def standing(self, client: Person, day: date, *, missing: Session | None = None):
        """Level, free from which date, and whether a start on ``day`` costs; as if ``missing`` were missed too."""
        missed = [(one.day, one.slot.cell) for one in self.counting(client)]
        if missing is not None:
            missed.append((missing.day(), missing.slot.cell))
        return _standing(missed, self.came(client), day)

    def costs(self, client: Person, day: date, *, missing: Session | None = None) -> bool:
        return self.standing(client, day, missing=missing)[2]

    def level_of(self, strike: Missed) -> int:
        """What it led to, with those alone that were recorded before it."""
        known = self.missed[: self.missed.index(strike) + 1]
        days = [one.day for one in known if one.counts and one.client is strike.client]
        return naive_ladder(days, [], strike.day)[0]

    # -- strikes

    def is_counted(self, session: Session) -> bool:
        return any(
            one.session is session and one.slot.cell == session.slot.cell for one in self.counting(session.client)
        )

    def miss(self, session: Session, slot, cause: str, *, at: datetime, final_at: datetime) -> None:
        """A start is missed once."""
        before = [one for one in self.counting(session.client) if one.session is session and one.slot.cell == slot.cell]
        if not before:
            self.missed.append(Missed(session, session.client, slot, cause, at, final_at))
        self.refresh(session.client, at)

    def take_back(self, strike: Missed, at: datetime) -> None:
        strike.counts = False
        self.refresh(strike.client, at)

    # -- fees

    def open_charge(self, session: Session) -> Charge | None:
        return next((one for one in self.charges if one.session is session and one.is_open), None)

    def has_accepted(self, session: Session) -> bool:
        charge = self.open_charge(session)
        return charge is not None and charge.is_accepted

    def is_asked(self, session: Session) -> bool:
        charge = self.open_charge(session)
        return charge is not None and not charge.is_accepted

    def accept(self, session: Session, at: datetime) -> None:
        charge = self.open_charge(session)
        if charge is None:
            charge = Charge(session, at, "accepted")
            self.charges.append(charge)
        charge.state, charge.is_accepted = "accepted", True

    def refresh(self, client: Person, at: datetime) -> None:
        """After anything that changed a strike or a session of the client's."""
        self._settle(client, at)
        self._ask(client, at)

    def _settle(self, client: Person, at: datetime) -> None:
        mine = [one for one in self.charges if one.session.client is client]
        fresh = [one for one in mine if one.lapsed_at is None or one.lapsed_at >= at - UNDO]
        is_asked = False
        for session in sorted({one.session for one in fresh}, key=lambda one: one.slot.cell):
            # Of two for one session, the one that is open, else the newer: it is the one an undo brings back.
            first, *others = sorted(
                (one for one in fresh if one.session is session),
                key=lambda one: (one.state == "lapsed", -self.charges.index(one)),
            )
            wanted = self._wanted(first)
            if wanted == "asked" and is_asked:
                wanted = "lapsed"
            is_asked |= wanted == "asked"
            for charge, state in [*((one, "lapsed") for one in others), (first, wanted)]:
                if charge.state != state:
                    charge.state, charge.lapsed_at = state, at if state == "lapsed" else None

    def _wanted(self, charge: Charge) -> str:
        session = charge.session
        if session.is_live:
            is_refusable = session.imposed and not charge.is_accepted
            if is_refusable or not self.costs(session.client, session.day()):
                return "lapsed"
            return "accepted" if charge.is_accepted else "asked"
        is_used = session.state == "attended" or self.is_counted(session)
        return "owed" if charge.is_accepted and is_used and self._is_founded(charge) else "lapsed"

    def _is_founded(self, charge: Charge) -> bool:
        """Whether there still was a sanction when it was accepted: this session's own part in it left aside."""
        session = charge.session
        known = [one for one in self.counting(session.client) if one.at <= charge.asked_at]
        missed = [(one.day, one.slot.cell) for one in known if one.session is not session]
        came = [one for one in self.came(session.client) if one.slot.cell < session.slot.cell]
        return _standing(missed, came, session.day())[2]

    def _ask(self, client: Person, at: datetime) -> None:
        """The earliest coming session, unless it would be told less than 48 hours ahead."""
        mine = [one for one in self.sessions if one.client is client and one.is_live and one.start > at]
        chosen = sorted((one for one in mine if not one.imposed), key=lambda one: one.slot.cell)[:1]
        told_at = max([at, *(one.final_at for one in self.counting(client))])
        for session in chosen:
            is_told_in_time = session.start - told_at >= 48 * HOUR
            if is_told_in_time and self.costs(client, session.day()) and self.open_charge(session) is None:
                self.charges.append(Charge(session, told_at, "asked"))

    def silent(self, at: datetime) -> list[Charge]:
        """Asked, and not answered until 24 hours before the start."""
        asked = [one for one in self.charges if one.state == "asked" and one.session.is_live]
        return [one for one in asked if at < one.session.start <= at + DAY]


def _standing(missed: list[tuple[date, int]], came: list[Session], day: date):
    newest = max((cell for _day, cell in missed), default=0)
    # The sheet of paper knows dates alone: who came later on the same date, came on the next.
    after = [date.max for one in came if missed and one.slot.cell > newest]
    return naive_ladder([one for one, _cell in missed], after, day)
