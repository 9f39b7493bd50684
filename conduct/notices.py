"""What a client is told about a measure: the letter in the client's language, kept as it was written (R-4, R-7); the
sentence on pages in the language and zone of whoever reads it.

Instants in letters stand in the firm's zone, which is named: a measure ends for everybody at the same time.
"""

from datetime import date, datetime, tzinfo
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints import authorities
from complaints.models import OmbudsmanScheme
from supportportal import reader, wording
from supportportal.people.models import Firm, Gate, Restriction, User

from . import rules
from .models import Category, Measure
from .policy import POLICY

# Which part of what we ask of everybody is meant, in a sentence that a client can hold us to.
RULES = {
    Category.LANGUAGE: gettext_lazy("Words to our team may be angry, but not aggressive, insulting or vulgar."),
    Category.BULLYING: gettext_lazy("Nobody who works here is to be bullied or made small."),
    Category.PERSONAL: gettext_lazy("Criticise what we do as sharply as you like, but not the person who does it."),
    Category.HARASSMENT: gettext_lazy("Nobody here is to be pestered or pursued, in or outside their work."),
    Category.THREAT: gettext_lazy("Nobody is to be threatened, nor are public bad reviews to be used as leverage."),
    Category.ACCUSATION: gettext_lazy(
        "How we work may be questioned at any time, but not be stated as wrongdoing that nothing shows."
    ),
    Category.TEAM: gettext_lazy("Remarks that put down members of our team have no place here."),
    Category.OTHER: gettext_lazy("We ask for the same courtesy and respect that you can expect of us."),
}


def of_measure(measure: Measure, *, at: datetime) -> str:
    """The notice of a measure that is being taken: facts, rule, what is closed and stays open, until when, appeal."""
    client = measure.incident.client
    return _written("measure", client, measure=measure, **_shown(measure, client, at))


def of_stop(client: User, until: datetime) -> str:
    """What the client is told when contact is stopped at once (R-7a)."""
    with translation.override(client.language):
        ends = instant(until, Firm.current().zone)
    return _written("stop", client, until=ends, complain_url=complain_url())


def kept_of_measure(measure: Measure) -> str:
    """What is kept with the restriction: for a whole account in words that say nothing about the person."""
    with translation.override(measure.incident.client.language):
        return _in_short(measure, None, Firm.current().zone)


def kept_of_stop(client: User, until: datetime) -> str:
    with translation.override(client.language):
        return _stop_in_short(until, Firm.current().zone)


# -- in the language in force ------------------------------------------------------------------------------------------


def of_restriction(restriction: Restriction, person: User | None) -> str:
    """What stands on the person's pages in the place of what is closed, with their times; empty for what did not
    come of conduct."""
    zone = timezone.get_current_timezone()
    measure: Measure | None = getattr(restriction, "measure", None)
    if measure is not None:
        return _in_short(measure, person, zone)
    if restriction.ends_at is not None and getattr(restriction, "emergency_stop", None) is not None:
        return _stop_in_short(restriction.ends_at, zone)
    return ""


def closed_by(measure: Measure) -> list[str]:
    """The names of what a measure closes."""
    return names_of(measure.gates)


def names_of(gates: list[str]) -> list[str]:
    return [str(Gate(gate).label) for gate in gates]


def instant(when: datetime, zone: tzinfo) -> str:
    return wording.written_out(when, zone, reader.language(), year=True)


def day(when: date) -> str:
    return reader.day(when)


def until_when(ends: datetime, zone: tzinfo) -> str:
    return reader.until(ends, zone)


def span(measure: Measure, firm: Firm, *, as_it_ends: bool = False, zone: tzinfo | None = None) -> str:
    """For how long, in the firm's zone if no other is named; ``as_it_ends``: with the review date, at which it lapses
    unless somebody decides anew."""
    ends = rules.ends_at(measure.until, measure.review_on, firm.zone) if as_it_ends else measure.until
    if measure.until is None:
        if as_it_ends and measure.review_on:
            return _("for good; we look at it again by {day}").format(day=day(measure.review_on))
        return _("for good")
    return until_when(ends or measure.until, zone or firm.zone)


def complain_url() -> str:
    return settings.SITE_URL + reverse("complaints:complain")


# -- what stands behind ------------------------------------------------------------------------------------------------


def _in_short(measure: Measure, person: User | None, zone: tzinfo) -> str:
    """``person`` None: it is not known which of them reads it."""
    if not measure.whole_account:
        said = _("This is closed to you {until}. We have written to you why, and how to appeal.")
    elif person is not None and person.pk == measure.incident.client_id:
        said = _("This is closed to all of {account} {until}. We have written to you why, and how to appeal.")
    else:
        said = _("This is closed to {account} {until}. We have written why to the person concerned.")
    until = span(measure, Firm.current(), as_it_ends=True, zone=zone)
    return said.format(account=measure.account, until=until)


def _stop_in_short(until: datetime, zone: tzinfo) -> str:
    return _("This is closed to you until {until}. We have written to you why.").format(until=instant(until, zone))


def _shown(measure: Measure, client: User, at: datetime) -> dict[str, Any]:
    firm = Firm.current()
    country = client.account.country if client.account else firm.country
    with translation.override(client.language):
        happened = instant(measure.incident.happened_at, firm.zone)
        return {
            "facts": measure.assessment.facts,
            "happened": "" if happened in measure.assessment.facts else happened,  # said once
            "rules": [str(RULES[category]) for category in Category if category in measure.incident.categories],
            "reasons": measure.assessment.reasons,
            "stays_open": measure.assessment.stays_open,
            "closed": closed_by(measure),
            "since": instant(measure.taken_at or at, firm.zone),
            "until": span(measure, firm),
            "review": day(measure.review_on) if measure.review_on else "",
            "appeal_by": day(measure.appeal_by) if measure.appeal_by else "",
            "answer_days": POLICY.appeal_answer_days,
            "extended": day(measure.extends.taken_at.astimezone(firm.zone).date()) if _extends(measure) else "",
            "authority": authorities.of(country),
            "scheme": OmbudsmanScheme.on(at.astimezone(firm.zone).date()),
            "complain_url": complain_url(),
        }


def _extends(measure: Measure) -> bool:
    return measure.extends is not None and measure.extends.taken_at is not None


def _written(name: str, client: User, **shown: Any) -> str:
    firm = Firm.current()
    with translation.override(client.language), timezone.override(firm.zone):
        text = render_to_string(f"conduct/notices/{name}.txt", {"client": client, "firm": firm, **shown})
    return "\n\n".join(part.strip() for part in text.split("\n\n") if part.strip())
