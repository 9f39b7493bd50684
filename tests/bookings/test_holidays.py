"""Public holidays are seeded, and stay as staff leave them."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from bookings import holidays
from bookings.models import Holiday

from ..factories import AgentFactory, FirmFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("country", "day", "name"),
    [
        pytest.param("IT", date(2026, 10, 4), "San Francesco", id="Italy: 4 October from 2026"),
        pytest.param("IT", date(2027, 3, 29), "Lunedì dell'Angelo", id="Italy: Easter Monday"),
        pytest.param("NL", date(2026, 4, 3), "Goede vrijdag", id="the Netherlands: Good Friday, to be unticked"),
        pytest.param("NL", date(2026, 4, 27), "Koningsdag", id="the Netherlands: King's Day"),
        pytest.param("GB", date(2026, 8, 31), "Late Summer Bank Holiday", id="England, not Scotland"),
    ],
)
def test_holidays_are_seeded_in_the_countrys_language(country, day, name):
    holidays.seed(country, [2026, 2027])
    assert name in Holiday.objects.get(country=country, day=day).name


def test_the_fourth_of_october_was_no_italian_holiday_before():
    holidays.seed("IT", [2025])
    assert not Holiday.objects.filter(day=date(2025, 10, 4)).exists()


def test_seeding_again_adds_nothing_and_keeps_what_staff_changed():
    holidays.seed("NL", [2026])
    Holiday.objects.filter(day=date(2026, 4, 3)).update(is_observed=False, name="Working on it")
    assert holidays.seed("NL", [2026]) == 0
    assert Holiday.objects.get(day=date(2026, 4, 3)).is_observed is False
    assert holidays.seed("NL", [2026, 2027]) > 0


def test_an_unknown_country_is_refused_in_one_line():
    with pytest.raises(CommandError, match="known for the country 'XX'"):
        call_command("seed_holidays", country=["xx"])


def test_the_command_seeds_the_countries_in_use():
    FirmFactory(country="IT")
    AgentFactory(holiday_country="NL")
    said = StringIO()
    call_command("seed_holidays", year=[2026], stdout=said)
    assert set(Holiday.objects.values_list("country", flat=True)) == {"IT", "NL"}
    assert "IT: 13 holidays added." in said.getvalue()


def test_five_years_are_kept_ready():
    assert list(holidays.years_around(date(2026, 11, 21))) == [2025, 2026, 2027, 2028, 2029]


def test_a_country_in_use_is_seeded_once_and_what_staff_deleted_stays_away():
    today = date(2026, 11, 20)
    holidays.seed_missing(today)
    assert {day.year for day in Holiday.objects.filter(country="IT").dates("day", "year")} == set(range(2025, 2030))
    Holiday.objects.get(country="IT", day=date(2026, 12, 8)).delete()
    holidays.seed_missing(today)
    assert not Holiday.objects.filter(country="IT", day=date(2026, 12, 8)).exists()
