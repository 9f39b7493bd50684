"""What should be: who may decide, approve and end what, and what is closed to whom at an instant."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ROME = ZoneInfo("Europe/Rome")
GATES = frozenset({"booking", "waitlist", "callback", "mail"})
RESTRICTING = {"correspondence", "limited", "permanent"}
MONTH = timedelta(days=30)


def begin_of(day: date) -> datetime:
    return datetime.combine(day, time.min, ROME).astimezone(UTC)


def today(at: datetime) -> date:
    return at.astimezone(ROME).date()


@dataclass(frozen=True)
class Staff:
    name: str
    roles: frozenset[str]

    @property
    def is_manager(self) -> bool:
        return bool(self.roles - {"agent"})

    @property
    def may_stop(self) -> bool:
        return bool(self.roles & {"duty manager", "senior manager"})


@dataclass(eq=False)
class Step:
    case: "Case"
    kind: str
    gates: frozenset[str]
    whole: bool
    until: datetime | None
    review: date | None
    by: Staff
    extends: "Step | None"
    pk: int = 0
    state: str = "proposed"
    begun: datetime | None = None
    approved_by: Staff | None = None
    appealed: bool = False
    appeal_open: bool = False

    def end(self) -> datetime | None:
        ends = [one for one in (self.until, begin_of(self.review) if self.review else None) if one]
        return min(ends) if ends else None

    def is_closing(self, at: datetime) -> bool:
        if self.state != "taken" or self.kind not in RESTRICTING or self.begun > at:
            return False
        return self.end() is None or at < self.end()

    def chain(self) -> list["Step"]:
        return [self, *(self.extends.chain() if self.extends else [])]


@dataclass(eq=False)
class Case:
    client: int
    reporter: Staff
    concerned: Staff
    is_threat: bool
    pk: int = 0
    state: str = "open"
    steps: list[Step] = field(default_factory=list)
    stopped: tuple[datetime, datetime] | None = None

    def proposal(self) -> Step | None:
        return next((one for one in self.steps if one.state == "proposed"), None)


@dataclass(eq=False)
class OpenComplaint:
    pk: int
    client: int
    named: Staff


@dataclass
class Model:
    accounts: list[str]  # by client
    cases: list[Case] = field(default_factory=list)
    complaints: list[OpenComplaint] = field(default_factory=list)

    def steps(self) -> list[Step]:
        return [step for case in self.cases for step in case.steps]

    def has_complaint(self, client: int) -> bool:
        return any(one.client == client for one in self.complaints)

    def is_impartial(self, who: Staff, case: Case) -> bool:
        named = any(one.client == case.client and one.named == who for one in self.complaints)
        return who.is_manager and who != case.concerned and not named

    def may_decide(self, who: Staff, step: Step, at: datetime) -> bool:
        """Whether this step can be decided now, by this person."""
        case = step.case
        if not self.is_impartial(who, case) or case.proposal():
            return False
        if step.extends:
            if not step.extends.is_closing(at) or step.kind not in RESTRICTING:
                return False
            ends = step.extends.end()
            if ends is None or (step.end() is not None and step.end() <= ends):
                return False
        elif not (case.state == "open" or (case.state == "decided" and step.kind == "authorities")):
            return False
        if step.kind not in RESTRICTING:
            return True
        if not step.gates:
            return False
        if step.kind != "permanent" and (step.until is None or step.until <= at):
            return False
        if step.review is None:
            return True
        return step.review > today(at) and (step.until is None or begin_of(step.review) <= step.until)

    def needs_second(self, step: Step, at: datetime) -> bool:
        if step.kind in ("permanent", "subscription", "authorities") or self.has_complaint(step.case.client):
            return True
        since = min((one.begun for one in step.chain() if one.begun), default=at)
        return step.until is not None and step.until - since > MONTH

    def may_approve(self, who: Staff, step: Step) -> bool:
        return step.state == "proposed" and who != step.by and self.is_impartial(who, step.case)

    def may_hear_appeal(self, who: Staff, step: Step) -> bool:
        parts = {step.case.reporter}
        for one in step.chain():
            parts |= {one.by, one.approved_by}
        return self.is_impartial(who, step.case) and who not in parts

    @staticmethod
    def vary(step: Step, kept: frozenset[str], until: datetime | None) -> None:
        """What has an end before its review date needs none; what has an end is not for good."""
        if step.kind == "permanent" and until is not None:
            step.kind = "limited"
        if step.kind == "correspondence" and "mail" not in kept:
            step.kind = "limited"
        if until != step.until and step.review and until is not None and begin_of(step.review) >= until:
            step.review = None
        step.gates, step.until = kept, until

    def withdraw_extensions(self, step: Step) -> None:
        for one in step.case.steps:
            if one is not step and step in one.chain() and one.state == "proposed":
                one.state = "withdrawn"

    def end_extensions(self, step: Step, at: datetime) -> None:
        """What prolongs a measure that an appeal has changed falls with it."""
        self.withdraw_extensions(step)
        for one in step.case.steps:
            if one is not step and step in one.chain() and one.is_closing(at):
                one.state = "lifted"

    def take(self, step: Step, at: datetime) -> None:
        step.state, step.begun = "taken", at
        if step.case.state == "open":
            step.case.state = "decided"
        self.end_stop(step.case, at)

    @staticmethod
    def end_stop(case: Case, at: datetime) -> None:
        if case.stopped and case.stopped[1] > at:
            case.stopped = (case.stopped[0], at)

    def closed(self, client: int, at: datetime) -> frozenset[str]:
        """The gates that are closed to a client at that instant."""
        found: set[str] = set()
        for case in self.cases:
            same_account = self.accounts[case.client] == self.accounts[client]
            if case.stopped and case.client == client and case.stopped[0] <= at < case.stopped[1]:
                found |= GATES
            for step in case.steps:
                if step.is_closing(at) and (case.client == client or (step.whole and same_account)):
                    found |= step.gates
        return frozenset(found)

    def has_ended(self, account: str) -> bool:
        """Whether the subscription of an account has ended by a measure."""
        ends = [one for one in self.steps() if one.kind == "subscription" and one.state == "taken"]
        return any(self.accounts[one.case.client] == account for one in ends)
