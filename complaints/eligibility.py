"""Who may review a complaint, and who may not: as querysets, each a constant number of queries (C-8, C-10, S-1)."""

from django.db.models import Exists, OuterRef, QuerySet

from supportportal.people.models import User
from supportportal.trail.models import Entry

from . import names
from .models import MANAGERS, SENIORS, Appointment, Complaint, NamedStaff

Part = NamedStaff.Part
FINDING = "complaint.finding"  # on the trail: a point keeps its last finding alone


def reviewers(complaint: Complaint) -> QuerySet[User]:
    """Managers, or seniors where it is about staff, and who is appointed to it; nobody named in it or spoken with."""
    return _impartial(complaint, SENIORS if is_about_staff(complaint) else MANAGERS)


def appeal_reviewers(complaint: Complaint) -> QuerySet[User]:
    """Senior managers other than who reviewed and decided first (C-10)."""
    return _impartial(complaint, SENIORS).exclude(pk__in=first_reviewers(complaint))


def first_reviewers(complaint: Complaint) -> set[int]:
    """Who reviewed or decided first, or wrote a finding, even if somebody else had the case in the end (C-10)."""
    found = Entry.objects.filter(subject_type=complaint._meta.label_lower, subject_id=complaint.pk, verb=FINDING)
    people = {complaint.reviewer_id, complaint.decided_by_id, *found.values_list("by_id", flat=True)}
    return {pk for pk in people if pk is not None}


def of_step(complaint: Complaint) -> QuerySet[User]:
    """Whoever may do the step that the case is in: the review, or the answer to its appeal."""
    return appeal_reviewers(complaint) if complaint.state == Complaint.State.APPEALED else reviewers(complaint)


def is_about_staff(complaint: Complaint) -> bool:
    return complaint.about == Complaint.About.STAFF or complaint.named.filter(part=Part.ABOUT).exists()


def is_barred(complaint: Complaint, person: User) -> bool:
    """Complained about, or perhaps so: kept out of everything (C-8)."""
    return complaint.named.barring().filter(person=person).exists()


def _impartial(complaint: Complaint, roles: tuple[str, ...]) -> QuerySet[User]:
    named = NamedStaff.objects.filter(complaint=complaint, person=OuterRef("pk")).exclude(part=Part.CLEARED)
    in_role = User.groups.through.objects.filter(user=OuterRef("pk"), group__name__in=roles)
    appointed = Appointment.objects.filter(complaint=complaint, person=OuterRef("pk"), ended_at__isnull=True)
    found = User.objects.staff().filter(~Exists(named), Exists(in_role) | Exists(appointed))
    if complaint.email:
        found = found.exclude(email__iexact=complaint.email)  # nobody reviews what they complained of themselves
    return found.exclude(pk__in=[complaint.client_id or 0, *_perhaps_meant(complaint)])


def _perhaps_meant(complaint: Complaint) -> list[int]:
    """Staff whom a typed name fits that nobody has looked at yet."""
    waiting = complaint.named.filter(person__isnull=True, matched_at__isnull=True).exclude(part=Part.CLEARED)
    typed = list(waiting.values_list("typed", flat=True))
    return [person.pk for person in names.mentioned(typed, User.objects.staff().only(*names.READ))] if typed else []
