"""The one appeal against a decision, answered by another senior manager (C-10).

Asking for somebody higher up is no appeal and changes nothing (C-12): only ``lodge`` makes one, with reasons.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from supportportal.files.models import StoredFile
from supportportal.people.models import User
from supportportal.trail import operations as trail

from ..appeal_time import is_in_time
from ..models import Appeal, Complaint, Letter
from ..refusals import AppealedBefore, ArrivedInFuture, BeforeDecision, NoReason, NotLawful, TooLate
from . import clocks, evidence, letters, naming, ombudsman
from .closing import require_draft
from .gate import enter, require_sight
from .locking import changed, lock
from .review import require_appeal_reviewer

State = Complaint.State


def lodge(
    complaint: Complaint,
    *,
    reasons: str,
    late_cause: str = "",
    files: Sequence[StoredFile] = (),
    at: datetime,
    by: User | None = None,
    arrived_at: datetime | None = None,
) -> Appeal:
    """Appeal against the decision, once; ``by`` is a member of staff who enters what came at ``arrived_at``.

    Its files join the evidence. Names that occur in it keep people out like those in the complaint.
    Raises NoReason, AppealedBefore, TooLate without a cause, NotLawful before there is a decision, TooMuchEvidence,
    NotYours.
    """
    fresh = evidence.unknown(complaint, files)
    evidence.require_room([one.size for one in fresh], beside=complaint)
    shown = evidence.copies(fresh, at)
    with transaction.atomic():
        appeal = _lodge(complaint, reasons, late_cause, arrived_at or at, by=by, at=at)
        evidence.keep(complaint, fresh, shown, by=by, at=at)
        naming.hear(complaint, [appeal.reasons, appeal.late_cause, *(one.name for one in fresh)], at=at)
    return appeal


def _lodge(
    complaint: Complaint, reasons: str, late_cause: str, arrived_at: datetime, *, by: User | None, at: datetime
) -> Appeal:
    if arrived_at > at:
        raise ArrivedInFuture
    complaint = lock(complaint)
    if by is not None:
        require_sight(complaint, by)
    if Appeal.objects.filter(complaint=complaint).exists():
        raise AppealedBefore
    if not complaint.can_become(State.APPEALED):
        raise NotLawful
    if complaint.decided_at and arrived_at < complaint.decided_at:
        raise BeforeDecision
    if not reasons.strip():
        raise NoReason
    in_time = is_in_time(complaint, arrived_at)
    if not (in_time or late_cause.strip()):
        raise TooLate
    appeal = Appeal.objects.create(
        complaint=complaint,
        reasons=reasons.strip(),
        late_cause="" if in_time else late_cause.strip(),
        lodged_at=arrived_at,
    )
    complaint.state = State.APPEALED
    changed(complaint, "state")
    clocks.start_appeal(complaint, lodged_at=arrived_at)
    ombudsman.resume(complaint)
    letters.send_new(complaint, Letter.Kind.APPEAL_RECEIVED, by=by, at=at)
    trail.record("appeal.lodged", complaint, by=by, at=at, appeal=appeal.pk, late=not in_time)
    return appeal


@transaction.atomic
def assign(appeal: Appeal, reviewer: User | None, *, by: User, at: datetime, seen: int | None) -> Appeal:
    """Give the appeal to another senior manager, or to nobody. Raises AnotherReviewer, NotEligible, NotLawful,
    NotYours, Stale."""
    complaint = enter(appeal.complaint, by=by, seen=seen)
    appeal = _undecided(complaint)
    if reviewer is not None:
        require_appeal_reviewer(complaint, reviewer)
    if appeal.reviewer == reviewer:
        return appeal
    before, appeal.reviewer = appeal.reviewer_id, reviewer
    appeal.save(update_fields=["reviewer"])
    facts = {"reviewer": reviewer.pk if reviewer else None, "before": before}
    trail.record("appeal.assigned", complaint, by=by, at=at, **facts)
    changed(complaint)
    return appeal


@transaction.atomic
def decide(appeal: Appeal, letter: Letter, *, outcome: str, by: User, at: datetime, seen: int | None) -> Appeal:
    """Give the final answer; with it, where a scheme is set, the way to the ombudsman goes out unasked.

    Raises WrongLetter, AnotherReviewer, NotEligible, NotLawful, NotYours, Stale.
    """
    complaint = enter(appeal.complaint, by=by, seen=seen)
    appeal = _undecided(complaint)
    require_appeal_reviewer(complaint, by)
    require_draft(letter, complaint, Letter.Kind.FINAL)
    appeal.outcome, appeal.decided_by, appeal.decided_at = Appeal.Outcome(outcome), by, at
    appeal.reviewer = appeal.reviewer or by
    appeal.save(update_fields=["outcome", "decided_by", "decided_at", "reviewer"])
    complaint.state = State.FINAL
    changed(complaint, "state")
    letters.send(letter, by=by, at=at)
    trail.record("appeal.decided", complaint, by=by, at=at, outcome=appeal.outcome, letter=letter.pk)
    ombudsman.send(complaint, at=at)
    return appeal


def _undecided(complaint: Complaint) -> Appeal:
    if complaint.state != State.APPEALED:
        raise NotLawful
    return Appeal.objects.select_related("reviewer").get(complaint=complaint)
