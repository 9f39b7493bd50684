"""The machine: what staff do to incidents, time, and what is true after each step."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from complaints.models import Complaint, NamedStaff
from complaints.operations import closing
from conduct import eligibility
from conduct.models import Appeal, Category, Incident, Measure
from conduct.operations import appeals, deciding, reporting, stopping
from conduct.operations.varying import Change
from conduct.refusals import ConductRefused
from supportportal.people.access import gate_is_open
from supportportal.people.models import Account
from tests.bookings.machine.verbs import do_something, verb
from tests.factories_complaints import ComplaintFactory
from tests.factories_conduct import findings

from .model import GATES, Case, Model, OpenComplaint, Staff, Step, today

BEGIN = datetime(2026, 10, 20, 6, tzinfo=UTC)  # a Tuesday; clocks change on Sunday
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
LENGTHS = [None, -HOUR, HOUR, 5 * DAY, 30 * DAY, 30 * DAY, 30 * DAY + SECOND, 90 * DAY]

whom = st.integers(0, 2)
who = st.sampled_from([0, 1, 1, 2, 2, 3, 4, 5, 5])
CLOSINGS = [(), ("booking",), ("booking",), ("waitlist", "callback"), ("mail",), GATES]
gates = st.sampled_from(CLOSINGS).map(frozenset)
kinds = st.sampled_from(
    ["warning", "correspondence", "limited", "limited", "limited", "permanent", "subscription", "authorities"]
)
lengths = st.sampled_from(LENGTHS)
reviews = st.sampled_from([None, None, None, 0, 1, 20, 60])  # days from today


class Machine(RuleBasedStateMachine):
    """``scene`` is set by the test: the rows of clients and staff."""

    scene: SimpleNamespace

    def __init__(self) -> None:
        super().__init__()
        self.beginning = transaction.savepoint()
        self.at = BEGIN
        self.staff: list[Staff] = self.scene.staff
        self.model = Model([client.account.name for client in self.scene.clients])

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.beginning)
        transaction.set_rollback(False)

    def row(self, person: Staff) -> Any:
        return self.scene.rows[person.name]

    def attempt(self, act: Callable[[], Any], possible: bool) -> Any:
        """What the portal answers; None where it refuses. Either has to be as the model says."""
        try:
            done = act()
        except ConductRefused as refusal:
            assert not possible, f"refused: {refusal!r}"
            return None
        assert possible, "not refused"
        return done

    # -- what can be acted on

    def cases(self) -> list[Case]:
        return self.model.cases

    def steps(self) -> list[Step]:
        return self.model.steps()

    def proposed(self) -> list[Step]:
        return [one for one in self.steps() if one.state == "proposed"]

    def taken(self) -> list[Step]:
        return [one for one in self.steps() if one.state == "taken"]

    def appealed(self) -> list[Step]:
        return [one for one in self.steps() if one.appeal_open]

    def open_complaints(self) -> list[OpenComplaint]:
        return self.model.complaints

    @initialize(restricted=st.booleans())
    def one_is_reported(self, *, restricted: bool) -> None:
        self.report(client=0, reporter=0, concerned=0, threat=True)
        if restricted:
            self._decide(self.cases()[0], 1, "limited", frozenset({"booking"}), False, 30 * DAY, None, extends=None)

    # -- verbs

    @verb(3, client=whom, reporter=who, concerned=who, threat=st.booleans())
    def report(self, *, client: int, reporter: int, concerned: int, threat: bool) -> None:
        case = Case(client, self.staff[reporter], self.staff[concerned], threat)
        said = reporting.Report(
            client=self.scene.clients[client],
            happened_at=self.at - HOUR,
            channel=Incident.Channel.EMAIL,
            categories=[Category.THREAT if threat else Category.LANGUAGE],
            words="Words.",
            acceptable=Incident.Acceptable.UNSURE,
            concerned=self.row(case.concerned),
        )
        case.pk = reporting.report(said, by=self.row(case.reporter), at=self.at).pk
        self.model.cases.append(case)

    @verb(8, among=cases, by=who, kind=kinds, closing=gates, whole=st.booleans(), length=lengths, review=reviews)
    def decide(self, case: Case, *, by: int, kind: str, closing: frozenset, whole: bool, length, review) -> None:
        self._decide(case, by, kind, closing, whole, length, review, extends=None)

    @verb(5, among=taken, by=who, kind=kinds, closing=gates, whole=st.booleans(), length=lengths, review=reviews)
    def extend(self, step: Step, *, by: int, kind: str, closing: frozenset, whole: bool, length, review) -> None:
        self._decide(step.case, by, kind, closing, whole, length, review, extends=step)

    def _decide(self, case: Case, by: int, kind: str, closing: frozenset, whole: bool, length, review, extends) -> None:
        person = self.staff[by]
        until = None if length is None else self.at + length
        day = None if review is None else today(self.at) + review * DAY
        asked = deciding.Step(
            kind=kind,
            gates=sorted(closing),
            whole_account=whole,
            until=until,
            review_on=day,
            disclosed="What was said.",
            disclosed_to="The police",
            extends=Measure.objects.get(pk=extends.pk) if extends else None,
        )
        step = self._meant(case, person, kind, closing, whole, until, day, extends)
        possible = self.model.may_decide(person, step, self.at)
        incident = Incident.objects.get(pk=case.pk)
        act = {"by": self.row(person), "at": self.at, "seen": incident.version}
        done = self.attempt(lambda: deciding.decide(incident, findings(), asked, **act), possible)
        if done is not None:
            step.pk = done.pk
            case.steps.append(step)
            if not self.model.needs_second(step, self.at):
                self.model.take(step, self.at)

    def _meant(self, case, person, kind, closing, whole, until, day, extends) -> Step:
        """What a step of this kind means, whatever else was filled in."""
        if kind not in ("correspondence", "limited", "permanent"):
            closing, until, day = frozenset(), None, None
        if kind == "correspondence":
            closing |= {"mail"}
        if kind == "permanent":
            until, day = None, day if day is not None else self._a_year_on()
        return Step(case, kind, closing, whole or kind == "subscription", until, day, person, extends)

    def _a_year_on(self) -> date:
        now = today(self.at)
        last = 28 if (now.month, now.day) == (2, 29) else now.day
        return now.replace(year=now.year + 1, day=last)

    @verb(6, among=proposed, by=who)
    def approve(self, step: Step, *, by: int) -> None:
        person = self.staff[by]
        goes_on = step.extends is None or step.extends.is_closing(self.at)
        possible = self.model.may_approve(person, step) and goes_on and (step.end() is None or step.end() > self.at)
        measure = Measure.objects.get(pk=step.pk)
        act = {"by": self.row(person), "at": self.at, "seen": None}
        if self.attempt(lambda: deciding.approve(measure, **act), possible):
            step.approved_by = person
            self.model.take(step, self.at)

    @verb(2, among=proposed, by=who)
    def decline(self, step: Step, *, by: int) -> None:
        person = self.staff[by]
        measure = Measure.objects.get(pk=step.pk)
        act = {"by": self.row(person), "at": self.at, "seen": None}
        if self.attempt(lambda: deciding.decline(measure, "No.", **act), self.model.may_approve(person, step)):
            step.state = "declined"

    @verb(1, among=steps, by=who)
    def withdraw(self, step: Step, *, by: int) -> None:
        person = self.staff[by]
        measure = Measure.objects.get(pk=step.pk)
        possible = step.state == "proposed" and person == step.by
        act = {"by": self.row(person), "at": self.at, "seen": None}
        if self.attempt(lambda: deciding.withdraw(measure, **act), possible):
            step.state = "withdrawn"

    @verb(4, among=taken, by=who)
    def lift(self, step: Step, *, by: int) -> None:
        person = self.staff[by]
        measure = Measure.objects.get(pk=step.pk)
        possible = step.state == "taken" and self.model.is_impartial(person, step.case)
        act = {"by": self.row(person), "at": self.at, "seen": None}
        if self.attempt(lambda: deciding.lift(measure, "Enough.", **act), possible):
            step.state = "lifted"
            self.model.withdraw_extensions(step)

    @verb(2, among=cases, by=who)
    def close(self, case: Case, *, by: int) -> None:
        person = self.staff[by]
        possible = self.model.is_impartial(person, case) and case.state == "open" and case.proposal() is None
        incident = Incident.objects.get(pk=case.pk)
        act = {"by": self.row(person), "at": self.at, "seen": None}
        if self.attempt(lambda: deciding.close(incident, "No abuse.", **act), possible):
            case.state = "closed"
            self.model.end_stop(case, self.at)

    @verb(3, among=cases, by=who, hours=st.sampled_from([0, 1, 72, 73]))
    def stop(self, case: Case, *, by: int, hours: int) -> None:
        person = self.staff[by]
        lawful = case.is_threat and case.stopped is None and case.state == "open" and 1 <= hours <= 72
        incident = Incident.objects.get(pk=case.pk)
        act = {"hours": hours, "by": self.row(person), "at": self.at, "seen": None}
        if self.attempt(lambda: stopping.stop_contact(incident, "A threat.", **act), person.may_stop and lawful):
            case.stopped = (self.at, self.at + hours * HOUR)

    @verb(4, among=steps)
    def lodge(self, step: Step) -> None:
        """Nobody has got a notice here, so no appeal is too late."""
        measure = Measure.objects.select_related("incident").get(pk=step.pk)
        possible = step.begun is not None and not step.appealed
        if self.attempt(lambda: appeals.lodge(measure, reasons="It was not me.", at=self.at), possible):
            step.appealed = step.appeal_open = True

    @verb(6, among=appealed, by=who, outcome=st.sampled_from(["upheld", "quashed", "quashed"]))
    def decide_appeal(self, step: Step, *, by: int, outcome: str) -> None:
        person = self.staff[by]
        done = self._decide_appeal(step, person, outcome, None, self.model.may_hear_appeal(person, step))
        if done and outcome == "quashed":
            step.state = "quashed"
            self.model.end_extensions(step, self.at)

    @verb(4, among=appealed, by=who, closing=gates, sooner=st.sampled_from([None, -1, HOUR, 3 * DAY, 300 * DAY]))
    def vary(self, step: Step, *, by: int, closing: frozenset, sooner: timedelta | int | None) -> None:
        """``sooner``: a new end so long from now, or with -1 the one that it has."""
        person = self.staff[by]
        until = step.until if sooner in (None, -1) else self.at + sooner
        kept, end = step.gates & closing, step.end()
        is_shorter = until != step.until and (end is None or until < end)
        possible = self.model.may_hear_appeal(person, step) and step.is_closing(self.at) and bool(kept)
        possible = possible and (is_shorter or (until == step.until and kept != step.gates))
        change = Change(None if sooner is None else until, sorted(closing))
        if self._decide_appeal(step, person, "varied", change, possible):
            self.model.vary(step, kept, until)
            self.model.end_extensions(step, self.at)

    def _decide_appeal(self, step: Step, person: Staff, outcome: str, change: Change | None, possible: bool) -> Any:
        appeal = Appeal.objects.select_related("measure__incident__client").get(measure=step.pk)
        act = {"by": self.row(person), "at": self.at, "seen": None}
        done = self.attempt(lambda: appeals.decide(appeal, outcome, "Reasons.", change, **act), possible)
        if done is not None:
            step.appeal_open = False
        return done

    @verb(2, client=whom, named=st.integers(1, 5))
    def somebody_complains(self, *, client: int, named: int) -> None:
        person = self.staff[named]
        complaint = ComplaintFactory(at=self.at, client=self.scene.clients[client])
        part = NamedStaff.Part.ABOUT
        complaint.named.create(part=part, typed=person.name, person=self.row(person), matched_at=self.at)
        self.model.complaints.append(OpenComplaint(complaint.pk, client, person))

    @verb(2, among=open_complaints)
    def the_complaint_is_taken_back(self, complaint: OpenComplaint) -> None:
        closing.withdraw(Complaint.objects.get(pk=complaint.pk), at=self.at)
        self.model.complaints.remove(complaint)

    @verb(3, passing=st.sampled_from([HOUR, 20 * HOUR, 3 * DAY, 29 * DAY, 200 * DAY]))
    def time_passes(self, *, passing: timedelta) -> None:
        self.at += passing

    def edges(self) -> list[datetime]:
        found = [one.end() for one in self.taken()] + [one.stopped[1] for one in self.cases() if one.stopped]
        return sorted({one for one in found if one and one > self.at})[:6]

    @verb(5, among=edges, off=st.sampled_from([-1, 0, 1]))
    def until_it_matters(self, edge: datetime, *, off: int) -> None:
        self.at = max(self.at, edge + off * SECOND)

    @rule(data=st.data())
    def then(self, data) -> None:
        do_something(self, data)

    # -- what is true after each step

    @invariant()
    def portal_and_model_agree(self) -> None:
        self._closed_as_decided()
        self._states_as_decided()
        self._eligible_as_ruled()
        self.at += SECOND  # nothing happens in the same instant as something else

    def _closed_as_decided(self) -> None:
        edges = [edge + off * SECOND for edge in self.edges()[:2] for off in (-1, 0)]
        for at in [self.at, *edges]:
            for number, client in enumerate(self.scene.clients):
                closed = {gate for gate in GATES if not gate_is_open(client, gate, at)}
                assert closed == self.model.closed(number, at), (number, at)
        for account in Account.objects.filter(name__in=self.model.accounts):
            assert (account.subscription == Account.Subscription.ENDED) == self.model.has_ended(account.name)

    def _states_as_decided(self) -> None:
        states = dict(Incident.objects.values_list("pk", "state"))
        assert states == {case.pk: case.state for case in self.cases()}
        measures = dict(Measure.objects.values_list("pk", "state"))
        assert measures == {step.pk: step.state for step in self.steps()}

    def _eligible_as_ruled(self) -> None:
        for step in self.steps()[-3:]:
            measure = Measure.objects.select_related("incident__client", "extends").get(pk=step.pk)
            hearing = {person.name for person in eligibility.appeal_reviewers(measure)}
            assert hearing == {one.name for one in self.staff if self.model.may_hear_appeal(one, step)}
