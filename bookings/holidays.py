"""Public holidays, seeded per country into the editable table ``Holiday``."""

import contextlib
from collections.abc import Collection
from datetime import date

from holidays import country_holidays

from supportportal.people.models import Firm

from .models import Agent, Holiday

PART_OF_COUNTRY = {"GB": "ENG"}  # where only parts of a country share their holidays
YEARS_BACK, YEARS_AHEAD = 1, 3


class UnknownCountry(ValueError):
    """No holidays are known for this country: staff enter them by hand."""


def seed(country: str, years: Collection[int]) -> int:
    """Add the country's public holidays of these years, in its own language; returns how many were new.

    What is in the table already stays as staff left it: a holiday that the firm works on is unticked, not deleted.
    """
    known = known_in(country, years)
    kept = set(Holiday.objects.filter(country=country, day__year__in=years).values_list("day", flat=True))
    rows = [Holiday(country=country, day=day, name=name[:120]) for day, name in known.items() if day not in kept]
    Holiday.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def known_in(country: str, years: Collection[int]) -> dict[date, str]:
    """What a country's public holidays are before staff change anything: those of these years, in its own language.

    Touches no database. Raises UnknownCountry.
    """
    part = PART_OF_COUNTRY.get(country)
    try:
        language = country_holidays(country, part).default_language
    except NotImplementedError:
        raise UnknownCountry(f"No public holidays are known for the country {country!r}.") from None
    return dict(country_holidays(country, part, years=years, language=language).items())


def seed_missing(today: date) -> None:
    """Seed every country in use for the years that it has no holidays of at all; years known already stay untouched."""
    for country in countries_in_use():
        known = {day.year for day in Holiday.objects.filter(country=country).dates("day", "year")}
        if years := set(years_around(today)) - known:
            with contextlib.suppress(UnknownCountry):  # staff enter them by hand
                seed(country, years)


def years_around(today: date) -> range:
    return range(today.year - YEARS_BACK, today.year + YEARS_AHEAD + 1)


def countries_in_use() -> set[str]:
    """The firm's country and those of agents who keep another one's holidays."""
    agents = Agent.objects.exclude(holiday_country="").order_by().values_list("holiday_country", flat=True)
    return {Firm.current().country, *agents}
