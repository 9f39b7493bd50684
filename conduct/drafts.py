"""The first words of an assessment, made of what is known already; whoever decides changes them."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from supportportal import reader, wording
from supportportal.people.models import Firm

from . import rules
from .models import Assessment, Incident, Measure
from .rules import Grounds

# What an extension takes over: why it goes on is to be said anew.
TAKEN_OVER = [Grounds.FACTS, Grounds.WHOSE_WORDS, Grounds.OUR_PART, Grounds.VULNERABILITY, Grounds.STAYS_OPEN]


def of_report(incident: Incident) -> dict[str, Any]:
    """Of the report itself, the requests to stop and what the client answered; what the client reads, in theirs."""
    with timezone.override(Firm.current().zone):
        with translation.override(incident.client.language):
            facts = _facts(incident)
        own = {Grounds.WHOSE_WORDS: _whose_words(incident), Grounds.EARLIER_STEPS: _earlier_steps(incident)}
    return {Grounds.FACTS.value: facts, **{part.value: text for part, text in own.items()}}


def of_former(assessment: Assessment) -> dict[str, Any]:
    """Of one that was not approved, or withdrawn: all of it, with the step it came to."""
    said = {part.value: getattr(assessment, part.value) for part in Grounds}
    former = {"finding": assessment.finding, "severity": assessment.severity}
    return {**said, **former, **_of_step(assessment.measure)}


def of_extended(measure: Measure) -> dict[str, Any]:
    """Of the measure that is to go on: neither its end, nor its reasons."""
    assessment = measure.assessment
    said = {part.value: getattr(assessment, part.value) for part in TAKEN_OVER}
    step = {**_of_step(measure), "until": None, "until_clock": None, "review_on": None}
    return {**said, "finding": assessment.finding, "severity": assessment.severity, **step}


def _of_step(measure: Measure) -> dict[str, Any]:
    zone = Firm.current().zone
    day = clock = None
    if measure.until is not None:
        local = measure.until.astimezone(zone)
        day, clock = local.date(), local.time()
    if day and measure.until == rules.midnight(day, zone):
        day, clock = day - timedelta(days=1), None
    return {
        "kind": measure.kind,
        "gates": measure.gates,
        "whole_account": measure.whole_account,
        "until": day,
        "until_clock": clock,
        "review_on": measure.review_on,
        "disclosed": measure.disclosed,
        "disclosed_to": measure.disclosed_to,
    }


def _facts(incident: Incident) -> str:
    known = {"when": _when(incident.happened_at), "where": incident.get_channel_display()}
    lines = [_("%(when)s (%(where)s):") % known]
    lines += [incident.account] if incident.account else []
    lines.append(f"“{incident.words}”")
    for request in incident.stop_requests.all():
        lines.append(_("%(when)s: we asked you to stop.") % {"when": _when(request.sent_at)})
    for answer in incident.answers.all():
        lines.append(_("%(when)s: you answered “%(text)s”") % {"when": _when(answer.arrived_at), "text": answer.text})
    return "\n".join(lines)


def _whose_words(incident: Incident) -> str:
    known = {"who": incident.reporter, "when": _when(incident.reported_at), "client": incident.client}
    return _("The words of %(client)s, as %(who)s reported them on %(when)s.") % known


def _earlier_steps(incident: Incident) -> str:
    asked = incident.stop_requests.all()
    if not asked:
        return ""
    return "\n".join(_("Asked to stop on %(when)s.") % {"when": _when(one.sent_at)} for one in asked)


def _when(instant: datetime) -> str:
    return wording.written_out(instant, timezone.get_current_timezone(), reader.language(), year=True)
