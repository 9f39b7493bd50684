"""Which messages are owed, to whom, and when they leave: each once, and of the newest version alone (B-4 to B-7)."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from .ladder import Ladder
from .things import DAY, HOUR, MINUTE, Missed, Offered, Person, Session

CHAIN = [  # (kind, by text message, how long before the start, until how long before it is still of use)
    ("reminder_2d", False, 48 * HOUR, 24 * HOUR),
    ("reminder_24h", False, 24 * HOUR, HOUR),
    ("reminder_1h", False, HOUR, 0 * HOUR),
    ("reminder_30m", True, 30 * MINUTE, 0 * HOUR),
]
COPY = "coordinator"
COPIED = {"booking_confirmed", "booking_moved", "booking_cancelled", "fee_cancelled", "booking_restored"}
NOTICES = {1: "strike_warning", 2: "strike_sanction", 3: "strike_renewed"}
AFTERWARDS = {
    "attended": "session_attended",
    "interrupted": "session_interrupted",
    "our_fault": "session_our_fault",
    "ended": "session_ended",
}


@dataclass(eq=False)
class Letter:
    kind: str
    about: tuple
    to: int
    due: datetime
    until: datetime | None
    is_valid: Callable[[], bool]
    copy: str = ""

    @property
    def key(self) -> tuple:
        return (self.kind, self.about, self.to, self.copy)


def copied_to(session: Session, by: Person | None) -> list[Person]:
    """The coordinators who booked it or change it now, but for the client."""
    people = {one.pk: one for one in (session.booked_by, by) if one is not None and one.coordinates}
    return [one for one in people.values() if one is not session.client]


class Post:
    def __init__(self, ladder: Ladder) -> None:
        self.ladder = ladder
        self.letters: list[Letter] = []

    # -- about a session: of one version

    def session(
        self, kind: str, session: Session, to: int, due: datetime, *, until: datetime | None = None, copy: str = ""
    ) -> None:
        version = session.version
        about = ("session", session.pk, version)
        self.letters.append(Letter(kind, about, to, due, until, lambda: session.version == version, copy))

    def to_client(self, kind: str, session: Session, at: datetime, *, by: Person | None) -> None:
        self.session(kind, session, session.client.pk, at)
        if kind in COPIED:
            for person in copied_to(session, by):
                self.session(kind, session, person.pk, at, copy=COPY)

    def reminders(self, session: Session, *, since: datetime) -> None:
        """The first, while changing is free, also to the coordinator who booked it."""
        for kind, by_sms, before, until in CHAIN:
            due, useful = session.start - before, session.start - until
            if due >= since and (session.client.takes_sms or not by_sms):
                self.session(kind, session, session.client.pk, due, until=useful)
                for person in copied_to(session, None) if before > DAY else []:
                    self.session(kind, session, person.pk, due, until=useful, copy=COPY)

    def quickly(self, session: Session, was: datetime, at: datetime) -> None:
        """A text message beside the mail, where the firm changes what is close."""
        if min(was, session.start) <= at + 4 * HOUR and session.client.takes_sms:
            self.session("firm_moved_sms" if session.is_live else "firm_cancelled_sms", session, session.client.pk, at)

    def outcome(self, session: Session, final_at: datetime) -> None:
        if session.state in AFTERWARDS:
            self.session(AFTERWARDS[session.state], session, session.client.pk, final_at)

    # -- about an offer

    def offer(self, offer: Offered) -> None:
        session, about = offer.entry.session, ("offer", *offer.key)
        to = [("waitlist_offer", offer.entry.client, "")]
        to += [("waitlist_offer", person, COPY) for person in (copied_to(session, None) if session else [])]
        if offer.slot.start - offer.at < 4 * HOUR and offer.entry.client.takes_sms:
            to.append(("waitlist_offer_sms", offer.entry.client, ""))
        for kind, person, copy in to:
            self.letters.append(Letter(kind, about, person.pk, offer.at, offer.until, lambda: offer.is_open, copy))

    def expired(self, offer: Offered, at: datetime) -> None:
        about, to = ("offer", *offer.key), offer.entry.client.pk
        self.letters.append(Letter("waitlist_expired", about, to, at, None, lambda: True))

    # -- about a strike

    def taken_back(self, strike: Missed, at: datetime) -> None:
        """Who was told of it is told of this too."""
        if strike.is_told:
            about, to = ("strike", *strike.key), strike.client.pk
            self.letters.append(Letter("strike_taken_back", about, to, at, None, lambda: True))

    # -- what leaves

    def leave(self, at: datetime) -> Counter:
        due = [one for one in self.letters if one.due <= at]
        self.letters = [one for one in self.letters if one.due > at]
        left = Counter(one.key for one in due if one.is_valid() and (one.until is None or at < one.until))
        for strike in self.ladder.missed:
            if strike.counts and not strike.is_told and strike.final_at <= at:
                strike.is_told = True
                left[NOTICES[self.ladder.level_of(strike)], ("strike", *strike.key), strike.client.pk, ""] += 1
        for charge in self.ladder.charges:
            in_time = charge.asked_at <= at < charge.session.start - DAY
            if charge.state == "asked" and not charge.is_told and in_time:
                charge.is_told = True
                left["fee_asked", ("fee", *charge.key), charge.session.client.pk, ""] += 1
                for person in copied_to(charge.session, None):
                    left["fee_asked", ("fee", *charge.key), person.pk, COPY] += 1
        return left
