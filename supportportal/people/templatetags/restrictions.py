"""What a page says to whom a restriction closes something: ``{% load restrictions %}``."""

from datetime import date, datetime
from typing import Any

from django import template
from django.utils import timezone

from supportportal import reader

from .. import decisions, kept_open
from ..models import Restriction

register = template.Library()


@register.filter
def until(ends: datetime) -> str:
    """ "until the end of Friday 27 November 2026 (Rome time)": to whom it closes something and to staff the same."""
    return reader.until(ends, timezone.get_current_timezone())


@register.filter
def dated(day: date | datetime | None) -> str:
    """ "Friday 27 November 2026": of what can be long ago, or far ahead; an instant gives the date of the reader."""
    if isinstance(day, datetime):
        day = timezone.localdate(day)
    return reader.day(day) if day else ""


@register.inclusion_tag("people/kept_open.html", name="kept_open", takes_context=True)
def ways_kept_open(context: template.Context) -> dict[str, Any]:
    """The ways that stay open to the reader, as links (R-6)."""
    user = context["request"].user
    return {"ways": kept_open.ways_for(user if user.is_authenticated else None)}


@register.simple_tag(takes_context=True)
def words_of(context: template.Context, restriction: Restriction) -> str:
    """What the reader, to whom it closes something, is told of a restriction."""
    return decisions.words(restriction, context["request"].user)


@register.inclusion_tag("people/decision_behind.html", takes_context=True)
def decision_behind(context: template.Context, restriction: Restriction) -> dict[str, Any]:
    """The way from a restriction to the decision that it follows from, for whom that is about."""
    user = context["request"].user
    return {"decision": decisions.behind(restriction, user) if user.is_authenticated else None}
