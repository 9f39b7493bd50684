"""The phone desk's hours in words: ``{% load desk %}``."""

from itertools import groupby
from zoneinfo import ZoneInfo

from django import template
from django.utils.dates import WEEKDAYS

from supportportal import reader, wording

from ..desk import DayHours

register = template.Library()


@register.filter
def by_hours(week: list[DayHours]) -> list[tuple[str, str]]:
    """Days in a row with the same hours as one: ("Monday – Thursday", "08:30–17:30")."""
    rows = []
    for (_first, hours), days in groupby(enumerate(week), key=lambda pair: (pair[1].weekday - pair[0], pair[1].hours)):
        group = [day for _position, day in days]
        ends = dict.fromkeys(str(WEEKDAYS[day.weekday]) for day in (group[0], group[-1]))
        rows.append((" – ".join(ends), ", ".join(f"{opens:%H:%M}–{closes:%H:%M}" for opens, closes in hours)))
    return rows


@register.filter
def zone_in_words(zone: ZoneInfo) -> str:
    return wording.zone_label(zone, reader.language())
