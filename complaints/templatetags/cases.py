"""How deadlines look to staff: ``{% load cases %}``."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.utils.translation import gettext as _

from supportportal import reader, wording
from supportportal.pages.templatetags.portal import PILL_SHAPES, time_left

from ..models import Deadline

register = template.Library()

PILLS = {
    Deadline.Outcome.MET: "success",
    Deadline.Outcome.LATE: "danger",
    Deadline.Outcome.SUPERSEDED: "neutral",
    Deadline.Outcome.CLOSED: "neutral",
}


@register.inclusion_tag("components/pill.html")
def deadline_pill(deadline: Deadline, at: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """How long is left, or how late it is, or what became of it; the exact instant in the title and read out."""
    if deadline.outcome != Deadline.Outcome.RUNNING:
        return _pill(PILLS[Deadline.Outcome(deadline.outcome)], deadline.get_outcome_display(), due(deadline, zone))
    if deadline.due_at is None:
        return _pill("danger", _("no date: look at the calendar"), deadline.fault)
    exact = due(deadline, zone)
    return {**time_left(deadline.due_at, at), "title": exact, "exact": exact}


@register.simple_tag(name="due")
def due(deadline: Deadline, zone: ZoneInfo) -> str:
    """When a step is due: "Wednesday 25 November, 24:00, Rome time" where it is the end of a day at the desk."""
    language = reader.language()
    if deadline.due_at is None:
        return deadline.fault
    if deadline.day is None:
        return wording.written_out(deadline.due_at, zone, language)
    return f"{wording.written_day(deadline.day, language)}, 24:00, {wording.zone_label(zone, language)}"


@register.filter
def initials(name: str) -> str:
    """Shorten a complainant's name on a screen that others can see: "M. R."."""
    words = name.split()
    return " ".join(f"{word[0].upper()}." for word in (words[:1] + words[-1:] if len(words) > 1 else words))


@register.filter
def iso_day(text: str) -> str:
    """Shorten a day in ISO form: "Tue 24 Nov"."""
    return wording.short_day(date.fromisoformat(text), reader.language())


def _pill(state: str, text: str, exact: str) -> dict[str, Any]:
    return {"state": state, "shape": PILL_SHAPES[state], "text": text, "title": exact, "exact": exact}
