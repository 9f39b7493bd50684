"""Who may decide, approve and hear an appeal, and who may not: as querysets (R-3, R-7, R-7b, S-1)."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from complaints.models import Complaint, NamedStaff
from supportportal.people.models import User

from .models import MANAGERS, Appointment, Incident, Measure


def managers() -> QuerySet[User]:
    """Everybody in a role that decides, whatever the case."""
    in_role = User.groups.through.objects.filter(user=OuterRef("pk"), group__name__in=MANAGERS)
    return User.objects.staff().filter(Exists(in_role))


def deciders(incident: Incident) -> QuerySet[User]:
    """Managers, but not whom it was aimed at, and nobody named in an open complaint of the client (R-7b)."""
    return _impartial(incident).filter(pk__in=managers().values("pk"))


def approvers(measure: Measure) -> QuerySet[User]:
    """Managers who could have decided it themselves, other than who did, and who was appointed (R-3, S-1)."""
    return _with_appointed(measure, deciders(measure.incident)).exclude(pk=measure.decided_by_id)


def appeal_reviewers(measure: Measure) -> QuerySet[User]:
    """Who neither reported, nor decided, nor approved, nor is named; and who was appointed (R-7, S-1)."""
    return _with_appointed(measure, deciders(measure.incident)).exclude(pk__in=_with_a_part(measure))


def offered_approval(measure: Measure) -> QuerySet[User]:
    """Whom a proposal is offered to: the approvers, and whoever an open complaint alone keeps from it. Such a person is
    refused, not left out: what they are shown must not tell them of it (C-8)."""
    return _in_role_or_appointed(measure).exclude(pk=measure.decided_by_id)


def offered_appeal(measure: Measure) -> QuerySet[User]:
    """Whom an appeal is offered to, in the same way."""
    return _in_role_or_appointed(measure).exclude(pk__in=_with_a_part(measure))


def open_complaints(client: User) -> QuerySet[Complaint]:
    """Those of the client not answered yet (R-7b). Not to be shown: whoever is named must not learn of them."""
    return Complaint.objects.open().filter(Q(client=client) | Q(email__iexact=client.email))


def _impartial(incident: Incident) -> QuerySet[User]:
    named = NamedStaff.objects.filter(complaint__in=open_complaints(incident.client)).exclude(
        part=NamedStaff.Part.CLEARED
    )
    barred = named.filter(person__isnull=False).values("person")
    return _unconcerned(incident).exclude(pk__in=barred)


def _unconcerned(incident: Incident) -> QuerySet[User]:
    found = User.objects.staff().exclude(pk__in=[incident.concerned_id, incident.client_id])
    return found if incident.complaint_id is None else found.filter(pk__in=_who_see(incident))


def _who_see(incident: Incident) -> list[int]:
    """Those to whom the complaint that it belongs to is not closed: others are offered nothing of it (C-8)."""
    return [one.pk for one in User.objects.staff() if Incident.objects.visible_to(one).filter(pk=incident.pk).exists()]


def _in_role_or_appointed(measure: Measure) -> QuerySet[User]:
    appointed = Appointment.objects.filter(measure=measure, ended_at__isnull=True).values("person")
    either = Q(pk__in=managers().values("pk")) | Q(pk__in=appointed)
    return _unconcerned(measure.incident).filter(either)


def _with_appointed(measure: Measure, managers: QuerySet[User]) -> QuerySet[User]:
    appointed = Appointment.objects.filter(measure=measure, ended_at__isnull=True).values("person")
    return _impartial(measure.incident).filter(Q(pk__in=managers.values("pk")) | Q(pk__in=appointed))


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
