"""An outside reviewer for one case, where nobody else may review it (S-1)."""

from datetime import datetime

from django.db import transaction

from supportportal.people.models import Role, User
from supportportal.trail import operations as trail

from .. import eligibility
from ..models import Appeal, Appointment, Complaint, NamedStaff
from ..refusals import AnotherReviewer, NameOnRecord, NoReason, NotLawful, NotStaff, OnlyOwner, SomebodyElseCan
from . import appeals, review
from .gate import enter
from .locking import changed

State = Complaint.State


@transaction.atomic
def appoint(
    complaint: Complaint, person: User, *, reason: str, by: User, at: datetime, seen: int | None = None
) -> Appointment:
    """Appoint an outside reviewer for this one case, or for its appeal; clocks run on.

    Raises OnlyOwner, SomebodyElseCan, NameOnRecord, NotStaff, AnotherReviewer, NoReason, NotLawful, NotYours, Stale.
    """
    if not reason.strip():
        raise NoReason
    complaint = enter(complaint, by=by, seen=seen)
    if not complaint.is_open:
        raise NotLawful
    if not may_appoint(complaint, by):
        raise OnlyOwner
    if nobody_needed(complaint):
        raise SomebodyElseCan
    _require_outsider(complaint, person)
    complaint.appointments.filter(ended_at__isnull=True).update(ended_at=at)
    appointment = Appointment.objects.create(
        complaint=complaint, person=person, appointed_by=by, appointed_at=at, reason=reason.strip()
    )
    trail.record("complaint.appointed", complaint, by=by, at=at, appointment=appointment.pk, person=person.pk)
    changed(complaint)
    if complaint.state == State.APPEALED:
        appeals.assign(complaint.appeal, person, by=by, at=at, seen=None)
    else:
        review.assign(complaint, person, by=by, at=at, seen=None)
    return appointment


@transaction.atomic
def end(appointment: Appointment, *, by: User, at: datetime) -> Appointment:
    """The outside reviewer sees the case no longer, and has it no longer. Twice changes nothing."""
    complaint = enter(appointment.complaint, by=by)
    if not may_appoint(complaint, by):
        raise OnlyOwner
    appointment = Appointment.objects.get(pk=appointment.pk)
    if appointment.ended_at is not None:
        return appointment
    appointment.ended_at = at
    appointment.save(update_fields=["ended_at"])
    trail.record("complaint.appointment_ended", complaint, by=by, at=at, appointment=appointment.pk)
    if complaint.state == State.OPEN and complaint.reviewer_id == appointment.person_id:
        complaint.reviewer = None
    Appeal.objects.filter(complaint=complaint, outcome="", reviewer=appointment.person_id).update(reviewer=None)
    changed(complaint, "reviewer")
    return appointment


def may_appoint(complaint: Complaint, by: User) -> bool:
    """The owner who is not named; a deputy where every owner is (S-1)."""
    if by.has_role(Role.OWNER):
        return not eligibility.is_barred(complaint, by)
    if not by.has_role(Role.DEPUTY):
        return False
    owners = User.objects.staff().filter(groups__name=Role.OWNER)
    return not owners.exclude(pk__in=complaint.named.barring().values("person")).exists()


def nobody_needed(complaint: Complaint) -> bool:
    """Whether somebody may do the step that the case is in, so that no outsider is called for."""
    return eligibility.of_step(complaint).exists()


def _require_outsider(complaint: Complaint, person: User) -> None:
    if not (person.is_staff and person.is_active):
        raise NotStaff
    if complaint.named.filter(person=person).exclude(part=NamedStaff.Part.CLEARED).exists():
        raise NameOnRecord
    if complaint.state == State.APPEALED and person.pk in eligibility.first_reviewers(complaint):
        raise AnotherReviewer
