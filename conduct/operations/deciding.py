"""A manager decides one incident; another approves where that is asked for (R-3, R-7b). No measure starts by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.db.models import Manager

from complaints import calendars
from supportportal.files.models import StoredFile
from supportportal.outbox import operations as outbox
from supportportal.people.models import Firm, Gate, User
from supportportal.trail import operations as trail

from .. import eligibility, messages, rules
from ..models import Approval, Assessment, Incident, Measure
from ..policy import POLICY
from ..refusals import (
    AccountChanged,
    BaseIsOver,
    EndsInPast,
    MissingGrounds,
    NoAccount,
    NoEnd,
    NoReason,
    NotClient,
    NotForYou,
    NothingClosed,
    NothingDisclosed,
    NotLawful,
    NotLonger,
    NotYours,
    OwnProposal,
    ReviewNotAhead,
    Unfounded,
    WaitsForApproval,
)
from . import effects
from .locking import changed, enter

Kind, State = Measure.Kind, Measure.State


@dataclass(frozen=True)
class Findings:
    """The assessment: ``said`` by the parts of ``rules.Grounds``; ``precedents`` are the measures that were in view."""

    finding: str
    severity: int
    said: Mapping[str, str]
    precedents: Sequence[int] = ()


@dataclass(frozen=True)
class Step:
    """What follows. ``until`` in UTC; ``review_on`` a local day of the firm; ``extends`` is what it prolongs."""

    kind: str
    gates: Sequence[str] = field(default=())
    whole_account: bool = False
    until: datetime | None = None
    review_on: date | None = None
    disclosed: str = ""
    disclosed_to: str = ""
    extends: Measure | None = None


def decide(incident: Incident, findings: Findings, step: Step, *, by: User, at: datetime, seen: int | None) -> Measure:
    """Assess the incident and take the step, or propose it where a second manager has to approve (R-3, R-7b).

    Raises NotYours, Stale, NotForYou, NotClient, NotLawful, WaitsForApproval, Unfounded, MissingGrounds, NoAccount,
    NothingClosed, NoEnd, EndsInPast, ReviewNotAhead, NothingDisclosed, NotLonger, NoWorkday; with nothing changed.
    """
    measure = _decide(incident, findings, step, by=by, at=at, seen=seen)
    effects.follow_through(measure, by=by, at=at)
    return measure


def weigh(incident: Incident, findings: Findings, step: Step, *, by: User, at: datetime) -> Measure:
    """The measure that ``decide`` would make at that instant, with its assessment; neither is saved.

    Raises what ``decide`` raises, but for Stale. Nothing is changed.
    """
    if not Incident.objects.visible_to(by).filter(pk=incident.pk).exists():
        raise NotYours
    require_decider(incident, by)
    if incident.client.is_staff:
        raise NotClient
    _require_step_is_next(incident, step, at)
    step = _in_order(incident, step, at)
    if findings.finding == Assessment.Finding.UNFOUNDED:
        raise Unfounded
    if missing := rules.missing_grounds(step.kind, findings.said):
        raise MissingGrounds(missing)
    effects.require_appeal_day(at)
    second = rules.second_needed(
        step.kind,
        since=_first_restricted(step.extends) or at,
        until=step.until,
        has_open_complaint=eligibility.open_complaints(incident.client).exists(),
        policy=POLICY,
    )
    return Measure(
        incident=incident,
        assessment=_assessed(incident, findings, by=by, at=at),
        kind=step.kind,
        account=incident.client.account,
        whole_account=step.whole_account,
        gates=list(step.gates),
        until=step.until,
        review_on=step.review_on,
        disclosed=step.disclosed.strip(),
        disclosed_to=step.disclosed_to.strip(),
        extends=step.extends,
        second_needed=[one.value for one in second],
        decided_by=by,
        decided_at=at,
    )


@transaction.atomic
def _decide(incident: Incident, findings: Findings, step: Step, *, by: User, at: datetime, seen: int | None) -> Measure:
    reaches_colleagues = step.whole_account or step.kind == Kind.SUBSCRIPTION
    effects.lock_people_of(incident.client, incident.client.account_id if reaches_colleagues else None)
    incident = enter(incident, by=by, seen=seen)
    measure = weigh(incident, findings, step, by=by, at=at)
    _keep(measure.assessment)
    measure.save()
    # Why is for nobody to read here: a code can tell of an open complaint (C-8).
    facts = {"measure": measure.pk, "kind": measure.kind, "second": bool(measure.second_needed)}
    trail.record("measure.decided", incident, by=by, at=at, **facts)
    if measure.second_needed:
        _ask_for_approval(measure, at=at)
        changed(incident)
    else:
        effects.take(measure, by=by, at=at)
        _settle(incident)
    return measure


@transaction.atomic
def close(incident: Incident, reasons: str, *, by: User, at: datetime, seen: int | None) -> Incident:
    """Close it without a measure; the reporter sees the reasons. Raises as ``decide`` does, and NoReason."""
    incident = enter(incident, by=by, seen=seen)
    require_decider(incident, by)
    if not incident.can_become(Incident.State.CLOSED):
        raise NotLawful
    if incident.measures.filter(state=State.PROPOSED).exists():
        raise WaitsForApproval
    if not reasons.strip():
        raise NoReason
    incident.state, incident.closed_at, incident.closed_by = Incident.State.CLOSED, at, by
    incident.closing_reason = reasons.strip()
    changed(incident, "state", "closed_at", "closed_by", "closing_reason")
    effects.end_stop(incident, at=at)
    trail.record("incident.closed", incident, by=by, at=at)
    return incident


def approve(measure: Measure, reasons: str = "", *, by: User, at: datetime, seen: int | None) -> Measure:
    """The second manager's yes: the measure is taken (R-3). Raises NotYours, Stale, NotLawful, OwnProposal, NotForYou;
    EndsInPast where its end or its review date has come before the answer; BaseIsOver where what it would prolong has
    (R-7); NotClient, AccountChanged where the client
    has become staff, or left the account that it concerns."""
    measure = _approve(measure, reasons, by=by, at=at, seen=seen)
    effects.follow_through(measure, by=by, at=at)
    return measure


@transaction.atomic
def _approve(measure: Measure, reasons: str, *, by: User, at: datetime, seen: int | None) -> Measure:
    effects.lock_people_of(measure.incident.client, measure.reached_account)
    measure = _answer(measure, reasons, approved=True, by=by, at=at, seen=seen)
    _require_same_client(measure)
    if measure.extends is not None and not measure.extends.is_in_force(at):
        raise BaseIsOver
    ends = rules.ends_at(measure.until, measure.review_on, Firm.current().zone)
    if ends is not None and ends <= at:
        raise EndsInPast
    effects.take(measure, by=by, at=at)
    _settle(measure.incident)
    trail.record("measure.approved", measure.incident, by=by, at=at, measure=measure.pk)
    return measure


@transaction.atomic
def decline(measure: Measure, reasons: str, *, by: User, at: datetime, seen: int | None) -> Measure:
    """The second manager's no, with reasons: somebody decides anew. Raises as ``approve``, and NoReason."""
    if not reasons.strip():
        raise NoReason
    measure = _answer(measure, reasons, approved=False, by=by, at=at, seen=seen)
    measure.state = State.DECLINED
    measure.save(update_fields=["state"])
    changed(measure.incident)
    trail.record("measure.declined", measure.incident, by=by, at=at, measure=measure.pk)
    return measure


@transaction.atomic
def withdraw(measure: Measure, *, by: User, at: datetime, seen: int | None) -> Measure:
    """Who proposed it takes it back before it is approved. Raises NotYours, Stale, NotForYou, NotLawful."""
    incident = enter(measure.incident, by=by, seen=seen)
    measure = _proposed(measure, incident)
    if measure.decided_by != by:
        raise NotForYou
    effects.withdraw(measure, by=by, at=at)
    changed(incident)
    return measure


@transaction.atomic
def lift(measure: Measure, reasons: str, *, by: User, at: datetime, seen: int | None) -> Measure:
    """End a measure before its time, with reasons; the client is told. Raises NotYours, Stale, NotForYou, NotLawful."""
    incident = enter(measure.incident, by=by, seen=seen)
    require_decider(incident, by)
    measure = Measure.objects.select_related("restriction").get(pk=measure.pk)
    measure.incident = incident
    if not measure.can_become(State.LIFTED):
        raise NotLawful
    if not reasons.strip():
        raise NoReason
    effects.end(measure, state=State.LIFTED, reasons=reasons, by=by, at=at)
    outbox.plan(messages.owed_for_lifting(measure, at=at), at=at)
    changed(incident)
    trail.record("measure.lifted", incident, by=by, at=at, measure=measure.pk)
    return measure


def require_decider(incident: Incident, by: User) -> None:
    """Raises NotForYou for whom R-7b or the lack of a role keeps from deciding."""
    if not eligibility.deciders(incident).filter(pk=by.pk).exists():
        raise NotForYou


# -- what stands behind the verbs --------------------------------------------------------------------------------------


def _require_step_is_next(incident: Incident, step: Step, at: datetime) -> None:
    """One decision for an open incident; then what prolongs it, or reports it, each decided anew (R-7)."""
    if incident.measures.filter(state=State.PROPOSED).exists():
        raise WaitsForApproval
    if step.extends is not None:
        extended = incident.measures.select_related("restriction").filter(pk=step.extends.pk).first()
        if extended is None or not extended.is_in_force(at) or step.kind not in Measure.RESTRICTING:
            raise NotLawful  # what has lapsed is over
    elif incident.state != Incident.State.OPEN:
        is_further = incident.state == Incident.State.DECIDED and step.kind == Kind.AUTHORITIES
        if not is_further:
            raise NotLawful


def _in_order(incident: Incident, step: Step, at: datetime) -> Step:
    """The step with what its kind brings along; raises what is wrong with it."""
    kind = Kind(step.kind)
    review_on = step.review_on
    today = at.astimezone(Firm.current().zone).date()
    gates = [gate for gate in Gate.values if gate in step.gates]
    until = step.until
    whole = kind == Kind.SUBSCRIPTION or (step.whole_account and kind in Measure.RESTRICTING)
    if whole and incident.client.account_id is None:
        raise NoAccount
    if kind == Kind.CORRESPONDENCE:
        gates = [gate for gate in Gate.values if gate in {*gates, Gate.MAIL}]
    if kind not in Measure.RESTRICTING:
        gates, until, review_on = [], None, None
    elif not gates:
        raise NothingClosed
    if kind == Kind.PERMANENT:
        until = None
        review_on = review_on or rules.first_review(today, POLICY)
    elif kind in Measure.RESTRICTING:
        if until is None:
            raise NoEnd
        if until <= at:
            raise EndsInPast
    if review_on is not None:
        zone = Firm.current().zone
        if review_on <= today or (until is not None and rules.midnight(review_on, zone) > until):
            raise ReviewNotAhead
    if kind == Kind.AUTHORITIES and not (step.disclosed.strip() and step.disclosed_to.strip()):
        raise NothingDisclosed
    if step.extends is not None and not _is_longer(step.extends, rules.ends_at(until, review_on, Firm.current().zone)):
        raise NotLonger
    return Step(kind, gates, whole, until, review_on, step.disclosed, step.disclosed_to, step.extends)


def _is_longer(extended: Measure, ends_at: datetime | None) -> bool:
    """Whether it would go on after what it extends; the review date is an end too (R-7)."""
    ends = effects.ends_of(extended)
    return ends is not None and (ends_at is None or ends_at > ends)


def _first_restricted(extended: Measure | None) -> datetime | None:
    first = None
    while extended is not None:
        first, extended = extended.taken_at, extended.extends
    return first


def _assessed(incident: Incident, findings: Findings, *, by: User, at: datetime) -> Assessment:
    return Assessment(
        incident=incident,
        by=by,
        at=at,
        finding=Assessment.Finding(findings.finding),
        severity=Assessment.Severity(findings.severity),
        precedents=list(findings.precedents),
        exhibits=_exhibits(incident),
        **{part.value: findings.said.get(part, "").strip() for part in rules.Grounds},
    )


def _keep(assessment: Assessment) -> None:
    """Save it, with a hold on the files that its exhibits name."""
    assessment.save()
    kept = {file.pk: file for file in assessment.incident.files.all()}
    kept.update({file.pk: file for answer in assessment.incident.answers.all() for file in answer.files.all()})
    assessment.files.set(kept.values())


def _exhibits(incident: Incident) -> dict[str, object]:
    """The evidence as it is now, so that the decision can be read against what was known (R-9a)."""
    return {
        "words": incident.words,
        "account": incident.account,
        "effect": incident.effect,
        "categories": incident.categories,
        "happened_at": incident.happened_at.isoformat(),
        "asked_to_stop": [
            {"text": one.text, "at": one.sent_at.isoformat()} for one in incident.stop_requests.order_by("pk")
        ],
        "answers": [
            {"text": one.text, "at": one.arrived_at.isoformat(), "files": _named(one.files)}
            for one in incident.answers.order_by("pk")
        ],
        "files": _named(incident.files),
    }


def _named(files: Manager[StoredFile]) -> list[dict[str, object]]:
    return [{"file": one.pk, "name": one.name, "sha256": one.sha256} for one in files.order_by("pk")]


def _ask_for_approval(measure: Measure, *, at: datetime) -> None:
    desk = calendars.desk(at)
    due_on = desk.calendar.add_business_days(desk.day_of(at), POLICY.approval_days)
    approval = Approval.objects.create(measure=measure, asked_at=at, due_on=due_on)
    outbox.plan(messages.owed_for_approval(approval, eligibility.approvers(measure), at=at), at=at)


def _proposed(measure: Measure, incident: Incident) -> Measure:
    found = incident.measures.select_related("approval").get(pk=measure.pk)
    found.incident = incident
    if found.state != State.PROPOSED:
        raise NotLawful
    return found


def _answer(measure: Measure, reasons: str, *, approved: bool, by: User, at: datetime, seen: int | None) -> Measure:
    incident = enter(measure.incident, by=by, seen=seen)
    measure = _proposed(measure, incident)
    if measure.decided_by == by:
        raise OwnProposal
    if not eligibility.approvers(measure).filter(pk=by.pk).exists():
        raise NotForYou
    approval = measure.approval
    approval.approved, approval.by, approval.at, approval.reasons = approved, by, at, reasons.strip()
    approval.save(update_fields=["approved", "by", "at", "reasons"])
    effects.end_appointment(measure, at=at)
    return measure


def _require_same_client(measure: Measure) -> None:
    client = measure.incident.client
    if client.is_staff:
        raise NotClient
    if measure.reaches_colleagues and client.account_id != measure.account_id:
        raise AccountChanged


def _settle(incident: Incident) -> None:
    if incident.can_become(Incident.State.DECIDED):
        incident.state = Incident.State.DECIDED
    changed(incident, "state")
