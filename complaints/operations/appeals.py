"""The one appeal against a decision, answered by another senior manager (C-10).

Asking for somebody higher up is no appeal and changes nothing (C-12): only ``lodge`` makes one, with reasons.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from supportportal.people.models import User
from supportportal.trail import operations as trail

from .. import eligibility
from ..appeal_time import is_in_time, last_day
from ..models import Appeal, Complaint, Letter
from ..refusals import (
    AnotherReviewer,
    AppealedBefore,
    ArrivedInFuture,
    BeforeDecision,
    NoReason,
    NotEligible,
    NotLawful,
    TooLate,
)
from . import clocks, letters, naming, ombudsman
from .closing import require_draft
from .gate import enter, require_sight
from .locking import changed, lock

__all__ = ["assign", "decide", "eligible", "last_day", "lodge", "require_eligible"]
State = Complaint.State


@transaction.atomic
def lodge(
    complaint: Complaint,
    *,
    reasons: str,
    late_cause: str = "",
    at: datetime,
    by: User | None = None,
    arrived_at: datetime | None = None,
) -> Appeal:
    """Appeal against the decision, once; ``by`` is a member of staff who enters what came at ``arrived_at``.

    Names that occur in it keep people out like those in the complaint.
    Raises NoReason, AppealedBefore, TooLate without a cause, NotLawful before there is a decision, NotYours.
    """
    arrived_at = arrived_at or at
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
    ombudsman.resume(complaint, at=at)
    letters.send_new(complaint, Letter.Kind.APPEAL_RECEIVED, by=by, at=at)
    trail.record("appeal.lodged", complaint, by=by, at=at, appeal=appeal.pk, late=not in_time)
    naming.hear(complaint, [appeal.reasons, appeal.late_cause], at=at)
    return appeal


def eligible(complaint: Complaint) -> QuerySet[User]:
    """Senior managers who are neither named nor spoken with, and neither reviewed nor decided first."""
    return eligibility.appeal_reviewers(complaint)


def require_eligible(complaint: Complaint, user: User) -> None:
    """Raises AnotherReviewer for who reviewed or decided first, else NotEligible."""
    if eligible(complaint).filter(pk=user.pk).exists():
        return
    if user.pk in (complaint.reviewer_id, complaint.decided_by_id):
        raise AnotherReviewer
    raise NotEligible


@transaction.atomic
def assign(appeal: Appeal, reviewer: User | None, *, by: User, at: datetime, seen: int | None) -> Appeal:
    """Give the appeal to another senior manager, or to nobody. Raises AnotherReviewer, NotEligible, NotLawful,
    NotYours, Stale."""
    complaint = enter(appeal.complaint, by=by, seen=seen)
    appeal = _undecided(complaint)
    if reviewer is not None:
        require_eligible(complaint, reviewer)
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
    require_eligible(complaint, by)
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
