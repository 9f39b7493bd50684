"""What was promised to put things right, tracked to done (C-8b)."""

from datetime import date, datetime

from django.db import transaction

from supportportal.people.models import User
from supportportal.trail import operations as trail

from .. import eligibility
from ..models import Complaint, Point, Remedy
from ..refusals import NameOnRecord, NoReason, NotLawful, NotStaff, NotYours
from .gate import enter
from .locking import changed, lock


@transaction.atomic
def promise(
    complaint: Complaint,
    text: str,
    *,
    point: Point | None = None,
    owner: User | None = None,
    due_on: date | None = None,
    by: User,
    at: datetime,
    seen: int | None,
) -> Remedy:
    """Write down what we do, who does it and by when. Raises NoReason without words, NotStaff, NameOnRecord where the
    owner is complained about, NotLawful for a point of another case, NotYours, Stale."""
    if not text.strip():
        raise NoReason
    complaint = enter(complaint, by=by, seen=seen)
    if point is not None and point.complaint_id != complaint.pk:
        raise NotLawful
    if owner is not None:
        if not (owner.is_staff and owner.is_active):
            raise NotStaff
        if eligibility.is_barred(complaint, owner):
            raise NameOnRecord
    remedy = Remedy.objects.create(complaint=complaint, point=point, text=text.strip(), owner=owner, due_on=due_on)
    facts = {"remedy": remedy.pk, "owner": owner.pk if owner else None}
    trail.record("complaint.remedy", complaint, by=by, at=at, **facts)
    changed(complaint)
    return remedy


@transaction.atomic
def done(remedy: Remedy, note: str, *, by: User, at: datetime) -> Remedy:
    """It has been done: said by whoever does it or sees the case. Twice changes nothing. Raises NotYours."""
    complaint = lock(remedy.complaint)
    remedy = complaint.remedies.get(pk=remedy.pk)
    if eligibility.is_barred(complaint, by):
        raise NotYours
    if remedy.owner_id != by.pk and not Complaint.objects.visible_to(by).filter(pk=complaint.pk).exists():
        raise NotYours
    if remedy.done_at is not None:
        return remedy
    remedy.done_at, remedy.done_note = at, note.strip()[:300]
    remedy.save(update_fields=["done_at", "done_note"])
    trail.record("complaint.remedy_done", complaint, by=by, at=at, remedy=remedy.pk)
    changed(complaint)
    return remedy
