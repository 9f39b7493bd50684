"""Who may decide, approve and hear an appeal, and who may not: as querysets (R-3, R-7, R-7b, S-1)."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from complaints.models import Complaint, NamedStaff
from supportportal.people.models import Role, User

from .models import MANAGERS, Appointment, Incident, Measure


def managers() -> QuerySet[User]:
    """Everybody in a role that decides, whatever the case."""
    in_role = User.groups.through.objects.filter(user=OuterRef("pk"), group__name__in=MANAGERS)
    return User.objects.staff().filter(Exists(in_role))


def deciders(incident: Incident) -> QuerySet[User]:
    """Managers, but not whom it was aimed at, and nobody named in an open complaint of the client (R-7b)."""
    return _unbiased(_in_role(incident), incident)


def readers(incident: Incident) -> QuerySet[User]:
    """Managers to whom the complaint that it belongs to, if there is one, is not closed (C-8)."""
    return managers() if incident.complaint_id is None else managers().filter(pk__in=_who_see(incident))


def approvers(measure: Measure) -> QuerySet[User]:
    """Managers who could have decided it themselves, other than who did, and who was appointed (R-3, S-1)."""
    return _unbiased(offered_approval(measure), measure.incident)


def appeal_reviewers(measure: Measure) -> QuerySet[User]:
    """Who neither reported, nor decided, nor approved, nor is named; and who was appointed (R-7, S-1)."""
    return _unbiased(offered_appeal(measure), measure.incident)


def offered_approval(measure: Measure) -> QuerySet[User]:
    """Whom a proposal is offered to: the approvers, and whoever an open complaint alone keeps from it. Such a person is
    refused, not left out: what they are shown must not tell them of it (C-8)."""
    return _in_role(measure.incident, measure).exclude(pk=measure.decided_by_id)


def offered_appeal(measure: Measure) -> QuerySet[User]:
    """Whom an appeal is offered to, in the same way."""
    return _in_role(measure.incident, measure).exclude(pk__in=_with_a_part(measure))


def last_resort(incident: Incident) -> list[User]:
    """The owner, who appoints somebody where nobody else is left; a deputy where the case is closed to every owner, and
    nobody to whom it is closed (S-1, C-8)."""
    for role in (Role.OWNER, Role.DEPUTY):
        if found := list(readers(incident).filter(groups__name=role).order_by("pk")):
            return found
    return []


def open_complaints(client: User) -> QuerySet[Complaint]:
    """Those of the client not answered yet (R-7b). Not to be shown: whoever is named must not learn of them."""
    return Complaint.objects.open().filter(Q(client=client) | Q(email__iexact=client.email))


def _unbiased(people: QuerySet[User], incident: Incident) -> QuerySet[User]:
    """Of these, whom no open complaint of the client names."""
    named = NamedStaff.objects.filter(complaint__in=open_complaints(incident.client), person__isnull=False)
    return people.exclude(pk__in=named.exclude(part=NamedStaff.Part.CLEARED).values("person"))


def _in_role(incident: Incident, measure: Measure | None = None) -> QuerySet[User]:
    """Managers, and who is appointed for the measure; not whom it was aimed at, nor from whom it is hidden (C-8)."""
    either = Q(pk__in=managers().values("pk"))
    if measure is not None:
        either |= Q(pk__in=_appointed(measure).values("person"))
    found = User.objects.staff().filter(either).exclude(pk__in=[incident.concerned_id, incident.client_id])
    return found if incident.complaint_id is None else found.filter(pk__in=_who_see(incident))


def _who_see(incident: Incident) -> list[int]:
    """Managers and appointed people who may see the incident of a complaint: others are offered nothing of it (C-8)."""
    appointed = Appointment.objects.filter(measure__incident=incident, ended_at__isnull=True).values("person")
    people = User.objects.staff().filter(Q(pk__in=managers().values("pk")) | Q(pk__in=appointed))
    return [one.pk for one in people if Incident.objects.visible_to(one).filter(pk=incident.pk).exists()]


def _appointed(measure: Measure) -> QuerySet[Appointment]:
    return Appointment.objects.filter(measure=measure, ended_at__isnull=True)


def _with_a_part(measure: Measure) -> list[int]:
    """Of what an extension extends, too: nobody hears an appeal against the longer form of what they decided."""
    found: set[int | None] = {measure.incident.reporter_id}
    one: Measure | None = measure
    while one is not None:
        found.add(one.decided_by_id)
        approval = getattr(one, "approval", None)
        if approval is not None and approval.approved:
            found.add(approval.by_id)
        one = one.extends
    return [pk for pk in found if pk]
