"""Instants in words: one language, one zone, one habit each."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from supportportal import wording

ROME = ZoneInfo("Europe/Rome")
MORNING = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        pytest.param("en", "Tuesday 24 November, 10:30, Rome time", id="English"),
        pytest.param("it", "martedì 24 novembre, 10:30, ora di Roma", id="Italian, all lower case"),
        pytest.param("nl", "dinsdag 24 november, 10:30, tijd in Rome", id="Dutch, all lower case"),
        pytest.param("fr", "Tuesday 24 November, 10:30, Rome time", id="an unknown language reads English"),
        pytest.param("it-ch", "martedì 24 novembre, 10:30, ora di Roma", id="a regional form"),
    ],
)
def test_an_instant_is_written_out_in_the_readers_language(language, text):
    assert wording.written_out(MORNING, ROME, language) == text


@pytest.mark.parametrize(
    ("zone", "language", "label"),
    [
        pytest.param("Europe/London", "en", "London time", id="a city"),
        pytest.param("Europe/London", "it", "ora di Londra", id="its Italian name"),
        pytest.param("Europe/London", "nl", "tijd in Londen", id="its Dutch name"),
        pytest.param("America/New_York", "en", "New York time", id="two words"),
        pytest.param("America/Argentina/Buenos_Aires", "it", "ora di Buenos Aires", id="three parts"),
        pytest.param("UTC", "nl", "UTC", id="no city"),
        pytest.param("Etc/GMT+3", "en", "GMT+3", id="a fixed offset"),
    ],
)
def test_a_zone_is_called_by_its_city(zone, language, label):
    assert wording.zone_label(ZoneInfo(zone), language) == label


@pytest.mark.parametrize(
    ("language", "text"),
    [
        pytest.param("en", "Tue 24 Nov, 10:30", id="English"),
        pytest.param("it", "mar 24 nov, 10:30", id="Italian"),
        pytest.param("nl", "di 24 nov, 10:30", id="Dutch"),
    ],
)
def test_the_short_form(language, text):
    assert wording.short(MORNING, ROME, language) == text


def test_march_is_shortened_the_dutch_way():
    assert wording.short_day(date(2026, 3, 3), "nl") == "di 3 mrt"


@pytest.mark.parametrize(
    ("at", "text"),
    [
        pytest.param(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "02:30 (UTC+2)", id="first time round"),
        pytest.param(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "02:30 (UTC+1)", id="second time round"),
        pytest.param(datetime(2026, 10, 25, 2, 0, tzinfo=UTC), "03:00", id="after it"),
    ],
)
def test_the_hour_that_happens_twice_is_told_apart(at, text):
    assert wording.clock(at, ROME) == text


@pytest.mark.parametrize(
    ("ends", "text"),
    [
        pytest.param(
            datetime(2026, 11, 24, 10, tzinfo=UTC), "Tuesday 24 November, 10:30–11:00, Rome time", id="same day"
        ),
        pytest.param(
            datetime(2026, 11, 24, 23, 30, tzinfo=UTC),
            "Tuesday 24 November, 10:30 – Wednesday 25 November, 00:30, Rome time",
            id="past midnight",
        ),
    ],
)
def test_a_span(ends, text):
    assert wording.written_span(MORNING, ends, ROME, "en") == text


@pytest.mark.parametrize(
    ("minutes", "language", "text"),
    [
        pytest.param(45, "en", "45 minutes", id="minutes"),
        pytest.param(60, "en", "1 hour", id="one hour"),
        pytest.param(90, "it", "1 ora 30 minuti", id="hours and minutes"),
        pytest.param(121, "nl", "2 uur 1 minuut", id="singular minute"),
        pytest.param(0, "en", "0 minutes", id="nothing"),
    ],
)
def test_a_length(minutes, language, text):
    assert wording.length(minutes, language) == text
