"""The one appeal against a measure: lodged, given to somebody with no part in it, decided (R-7)."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from bookings.operations.locking import lock_people
from supportportal.files.models import StoredFile
from supportportal.outbox import inbound as mail_in
from supportportal.outbox import operations as outbox
from supportportal.outbox.models import Inbound
from supportportal.people.models import User
from supportportal.trail import operations as trail

from .. import appeal_time, eligibility, messages, messages_appeal
from ..models import MANAGERS, AffectedSession, Appeal, Appointment, Incident, Measure
from ..refusals import AppealedBefore, NoReason, NotEligible, NotForYou, NotLawful, NotYours, TooLate
from ..refusals_appeal import ArrivedInFuture, BeforeMeasure, EnteredBefore, NoAppealReasons, NotTaken
from . import effects, sessions, suspending, varying
from .locking import changed, enter, lock
from .varying import Change

Outcome = Appeal.Outcome


@transaction.atomic
def lodge(
    measure: Measure,
    *,
    reasons: str,
    late_cause: str = "",
    files: Sequence[StoredFile] = (),
    at: datetime,
    by: User | None = None,
    arrived_at: datetime | None = None,
    inbound: Inbound | None = None,
    seen: int | None = None,
) -> Appeal:
    """Appeal against the measure, once, also when it is over; ``by`` is a manager who enters what came by post at
    ``arrived_at``, or by the mail ``inbound``, which is done with that. The measure stands (R-7).

    Raises NotTaken, AppealedBefore, NoAppealReasons, TooLate without a cause, ArrivedInFuture, BeforeMeasure, NotYours,
    Stale, EnteredBefore; with nothing changed.
    """
    arrived_at = (inbound.arrived_at if inbound else arrived_at) or at
    if arrived_at > at:
        raise ArrivedInFuture
    incident = lock(measure.incident, seen=seen) if by is None else _enter(measure.incident, by=by, seen=seen)
    measure = _read(measure, incident)
    if measure.taken_at is None:
        raise NotTaken
    if Appeal.objects.filter(measure=measure).exists():
        raise AppealedBefore
    if arrived_at < measure.taken_at:
        raise BeforeMeasure
    if not reasons.strip():
        raise NoAppealReasons
    in_time = appeal_time.is_in_time(measure, arrived_at)
    if not (in_time or late_cause.strip()):
        raise TooLate
    appeal = Appeal.objects.create(
        measure=measure,
        reasons=reasons.strip(),
        late_cause="" if in_time else late_cause.strip(),
        lodged_at=arrived_at,
        answer_by=appeal_time.answer_by(arrived_at),
    )
    appeal.files.set(files)
    if inbound is not None and by is not None:
        _hand_in(inbound, incident, by=by, at=at)
    outbox.plan(messages_appeal.owed_for_lodging(appeal, eligibility.offered_appeal(measure), at=at), at=at)
    trail.record("measure.appealed", incident, by=by, at=at, measure=measure.pk, appeal=appeal.pk, late=not in_time)
    changed(incident)
    return appeal


def _hand_in(mail: Inbound, incident: Incident, *, by: User, at: datetime) -> None:
    if mail_in.assign(mail, messages.SUBJECT_TYPE, incident.pk, by=by, at=at):
        return
    if not Inbound.objects.filter(pk=mail.pk, subject_type=messages.SUBJECT_TYPE, subject_id=incident.pk).exists():
        raise EnteredBefore
    mail_in.mark_done(mail, by=by, at=at)


@transaction.atomic
def assign(appeal: Appeal, reviewer: User | None, *, by: User, at: datetime, seen: int | None) -> Appeal:
    """Give the appeal to somebody with no part in it, or to nobody. Who has a part does not choose who decides either.
    Whom an open complaint alone keeps from it is told so when deciding: who gives it learns nothing of that (C-8).

    Raises NotYours, Stale, NotLawful, NotEligible.
    """
    incident = _enter(appeal.measure.incident, by=by, seen=seen)
    appeal = _undecided(appeal, incident)
    wanted = {by.pk} if reviewer is None else {by.pk, reviewer.pk}
    if eligibility.offered_appeal(appeal.measure).filter(pk__in=wanted).count() < len(wanted):
        raise NotEligible
    if appeal.reviewer == reviewer:
        return appeal
    before, appeal.reviewer = appeal.reviewer_id, reviewer
    appeal.save(update_fields=["reviewer"])
    facts = {"appeal": appeal.pk, "reviewer": reviewer.pk if reviewer else None, "before": before}
    trail.record("appeal.assigned", incident, by=by, at=at, **facts)
    changed(incident)
    return appeal


@transaction.atomic
def decide(
    appeal: Appeal,
    outcome: str,
    reasons: str,
    change: Change | None = None,
    *,
    by: User,
    at: datetime,
    seen: int | None,
) -> Appeal:
    """Uphold, vary or quash, with reasons; the client is told. Quashing undoes the effects: what was closed is open,
    the subscription and the sessions whose time is still free are back (R-7).

    What extends a measure that is varied or quashed ends with it: whoever still wants it decides anew.

    Raises NotYours, Stale, NotLawful, NotEligible, NotForYou, NoReason; for a change NothingVaried, NothingClosed,
    EndsInPast; with nothing changed.
    """
    lock_people(*_people_of(appeal.measure))
    incident = _enter(appeal.measure.incident, by=by, seen=seen)
    appeal = _undecided(appeal, incident)
    measure = appeal.measure
    require_eligible(measure, by)
    if not reasons.strip():
        raise NoReason
    appeal.outcome, appeal.decision = Outcome(outcome), reasons.strip()
    appeal.decided_by, appeal.decided_at = by, at
    appeal.reviewer = appeal.reviewer or by
    ended: list[Measure] = []
    match appeal.outcome:
        case Outcome.UPHELD:
            suspending.resume(appeal, at=at)
        case Outcome.VARIED:
            appeal.varied = varying.vary(measure, change, at=at)
            ended = effects.end_extensions(measure, reasons=reasons, by=by, at=at)
        case Outcome.QUASHED:
            effects.end(measure, state=Measure.State.QUASHED, reasons=reasons, by=by, at=at)
            ended = effects.end_extensions(measure, reasons=reasons, by=by, at=at)
            for one in (measure, *measure.all_extensions()):
                effects.give_back_sessions(one, by=by, at=at)
    appeal.save(update_fields=["outcome", "decision", "decided_by", "decided_at", "reviewer", "varied"])
    effects.end_appointment(measure, at=at)
    outbox.plan(messages_appeal.owed_for_decision(appeal, ended, at=at), at=at)
    facts = {"measure": measure.pk, "appeal": appeal.pk, "outcome": appeal.outcome, "varied": appeal.varied}
    trail.record("appeal.decided", incident, by=by, at=at, **facts)
    changed(incident)
    return appeal


def require_eligible(measure: Measure, person: User) -> None:
    """Raises NotEligible for whoever has a part that all can see, else NotForYou, which does not say why (C-8)."""
    if eligibility.appeal_reviewers(measure).filter(pk=person.pk).exists():
        return
    if eligibility.offered_appeal(measure).filter(pk=person.pk).exists():
        raise NotForYou
    raise NotEligible


def _people_of(measure: Measure) -> set[int]:
    """Whom the measure reaches, and whoever is part of a session that may be given back: locked first of all."""
    client = measure.incident.client
    found = {client.pk, *sessions.people_of(client, measure.reached_account)}
    both = [measure, *measure.all_extensions()]
    cancelled = AffectedSession.objects.filter(measure__in=both, choice=AffectedSession.Choice.CANCEL)
    cancelled = cancelled.filter(restored_at__isnull=True)
    for pair in cancelled.values_list("booking__client", "booking__agent"):
        found.update(pair)
    return found


def _enter(incident: Incident, *, by: User, seen: int | None) -> Incident:
    """The case, for managers and the outside reviewer: whoever reported it has no say in the appeal."""
    incident = enter(incident, by=by, seen=seen)
    appointed = Appointment.objects.filter(measure__incident=incident, person=by, ended_at__isnull=True)
    if not (by.is_superuser or by.has_role(*MANAGERS) or appointed.exists()):
        raise NotYours
    return incident


def _read(measure: Measure, incident: Incident) -> Measure:
    found = Measure.objects.select_related("restriction", "assessment").get(pk=measure.pk)
    found.incident = incident
    return found


def _undecided(appeal: Appeal, incident: Incident) -> Appeal:
    found = Appeal.objects.select_related("reviewer").get(pk=appeal.pk)
    if not found.is_open:
        raise NotLawful
    found.measure = _read(found.measure, incident)
    return found
