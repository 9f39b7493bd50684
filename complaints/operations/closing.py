"""How a complaint ends: answered on each point, or closed otherwise with a reason; all open to appeal (C-8b, C-9a)."""

from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from supportportal.people.models import Firm, User
from supportportal.trail import operations as trail

from ..models import Complaint, Deadline, Letter
from ..refusals import NoOtherComplaint, NoReason, NotLawful, PointsOpen, WrongLetter
from . import clocks, letters
from .gate import enter
from .locking import changed, lock
from .review import require_appeal_reviewer, require_reviewer

State, Step = Complaint.State, Deadline.Step
# What nothing is owed for any more once a complaint is closed otherwise; the first reply stays owed (C-4).
ENDS = (Step.UPDATE, Step.RESPOND, Step.APPEAL, Step.OMBUDSMAN)


@transaction.atomic
def answer(
    complaint: Complaint, letter: Letter, *, outcome: str, root_cause: str, by: User, at: datetime, seen: int | None
) -> Complaint:
    """Decide, and send the response: its clock stops once the letter has really gone (C-4).

    Raises PointsOpen unless there are points and each has a finding and reasons, WrongLetter, NotLawful, NotEligible,
    NotYours, Stale.
    """
    complaint = enter(complaint, by=by, seen=seen)
    if complaint.state != State.OPEN:
        raise NotLawful
    require_reviewer(complaint, by)
    require_draft(letter, complaint, Letter.Kind.RESPONSE)
    points = list(complaint.points.all())
    if not (points and all(point.is_answered for point in points)):
        raise PointsOpen
    complaint.outcome, complaint.root_cause = Complaint.Outcome(outcome), root_cause.strip()[:120]
    complaint.reviewer = complaint.reviewer or by
    _decide(complaint, State.ANSWERED, by=by, at=at)
    changed(complaint, "state", "outcome", "root_cause", "reviewer", "decided_at", "decided_by")
    letters.send(letter, by=by, at=at)
    trail.record("complaint.answered", complaint, by=by, at=at, outcome=complaint.outcome, letter=letter.pk)
    return complaint


@transaction.atomic
def close(
    complaint: Complaint,
    state: str,
    *,
    reason: str,
    duplicate_of: Complaint | None = None,
    by: User,
    at: datetime,
    seen: int | None,
) -> Complaint:
    """End it otherwise: withdrawn in writing, a duplicate, not a complaint; the complainant is told why (C-9a).

    Raises NoReason, NoOtherComplaint, NotLawful, NotEligible, NotYours, Stale.
    """
    if not reason.strip():
        raise NoReason
    if duplicate_of is not None:
        _lock_both(complaint, duplicate_of)
    complaint = enter(complaint, by=by, seen=seen)
    if state not in Complaint.OTHER_CLOSINGS or not complaint.can_become(state):
        raise NotLawful
    if complaint.state == State.APPEALED:
        require_appeal_reviewer(complaint, by)  # not by whoever it is against (C-10)
    else:
        require_reviewer(complaint, by)
    if (state == State.DUPLICATE) != (duplicate_of is not None):
        raise NoOtherComplaint
    if duplicate_of is not None:
        _require_original(complaint, duplicate_of, by)
        _keep_out_of(complaint, duplicate_of)
    complaint.duplicate_of = duplicate_of
    _close(complaint, state, reason=reason.strip(), by=by, at=at)
    return complaint


@transaction.atomic
def withdraw(complaint: Complaint, *, at: datetime) -> Complaint:
    """The complainant takes it back, or the appeal. Twice changes nothing. Raises NotLawful once it is decided."""
    complaint = lock(complaint)
    if complaint.state == State.WITHDRAWN:
        return complaint
    if not complaint.can_become(State.WITHDRAWN):
        raise NotLawful
    with translation.override(Firm.current().language):  # for staff: the complainant knows
        reason = _("The complainant has withdrawn it.")
    _close(complaint, State.WITHDRAWN, reason=reason, by=None, at=at)
    return complaint


def require_draft(letter: Letter, complaint: Complaint, kind: str) -> None:
    found = complaint.letters.filter(pk=letter.pk, kind=kind, state=Letter.State.DRAFT)
    if not found.exists():
        raise WrongLetter


def _close(complaint: Complaint, state: str, *, reason: str, by: User | None, at: datetime) -> None:
    complaint.closing_reason = reason
    _decide(complaint, state, by=by, at=at)
    changed(complaint, "state", "closing_reason", "duplicate_of", "decided_at", "decided_by")
    clocks.close(complaint, *ENDS)
    letters.send_new(complaint, Letter.Kind.CLOSING, by=by, at=at)
    facts = {"state": state, "duplicate_of": complaint.duplicate_of_id}
    trail.record("complaint.closed", complaint, by=by, at=at, **facts)


def _decide(complaint: Complaint, state: str, *, by: User | None, at: datetime) -> None:
    """What an appeal was made against stays on record: when it is withdrawn, the first decision stands."""
    if complaint.state == State.OPEN:
        complaint.decided_at, complaint.decided_by = at, by
    complaint.state = state


def _lock_both(complaint: Complaint, original: Complaint) -> None:
    """By ascending id, so that two that are linked to each other at once neither wait forever nor make a circle."""
    pks = (complaint.pk, original.pk)
    list(Complaint.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk").values_list("pk"))


def _keep_out_of(complaint: Complaint, original: Complaint) -> None:
    """Whoever may not see the original learns nothing of it from what repeats it (C-8)."""
    known = complaint.named.barring().values("person")
    for named in original.named.barring().exclude(person__in=known):
        named.pk, named.complaint = None, complaint
        named.save()


def _require_original(complaint: Complaint, other: Complaint, by: User) -> None:
    """The other one is seen by whoever links them, and leads to no circle."""
    found = Complaint.objects.visible_to(by).exclude(pk=complaint.pk).exclude(state=State.DUPLICATE)
    if not found.filter(pk=other.pk).exists():
        raise NoOtherComplaint
