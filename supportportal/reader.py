"""Whoever reads what is being written now: the active language, which Django leaves empty where none is active; and
what is said in it of an end."""

from datetime import date, datetime, timedelta, tzinfo

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from . import wording


def language() -> str:
    return get_language() or "en"


def day(when: date) -> str:
    """ "Tuesday 24 November 2026" """
    return wording.written_day(when, language(), year=True)


def until(ends: datetime, zone: tzinfo) -> str:
    """ "until Tuesday 24 November 2026, 10:30, Rome time"; at midnight the day that is over then is named."""
    local = ends.astimezone(zone)
    if (local.hour, local.minute) == (0, 0):
        over = day((local - timedelta(days=1)).date())
        return _("until the end of {day} ({zone})").format(day=over, zone=wording.zone_label(zone, language()))
    return _("until {when}").format(when=wording.written_out(ends, zone, language(), year=True))


def until_in_short(ends: datetime, zone: tzinfo) -> str:
    """The same in few words: "until Tue 24 Nov 2026, 10:30"."""
    local = ends.astimezone(zone)
    if (local.hour, local.minute) == (0, 0):
        over = (local - timedelta(days=1)).date()
        return _("until the end of {day}").format(day=f"{wording.short_day(over, language())} {over.year}")
    day_of_it = f"{wording.short_day(local.date(), language())} {local.year}"
    return _("until {when}").format(when=f"{day_of_it}, {wording.clock(ends, zone)}")
