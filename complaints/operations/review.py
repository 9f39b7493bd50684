"""The review of a complaint: who does it, its points and notes (C-8)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from supportportal.people.models import User
from supportportal.trail import operations as trail

from .. import eligibility
from ..models import SENIORS, Complaint, Note, Point
from ..refusals import AnotherReviewer, ComplaintRefused, NoReason, NotEligible, NotForManagers, NotLawful
from .gate import enter, require_sight
from .locking import changed

State = Complaint.State
_ASIDE = 10_000  # where points wait while others take their numbers


def require_reviewer(complaint: Complaint, user: User) -> None:
    """Raises NotForManagers where only the role is too low, else NotEligible."""
    if eligibility.reviewers(complaint).filter(pk=user.pk).exists():
        return
    if eligibility.is_about_staff(complaint) and not user.has_role(*SENIORS):
        raise NotForManagers
    raise NotEligible


def require_appeal_reviewer(complaint: Complaint, user: User) -> None:
    """Raises AnotherReviewer for who took part in the first decision, else NotEligible (C-10)."""
    if not eligibility.appeal_reviewers(complaint).filter(pk=user.pk).exists():
        raise AnotherReviewer if user.pk in eligibility.first_reviewers(complaint) else NotEligible


@transaction.atomic
def assign(complaint: Complaint, reviewer: User | None, *, by: User, at: datetime, seen: int | None) -> Complaint:
    """Give an open complaint to a reviewer, or to nobody. Raises NotLawful, NotEligible, NotYours, Stale."""
    complaint = enter(complaint, by=by, seen=seen)
    if complaint.state != State.OPEN:
        raise NotLawful
    if reviewer is not None:
        require_reviewer(complaint, reviewer)
    if complaint.reviewer == reviewer:
        return complaint
    before, complaint.reviewer = complaint.reviewer_id, reviewer
    facts = {"reviewer": reviewer.pk if reviewer else None, "before": before}
    trail.record("complaint.assigned", complaint, by=by, at=at, **facts)
    return changed(complaint, "reviewer")


def assign_many(
    complaints: Iterable[Complaint], reviewer: User, *, by: User, at: datetime
) -> list[tuple[Complaint, ComplaintRefused]]:
    """Give many to one reviewer, each in a transaction of its own; returns those that could not be, and why."""
    refused = []
    for complaint in complaints:
        try:
            assign(complaint, reviewer, by=by, at=at, seen=None)
        except ComplaintRefused as refusal:
            refused.append((complaint, refusal))
    return refused


@transaction.atomic
def note(complaint: Complaint, text: str, *, by: User, at: datetime) -> Note:
    """An internal note. Raises NotYours, or NoReason where it says nothing."""
    require_sight(complaint, by)
    if not text.strip():
        raise NoReason
    written = Note.objects.create(complaint=complaint, text=text.strip(), by=by, at=at)
    trail.record("complaint.note", complaint, by=by, at=at, note=written.pk)
    return written


@transaction.atomic
def set_points(complaint: Complaint, texts: Sequence[str], *, by: User, at: datetime, seen: int | None) -> list[Point]:
    """Split an open complaint into numbered points (C-8b). A point whose text is still there keeps its finding.

    Of the others, those in the same place are taken as reworded. Raises NotLawful where the case is closed or a point
    with a promised remedy would go, NotEligible, NotYours, Stale.
    """
    complaint = enter(complaint, by=by, seen=seen)
    _require_under_review(complaint, by)
    wanted = [text.strip() for text in texts if text.strip()]
    old = list(complaint.points.prefetch_related("remedies"))
    kept = _matched(old, wanted)
    for point in old:
        if point not in kept:
            if point.remedies.all():
                raise NotLawful
            point.delete()
    for number, (point, text) in enumerate(zip(kept, wanted, strict=True), start=1):
        point.complaint, point.number, point.text = complaint, _ASIDE + number, text
        point.save()
    points = list(complaint.points.all())
    for number, point in enumerate(points, start=1):
        point.number = number
        point.save(update_fields=["number"])
    trail.record("complaint.points", complaint, by=by, at=at, count=len(points))
    changed(complaint)
    return points


@transaction.atomic
def find(point: Point, finding: str, reasons: str, *, by: User, at: datetime, seen: int | None) -> Point:
    """What came out on a point, and why. Raises NoReason, NotLawful, NotEligible, NotYours, Stale."""
    if not reasons.strip():
        raise NoReason
    complaint = enter(point.complaint, by=by, seen=seen)
    _require_under_review(complaint, by)
    point = complaint.points.get(pk=point.pk)
    point.finding, point.reasons = Complaint.Outcome(finding), reasons.strip()
    point.save(update_fields=["finding", "reasons"])
    trail.record(eligibility.FINDING, complaint, by=by, at=at, point=point.pk, finding=point.finding)
    changed(complaint)
    return point


def _require_under_review(complaint: Complaint, by: User) -> None:
    if complaint.state != State.OPEN:
        raise NotLawful
    require_reviewer(complaint, by)


def _matched(old: Sequence[Point], wanted: Sequence[str]) -> list[Point]:
    """For each wanted text its point: the one that says it already, else what stood there, else a new one."""
    free = list(old)
    found: list[Point | None] = []
    for text in wanted:
        same = next((point for point in free if point.text == text), None)
        found.append(same)
        if same:
            free.remove(same)
    for place, point in enumerate(found):
        if point is None:
            found[place] = next((one for one in free if one.number == place + 1), None)
            if one := found[place]:
                free.remove(one)
    return [point or Point() for point in found]
