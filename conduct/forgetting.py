"""Incidents that are over for long: what was said and written goes, with the files; what it was, what followed from it
and when stays, so that like cases can still be decided alike (R-9).

Over is an incident when it is decided, no measure that came of it is in force or waits for anything, the time to appeal
has passed, and no talk with the person concerned is owed (R-7, R-8).
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from complaints.forgetting import APPEAL_TIME
from supportportal.people.models import Restriction, User
from supportportal.retention import kinds
from supportportal.retention.blanking import blank
from supportportal.retention.kinds import Kind, Open

from .models import (
    Appeal,
    Appointment,
    Approval,
    Assessment,
    CareNote,
    ClientAnswer,
    EmergencyStop,
    FollowUp,
    Incident,
    Measure,
    StopRequest,
)

FINDINGS = ("whose_words", "our_part", "vulnerability", "earlier_steps", "proportion", "stays_open")
# model, the way from it to the incident, and its words
BLANK: list[tuple[type[Model], str, tuple[str, ...]]] = [
    (Incident, "pk", ("words", "account", "effect", "closing_reason")),
    (StopRequest, "incident", ("text",)),
    (ClientAnswer, "incident", ("text",)),
    (Assessment, "incident", ("facts", "reasons", *FINDINGS)),
    (Measure, "incident", ("disclosed", "disclosed_to", "notice", "posted_to", "ending_reason")),
    (Approval, "measure__incident", ("reasons",)),
    (Appeal, "measure__incident", ("reasons", "late_cause", "decision")),
    (Appointment, "measure__incident", ("reason",)),
    (EmergencyStop, "incident", ("reasons", "notice")),
    (CareNote, "follow_up__incident", ("text",)),
]


def register() -> None:
    kinds.register(INCIDENTS)
    kinds.register_open(OPEN)
    for code, field in (("sessions", "booking"), ("calls", "callback"), ("complaints", "complaint")):
        kinds.register_need(code, _needs(field))


def over(at: datetime) -> QuerySet[Incident]:
    """Incidents about which nothing is open, in force or inside a time of somebody's own."""
    measures = Measure.objects.filter(incident=OuterRef("pk")).order_by()
    found = Incident.objects.exclude(state=Incident.State.OPEN)
    for still in (
        measures.filter(state=Measure.State.PROPOSED),
        measures.filter(restriction__in=Restriction.objects.in_force(at)),
        measures.filter(taken_at__isnull=False, told_at__isnull=True),
        measures.filter(told_at__gt=at - APPEAL_TIME),
        Appeal.objects.filter(measure__incident=OuterRef("pk"), outcome=""),
        EmergencyStop.objects.filter(incident=OuterRef("pk"), until__gt=at, ended_at__isnull=True),
        FollowUp.objects.open().filter(incident=OuterRef("pk")),
    ):
        found = found.exclude(Exists(still))
    return found


def _due(before: datetime, at: datetime) -> QuerySet[Incident]:
    measures = Measure.objects.filter(incident=OuterRef("pk")).order_by()
    ended = Q(decided_at__gt=before) | Q(ended_at__gt=before) | Q(restriction__ends_at__gt=before)
    found = over(at).filter(reported_at__lte=before).exclude(closed_at__gt=before)
    for later in (
        measures.filter(ended | Q(told_at__gt=before)),
        Appeal.objects.filter(measure__incident=OuterRef("pk"), decided_at__gt=before),
        ClientAnswer.objects.filter(incident=OuterRef("pk"), arrived_at__gt=before),
    ):
        found = found.exclude(Exists(later))
    return found


def _forget(pks: Sequence[int], at: datetime) -> None:
    """The client stays with it until the client goes: a list of earlier incidents without whose they are is none."""
    for model, way, fields in BLANK:
        blank(model, *fields, **{f"{way}__in": pks})
    Incident.objects.filter(pk__in=pks).update(form_key=None, version=F("version") + 1)
    Measure.objects.filter(incident__in=pks).update(link_epoch=F("link_epoch") + 1)
    Assessment.objects.filter(incident__in=pks).update(exhibits={})
    told = Q(measure__incident__in=pks) | Q(emergency_stop__incident__in=pks)
    blank(Restriction, "notice", pk__in=Restriction.objects.filter(told).values("pk"))
    Incident.files.through.objects.filter(incident__in=pks).delete()
    ClientAnswer.files.through.objects.filter(clientanswer__incident__in=pks).delete()
    Assessment.files.through.objects.filter(assessment__incident__in=pks).delete()
    Appeal.files.through.objects.filter(appeal__measure__incident__in=pks).delete()


def _not_over(at: datetime) -> QuerySet[Incident]:
    return Incident.objects.order_by().exclude(pk__in=over(at).values("pk"))


def _needs(field: str) -> Callable[[datetime], QuerySet[Any]]:
    """What an incident that is not over belongs to."""
    return lambda at: _not_over(at).filter(**{f"{field}__isnull": False}).values(field)


INCIDENTS = Kind(
    code="incidents",
    title=_("Incidents that are over"),
    what=_("Words, findings, notices and files go; category, severity, steps, dates and outcomes stay."),
    model=Incident,
    due=_due,
    forget=_forget,
    since="reported_at",
    whose=lambda people: Q(client__in=people),
    about=lambda people: Q(client__in=people) | Q(concerned__in=people) | Q(reporter__in=people),
    subjects={"conduct.incident": "pk", "conduct.followup": "incident"},
    keeps_mail=True,
    seen_by=lambda incidents, user: incidents.filter(pk__in=Incident.objects.visible_to(user).values("pk")),
    position=90,
)


def _clients_of(incidents: QuerySet[Incident]) -> QuerySet[User]:
    return User.objects.filter(pk__in=incidents.values("client"))


OPEN = Open(
    "incidents",
    _("An incident of this client is not over: it is open, a measure is in force, or it can still be appealed."),
    lambda at: _clients_of(_not_over(at)),
    seen_by=lambda at, user: _clients_of(_not_over(at).filter(pk__in=Incident.objects.visible_to(user).values("pk"))),
    position=50,
)
