"""What the model keeps, and the few numbers of the policy that it needs, written down once more."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from supportportal.lattice import instant_at

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DAY = 24 * HOUR
LENGTH, AFTER = 12, 1  # cells of a session, and of the agent's pause after it
NOTICE, UNDO, OFFER, GRACE = HOUR, 15 * MINUTE, 2 * HOUR, 2 * MINUTE
TOLERANCE, OUTCOME_UNDO = 10 * MINUTE, 5 * MINUTE


@dataclass(frozen=True)
class Person:
    pk: int
    zone: ZoneInfo
    coordinates: bool = False
    takes_sms: bool = False


@dataclass(frozen=True)
class Slot:
    agent: int
    cell: int

    @property
    def start(self) -> datetime:
        return instant_at(self.cell)

    @property
    def of_agent(self) -> set[int]:
        return set(range(self.cell, self.cell + LENGTH + AFTER))

    @property
    def of_client(self) -> set[int]:
        return set(range(self.cell, self.cell + LENGTH))


@dataclass(eq=False)
class Session:
    pk: int
    client: Person
    slot: Slot
    booked_by: Person | None
    booked_at: datetime
    fixed_at: datetime
    state: str = "booked"
    version: int = 1
    imposed: str = ""  # "imposed" by the firm, "agreed" by the client since
    outcome_at: datetime | None = None
    is_corrected: bool = False

    @property
    def is_live(self) -> bool:
        return self.state == "booked"

    @property
    def start(self) -> datetime:
        return self.slot.start

    def day(self) -> date:
        return day_of(self.slot, self.client)


def day_of(slot: Slot, client: Person) -> date:
    return slot.start.astimezone(client.zone).date()


@dataclass(eq=False)
class Entry:
    """Somebody who waits: for an earlier time of ``session``, or for any of ``days``."""

    pk: int
    client: Person
    joined: datetime
    session: Session | None = None
    days: tuple[date, ...] = ()
    waits: bool = True


@dataclass(eq=False)
class Offered:
    entry: Entry
    slot: Slot
    at: datetime
    until: datetime
    is_open: bool = True

    @property
    def key(self) -> tuple:
        return (self.entry.pk, self.slot.agent, self.slot.cell, self.at)


@dataclass(eq=False)
class Kept:
    """A slot that is nobody's session: for an undo of ``undo_of``, offered, or on its way to the next."""

    slot: Slot
    cells: set[int]
    gave_up: Person
    given_up_at: datetime
    until: datetime
    before: dict
    undo_of: Session | None = None
    offer: Offered | None = None
    asked: list[Entry] = field(default_factory=list)


@dataclass(eq=False)
class Missed:
    """A strike."""

    session: Session
    client: Person
    slot: Slot
    cause: str
    at: datetime
    final_at: datetime
    counts: bool = True
    is_told: bool = False

    @property
    def day(self) -> date:
        return day_of(self.slot, self.client)

    @property
    def key(self) -> tuple:
        return (self.session.pk, self.slot.cell, self.at)


@dataclass(eq=False)
class Charge:
    """A fee."""

    session: Session
    asked_at: datetime
    state: str
    is_accepted: bool = False
    lapsed_at: datetime | None = None
    is_told: bool = False

    @property
    def is_open(self) -> bool:
        return self.state in ("asked", "accepted")

    @property
    def key(self) -> tuple:
        return (self.session.pk, self.asked_at)
