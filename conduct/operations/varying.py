"""An appeal that changes the measure: an earlier end, or fewer things closed; at once (R-7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from supportportal.people.models import Firm, Gate

from .. import notices, rules
from ..models import Measure
from ..refusals import EndsInPast, NothingClosed, NothingVaried

Kind = Measure.Kind


@dataclass(frozen=True)
class Change:
    """``until`` None: the end stays; ``gates`` is what stays closed."""

    until: datetime | None
    gates: Sequence[str]


def vary(measure: Measure, change: Change | None, *, at: datetime) -> dict[str, Any]:
    """Make the measure milder, with its restriction; returns what it was before and after. The incident is locked.

    One for good that is given an end, or an end of correspondence that leaves mail open, is limited access from now on.
    Raises NothingVaried, also for what restricts nobody any more; NothingClosed, EndsInPast.
    """
    zone = Firm.current().zone
    ends = rules.ends_at(measure.until, measure.review_on, zone)
    restriction = measure.restriction
    if change is None or restriction is None or measure.state != Measure.State.TAKEN or _is_over(ends, at):
        raise NothingVaried
    gates = [gate for gate in measure.gates if gate in change.gates]
    if not gates:
        raise NothingClosed
    until = change.until if change.until != measure.until else None
    if until is not None and until <= at:
        raise EndsInPast
    if until is not None and ends is not None and until >= ends:
        raise NothingVaried
    if until is None and gates == measure.gates:
        raise NothingVaried
    before = _shown(measure)
    measure.gates = gates
    if until is not None:
        measure.until = until
        if measure.review_on and rules.midnight(measure.review_on, zone) >= until:
            measure.review_on = None
    if (measure.kind == Kind.PERMANENT and until) or (measure.kind == Kind.CORRESPONDENCE and Gate.MAIL not in gates):
        measure.kind = Kind.LIMITED
    measure.save(update_fields=["gates", "until", "review_on", "kind"])
    restriction.gates, restriction.review_on = gates, measure.review_on
    restriction.ends_at = rules.ends_at(measure.until, measure.review_on, zone)
    restriction.notice = notices.kept_of_measure(measure)
    restriction.save(update_fields=["gates", "review_on", "ends_at", "notice"])
    return {"before": before, "after": _shown(measure)}


def _is_over(ends: datetime | None, at: datetime) -> bool:
    return ends is not None and ends <= at


def _shown(measure: Measure) -> dict[str, Any]:
    return {
        "kind": measure.kind,
        "gates": list(measure.gates),
        "until": measure.until.isoformat() if measure.until else None,
        "review_on": measure.review_on.isoformat() if measure.review_on else None,
    }
