"""Comparable past decisions, for whoever decides or approves: like cases alike (R-3).

They show no names, and nothing of an incident whose complaint is closed to the reader (C-8).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, F, IntegerField, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Abs, Cast
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from supportportal.people.models import User

from .models import Appeal, Assessment, Incident, Measure

State = Measure.State
DECIDED = [State.TAKEN, State.LIFTED, State.QUASHED]
MOST = 30
ALIKE = 1  # how far apart two severities may be


@dataclass(frozen=True)
class Precedent:
    """One decision, as it is shown beside the case."""

    measure: Measure
    at: datetime

    @property
    def categories(self) -> list[str]:
        return self.measure.incident.category_labels

    @property
    def severity(self) -> str:
        return Assessment.Severity(self.measure.assessment.severity).label

    @property
    def step(self) -> str:
        return self.measure.get_kind_display()

    @property
    def length(self) -> str:
        """How long it was decided for; empty for what restricts nobody."""
        if not self.measure.is_restricting:
            return ""
        if self.measure.until is None:
            return _("for good")
        days = (self.measure.until - self.measure.decided_at).days
        return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}

    @property
    def outcome(self) -> str:
        if self.measure.state != State.TAKEN:
            return self.measure.get_state_display()
        if self.measure.is_suspended:
            return _("suspended until the appeal is decided")
        if not self.measure.is_restricting:
            return ""
        return _("in force") if self.measure.is_in_force(self.at) else _("ended by itself")

    @property
    def appeal(self) -> str:
        """What became of an appeal; empty where there was none, and where the outcome says it."""
        appeal = getattr(self.measure, "appeal", None)
        if appeal is None or self.measure.state == State.QUASHED:
            return ""
        return Appeal.Outcome(appeal.outcome).label if appeal.outcome else _("not decided yet")


def comparable(incident: Incident, severity: int | None, reader: User, at: datetime) -> list[Precedent]:
    """Decisions on other clients' incidents with a category in common and a like severity, the closest first, then the
    latest; of any severity while none is chosen. One query.
    """
    found = _with_facts(_decided(reader)).exclude(incident__client=incident.client_id)
    found = found.annotate(text=Cast("incident__categories", TextField()))
    shares = [Q(text__contains=f'"{category}"') for category in incident.categories]
    shared = sum((_one_if(share) for share in shares), Value(0, output_field=IntegerField()))
    found = found.annotate(shared=shared).filter(shared__gt=0)
    order = ["-shared", "-decided_at", "-pk"]
    if severity is not None:
        found = found.annotate(apart=Abs(F("assessment__severity") - Value(severity))).filter(apart__lte=ALIKE)
        order = ["apart", *order]
    return [Precedent(measure, at) for measure in found.order_by(*order)[:MOST]]


def in_view(ids: Sequence[int], reader: User, at: datetime) -> list[Precedent]:
    """Those that somebody had before their eyes when they decided, in the same order. One query."""
    found = _with_facts(_decided(reader)).in_bulk(list(ids))
    return [Precedent(found[pk], at) for pk in ids if pk in found]


def kept(ids: Collection[int], incident: Incident, reader: User) -> list[int]:
    """Those of the ids that can have been in view: decisions on other clients' incidents, in the order given."""
    real = _decided(reader).filter(pk__in=ids).exclude(incident__client=incident.client_id)
    known = set(real.values_list("pk", flat=True))
    return [pk for pk in dict.fromkeys(ids) if pk in known]


def _decided(reader: User) -> QuerySet[Measure]:
    return Measure.objects.filter(state__in=DECIDED, incident__in=Incident.objects.not_closed_to(reader).values("pk"))


def _with_facts(measures: QuerySet[Measure]) -> QuerySet[Measure]:
    return measures.select_related("incident", "assessment", "appeal", "restriction")


def _one_if(condition: Q) -> Case:
    return Case(When(condition, then=1), default=0, output_field=IntegerField())
