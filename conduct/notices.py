"""What a client is told about a measure, in the client's language: kept as it was written (R-4, R-7)."""

from datetime import datetime
from functools import partial
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from supportportal import wording
from supportportal.people.models import Firm, Gate, User

from .models import Measure


def of_measure(measure: Measure, *, at: datetime) -> str:
    """The notice of a measure that is being taken: facts, rule, what is closed and stays open, until when, appeal."""
    client = measure.incident.client
    return _written("measure", client, at, measure=measure, shown=_shown(measure, client.language, firm=Firm.current()))


def of_stop(client: User, until: datetime) -> str:
    """What the client is told when contact is stopped at once (R-7a)."""
    with translation.override(client.language):
        ends = wording.written_out(until, client.zone, client.language, year=True)
    return _written("stop", client, until, until=ends)


def in_short(measure: Measure) -> str:
    """What stands on a page in the place of what is closed. For a whole account it says nothing about the person."""
    client = measure.incident.client
    with translation.override(client.language):
        until = _until(measure, client.language, Firm.current())
        if measure.whole_account:
            said = _("This is closed to {account} {until}. We have written why to the person concerned.")
        else:
            said = _("This is closed to you {until}. We have written to you why, and how to appeal.")
        return said.format(account=client.account, until=until)


def of_stop_in_short(client: User, until: datetime) -> str:
    with translation.override(client.language):
        ends = wording.written_out(until, client.zone, client.language)
        return _("This is closed to you until {until}. We have written to you why.").format(until=ends)


def closed_by(measure: Measure) -> list[str]:
    """The names of what a measure closes, in the language in force."""
    return [str(Gate(gate).label) for gate in measure.gates]


def _until(measure: Measure, language: str, firm: Firm) -> str:
    if measure.until is None:
        return _("for good")
    return _("until {when}").format(when=wording.written_out(measure.until, firm.zone, language, year=True))


def _shown(measure: Measure, language: str, *, firm: Firm) -> dict[str, Any]:
    """What the templates of notices show beside the measure itself; called before the language is switched."""
    day = partial(wording.written_day, language=language, year=True)
    with translation.override(language):
        return {
            "facts": measure.assessment.facts,
            "reasons": measure.assessment.reasons,
            "stays_open": measure.assessment.stays_open,
            "closed": closed_by(measure),
            "until": _until(measure, language, firm),
            "review": day(measure.review_on) if measure.review_on else "",
            "appeal_by": day(measure.appeal_by) if measure.appeal_by else "",
        }


def _written(name: str, client: User, at: datetime, **said: Any) -> str:
    firm = Firm.current()
    with translation.override(client.language), timezone.override(firm.zone):
        context = {"client": client, "firm": firm, **said.pop("shown", {}), **said}
        return render_to_string(f"conduct/notices/{name}.txt", context).strip()
