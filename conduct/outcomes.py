"""What became of an incident, in plain words: for whoever reported it, for lists, and for the client's earlier ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from supportportal import reader, wording

from .models import Appeal, Incident, Measure

Kind, State = Measure.Kind, Measure.State


@dataclass(frozen=True)
class Outcome:
    """``pill`` is how it looks; ``since`` when it came about, None for what is still to come."""

    pill: str
    words: str
    since: datetime | None = None
    why: str = ""


def with_outcomes(incidents: QuerySet[Incident]) -> QuerySet[Incident]:
    """Loads what ``of`` reads, in one query more, however many incidents there are; and whom they are about."""
    measures = Measure.objects.select_related("restriction", "appeal").order_by("decided_at", "pk")
    rows = incidents.select_related("client__account", "reporter", "emergency_stop")
    return rows.prefetch_related(Prefetch("measures", measures))


def of(incident: Incident, at: datetime) -> list[Outcome]:
    """Everything that came of it, oldest first; never empty, and nothing of how it was assessed."""
    found = [outcome for measure in incident.measures.all() for outcome in _of_measure(measure, at)]
    stop = getattr(incident, "emergency_stop", None)
    if stop is not None and stop.ended_at is None and at < stop.until:
        words = _("all contact stopped until %(when)s") % {"when": _instant(stop.until)}
        found.append(Outcome("warning", words, stop.at))
    if incident.state == Incident.State.CLOSED:
        found.append(Outcome("neutral", _("closed without a measure"), incident.closed_at, incident.closing_reason))
    elif incident.state == Incident.State.OPEN and not any(one.state == State.PROPOSED for one in _rows(incident)):
        found.append(Outcome("info", _("waits for a manager's decision")))
    return found


def _rows(incident: Incident) -> list[Measure]:
    return list(incident.measures.all())


def _of_measure(measure: Measure, at: datetime) -> Iterator[Outcome]:
    if measure.state == State.PROPOSED:
        yield Outcome("warning", _("a decision waits for approval"), measure.decided_at)
    if measure.taken_at is None:
        return
    if measure.state == State.QUASHED:
        yield Outcome("neutral", _("%(what)s: quashed on appeal") % {"what": _name(measure)}, measure.ended_at)
        return
    if measure.state == State.LIFTED:
        when = _day(measure.ended_at)
        yield Outcome(
            "neutral", _("%(what)s: lifted on %(when)s") % {"what": _name(measure), "when": when}, measure.ended_at
        )
    else:
        yield Outcome("success", _in_force(measure, at), measure.taken_at)
    appeal = getattr(measure, "appeal", None)
    if appeal is not None:
        yield _of_appeal(appeal)


def _of_appeal(appeal: Appeal) -> Outcome:
    if appeal.is_open:
        return Outcome("warning", _("the client has appealed; somebody with no part in it decides"), appeal.lodged_at)
    words = _("appeal: %(outcome)s") % {"outcome": appeal.get_outcome_display()}
    return Outcome("neutral", words, appeal.decided_at)


def _name(measure: Measure) -> str:
    return str(measure.get_kind_display())


def _in_force(measure: Measure, at: datetime) -> str:
    """What a measure that stands does, or did until it ended by itself."""
    if measure.is_suspended:
        return _("%(what)s: suspended until the appeal is decided") % {"what": _name(measure)}
    if measure.kind == Kind.WARNING:
        return _("a written warning was sent")
    if measure.kind == Kind.SUBSCRIPTION:
        return _("the subscription was ended")
    if measure.kind == Kind.AUTHORITIES:
        return _("it was reported to the authorities")
    ends = measure.restriction.ends_at if measure.restriction else measure.until
    if ends is not None and ends <= at:
        return _("%(what)s: over since %(when)s") % {"what": _name(measure), "when": _day(ends)}
    if measure.kind == Kind.PERMANENT:
        return _("access limited for good; looked at again by %(when)s") % {"when": _day(measure.review_on)}
    words = _("access limited %(until)s")
    if measure.kind == Kind.CORRESPONDENCE:
        words = _("correspondence ended %(until)s")
    return words % {"until": reader.until_in_short(ends, timezone.get_current_timezone()) if ends else "–"}


def _instant(when: datetime | None) -> str:
    return wording.short(when, timezone.get_current_timezone(), reader.language()) if when else "–"


def _day(when: datetime | date | None) -> str:
    if isinstance(when, datetime):
        when = when.astimezone(timezone.get_current_timezone()).date()
    return wording.written_day(when, reader.language(), year=True) if when else "–"
