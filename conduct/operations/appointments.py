"""An outside reviewer for one measure, where nobody else may approve it or decide its appeal (S-1)."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from supportportal.outbox import operations as outbox
from supportportal.people.models import Role, User
from supportportal.trail import operations as trail

from .. import eligibility, messages_appeal
from ..models import Appeal, Appointment, Incident, Measure
from ..refusals import NoReason, NotForYou, OnlyOwner, SomebodyElseCan
from ..refusals_appeal import HasAPart, NothingForReviewer
from .locking import changed, enter


@transaction.atomic
def appoint(
    measure: Measure, person: User, *, reason: str, by: User, at: datetime, seen: int | None = None
) -> Appointment:
    """Appoint somebody of the staff with no part in it to approve the measure, or to decide its appeal.

    Raises NotYours, Stale, OnlyOwner, NotForYou, NoReason, NothingForReviewer, SomebodyElseCan, HasAPart; with nothing
    changed.
    """
    incident = enter(measure.incident, by=by, seen=seen)
    measure = Measure.objects.select_related("incident__client").get(pk=measure.pk)
    require_owner(incident, by)
    if not reason.strip():
        raise NoReason
    appeal = Appeal.objects.open().filter(measure=measure).first()
    if appeal is None and measure.state != Measure.State.PROPOSED:
        raise NothingForReviewer
    if _who_can(measure, appeal).exists():
        raise SomebodyElseCan
    Appointment.objects.filter(measure=measure, ended_at__isnull=True).update(ended_at=at)
    appointment = Appointment.objects.create(
        measure=measure, person=person, appointed_by=by, appointed_at=at, reason=reason.strip()
    )
    if not _who_can(measure, appeal).filter(pk=person.pk).exists():
        raise HasAPart
    if appeal is not None:
        appeal.reviewer = person
        appeal.save(update_fields=["reviewer"])
    outbox.plan([messages_appeal.owed_for_appointing(appointment, appeal, at=at)], at=at)
    facts = {"measure": measure.pk, "appointment": appointment.pk, "person": person.pk}
    trail.record("measure.reviewer_appointed", incident, by=by, at=at, **facts)
    changed(incident)
    return appointment


@transaction.atomic
def end(appointment: Appointment, *, by: User, at: datetime) -> Appointment:
    """The outside reviewer sees the case no longer, and has its appeal no longer. Twice changes nothing.

    Raises NotYours, OnlyOwner, NotForYou.
    """
    incident = enter(appointment.measure.incident, by=by)
    require_owner(incident, by)
    appointment = Appointment.objects.get(pk=appointment.pk)
    if appointment.ended_at is not None:
        return appointment
    appointment.ended_at = at
    appointment.save(update_fields=["ended_at"])
    held = Appeal.objects.open().filter(measure=appointment.measure_id, reviewer=appointment.person_id)
    held.update(reviewer=None)
    facts = {"measure": appointment.measure_id, "appointment": appointment.pk}
    trail.record("measure.appointment_ended", incident, by=by, at=at, **facts)
    changed(incident)
    return appointment


def require_owner(incident: Incident, by: User) -> None:
    """The owner appoints; a deputy where every owner is kept out. Raises OnlyOwner, or NotForYou (C-8)."""
    impartial = eligibility.deciders(incident)
    if by.has_role(Role.OWNER):
        if not impartial.filter(pk=by.pk).exists():
            raise NotForYou
        return
    if not by.has_role(Role.DEPUTY):
        raise OnlyOwner
    if impartial.filter(groups__name=Role.OWNER).exists() or not impartial.filter(pk=by.pk).exists():
        raise OnlyOwner


def _who_can(measure: Measure, appeal: Appeal | None) -> QuerySet[User]:
    return eligibility.approvers(measure) if appeal is None else eligibility.appeal_reviewers(measure)
