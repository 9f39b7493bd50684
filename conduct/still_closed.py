"""What stays closed to somebody when a measure ends, because something else closes it too (R-4, R-7).

Worked out when a mail is planned, and kept with it: what is promised as open is what was open then.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from supportportal.outbox.models import Message
from supportportal.people.access import restrictions_on
from supportportal.people.models import Account, User

from . import notices
from .models import Measure


def facts(measure: Measure, person: User, at: datetime, *, among: Sequence[str] | None = None) -> dict[str, Any]:
    """For the data of a message; ``among`` are the gates that the measure closed until now, if not those it names."""
    others = [one for one in restrictions_on(person, at) if one.pk != measure.restriction_id]
    gates = [gate for gate in _let_go(measure, at, among) if any(gate in one.gates for one in others)]
    return {"still": gates, "still_ended": _has_ended(measure)}


def opens_nothing(measure: Measure, found: dict[str, Any], at: datetime, *, among: Sequence[str] | None = None) -> bool:
    """Whether there is nothing to tell: all that the measure lets go of stays closed for another reason."""
    if measure.kind == Measure.Kind.SUBSCRIPTION:
        return bool(found["still_ended"])
    let_go = _let_go(measure, at, among)
    return bool(let_go) and len(found["still"]) == len(let_go)


def shown(message: Message) -> dict[str, Any]:
    """For the page of a message, in the language in force."""
    return {
        "still": notices.names_of(message.data.get("still", [])),
        "still_ended": message.data.get("still_ended", False),
    }


def _let_go(measure: Measure, at: datetime, among: Sequence[str] | None) -> list[str]:
    kept = measure.gates if measure.is_in_force(at) else []
    return [gate for gate in (measure.gates if among is None else among) if gate not in kept]


def _has_ended(measure: Measure) -> bool:
    if measure.kind != Measure.Kind.SUBSCRIPTION:
        return False
    ended = Account.objects.filter(pk=measure.account_id, subscription=Account.Subscription.ENDED)
    return ended.exists()
