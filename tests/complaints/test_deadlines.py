"""When what is due: tables for Italy, the Netherlands and England, and an independent count over random dates."""

import random
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from holidays import country_holidays

from complaints import calendars, rules
from complaints.rules import DEFAULT, Step
from supportportal.businesstime import BusinessCalendar, CalendarHasNoWorkday

ZONES = {"IT": ZoneInfo("Europe/Rome"), "NL": ZoneInfo("Europe/Amsterdam"), "GB": ZoneInfo("Europe/London")}
ROME, LONDON = ZONES["IT"], ZONES["GB"]
MICROSECOND = timedelta(microseconds=1)


@cache
def desk(country):
    return calendars.seeded_desk(country, ZONES[country], range(2014, 2042))


def local(country, text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONES[country])


def days_of(country, acknowledged):
    """Update and response, where the update goes out on its due day."""
    zone, calendar = ZONES[country], desk(country).calendar
    event = local(country, acknowledged)
    update = rules.update_by(rules.acknowledge_by(event, DEFAULT), event, calendar, DEFAULT)
    went_out = datetime.combine(update.day, time(16), zone)
    return update.day, rules.respond_by(update, went_out, calendar, DEFAULT).day


# -- days --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "acknowledged", "update", "respond"),
    [
        pytest.param("IT", "2026-11-20 12:00", "2026-11-25", "2026-12-04", id="Italy: over a weekend"),
        pytest.param("NL", "2026-11-20 12:00", "2026-11-25", "2026-12-04", id="Netherlands: over a weekend"),
        pytest.param("GB", "2026-11-20 12:00", "2026-11-25", "2026-12-04", id="England: over a weekend"),
        pytest.param("IT", "2026-12-23 12:00", "2026-12-29", "2027-01-11", id="Italy: Christmas, New Year, Epiphany"),
        pytest.param("NL", "2026-12-23 12:00", "2026-12-29", "2027-01-08", id="Netherlands: Christmas and New Year"),
        pytest.param("GB", "2026-12-23 12:00", "2026-12-30", "2027-01-11", id="England: Boxing Day on Monday instead"),
        pytest.param("IT", "2026-04-02 12:00", "2026-04-08", "2026-04-17", id="Italy: Easter without Good Friday"),
        pytest.param("NL", "2026-04-02 12:00", "2026-04-09", "2026-04-20", id="Netherlands: Easter with Good Friday"),
        pytest.param("GB", "2026-04-02 12:00", "2026-04-09", "2026-04-20", id="England: Easter with Good Friday"),
        pytest.param("NL", "2026-04-22 12:00", "2026-04-28", "2026-05-07", id="Netherlands: King's Day"),
        pytest.param("NL", "2025-05-01 12:00", "2025-05-07", "2025-05-16", id="Netherlands: Liberation Day, each five"),
        pytest.param("NL", "2026-05-04 12:00", "2026-05-07", "2026-05-19", id="Netherlands: Ascension Day"),
        pytest.param("GB", "2026-05-01 12:00", "2026-05-07", "2026-05-18", id="England: early May bank holiday"),
        pytest.param("GB", "2026-08-28 12:00", "2026-09-03", "2026-09-14", id="England: late summer bank holiday"),
        pytest.param("GB", "2027-12-24 12:00", "2027-12-31", "2028-01-12", id="England: both Christmas days moved"),
        pytest.param("IT", "2026-04-24 12:00", "2026-04-29", "2026-05-11", id="Italy: 25 April is a Saturday, 1 May"),
        pytest.param("IT", "2026-10-01 12:00", "2026-10-06", "2026-10-15", id="Italy 2026: 4 October is a Sunday"),
        pytest.param("IT", "2027-10-01 12:00", "2027-10-07", "2027-10-18", id="Italy 2027: 4 October is a Monday off"),
        pytest.param("IT", "2024-10-02 12:00", "2024-10-07", "2024-10-16", id="Italy 2024: 4 October was a workday"),
        pytest.param("IT", "2026-12-30 12:00", "2027-01-05", "2027-01-15", id="over the year's end, then Epiphany"),
        pytest.param("IT", "2026-12-31 23:59", "2027-01-07", "2027-01-18", id="the last minute of the year"),
        pytest.param("IT", "2027-01-01 00:00", "2027-01-07", "2027-01-18", id="the first minute of the year"),
        pytest.param(
            "IT", "2026-11-21 12:00", "2026-11-25", "2026-12-04", id="on a Saturday: it is day 0 all the same"
        ),
        pytest.param("IT", "2026-11-22 23:59", "2026-11-25", "2026-12-04", id="on a Sunday, late"),
        pytest.param("IT", "2026-12-25 10:00", "2026-12-30", "2027-01-12", id="on Christmas Day"),
        pytest.param("IT", "2026-11-20 23:59", "2026-11-25", "2026-12-04", id="a minute before midnight: the same day"),
        pytest.param("IT", "2026-11-23 00:00", "2026-11-26", "2026-12-07", id="at midnight: the next"),
    ],
)
def test_update_and_response_are_due(country, acknowledged, update, respond):
    assert days_of(country, acknowledged) == (date.fromisoformat(update), date.fromisoformat(respond))


@pytest.mark.parametrize(
    ("instant", "update"),
    [
        pytest.param(datetime(2026, 11, 23, 22, 59, tzinfo=UTC), date(2026, 11, 26), id="23:59 in Rome"),
        pytest.param(datetime(2026, 11, 23, 23, 0, tzinfo=UTC), date(2026, 11, 27), id="0:00 in Rome"),
    ],
)
def test_the_day_of_an_event_is_the_desks(instant, update):
    assert rules.update_by(rules.acknowledge_by(instant, DEFAULT), instant, desk("IT").calendar, DEFAULT).day == update


@pytest.mark.parametrize(
    ("country", "day", "due_at"),
    [
        pytest.param("IT", date(2026, 11, 25), datetime(2026, 11, 25, 23, tzinfo=UTC), id="winter in Rome"),
        pytest.param("IT", date(2026, 7, 1), datetime(2026, 7, 1, 22, tzinfo=UTC), id="summer in Rome"),
        pytest.param("GB", date(2026, 11, 25), datetime(2026, 11, 26, 0, tzinfo=UTC), id="winter in London"),
        pytest.param("GB", date(2026, 7, 1), datetime(2026, 7, 1, 23, tzinfo=UTC), id="summer in London"),
        pytest.param(
            "IT", date(2026, 3, 28), datetime(2026, 3, 28, 23, tzinfo=UTC), id="the day before the clocks change"
        ),
        pytest.param("IT", date(2026, 3, 29), datetime(2026, 3, 29, 22, tzinfo=UTC), id="a day of 23 hours"),
        pytest.param("IT", date(2026, 10, 25), datetime(2026, 10, 25, 23, tzinfo=UTC), id="a day of 25 hours"),
    ],
)
def test_a_day_ends_at_midnight_on_the_desks_clock(country, day, due_at):
    assert rules.end_of(day, ZONES[country]) == due_at


# -- hours -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arrived", "due"),
    [
        pytest.param("2026-11-20 12:00", "2026-11-21 12:00", id="a weekend does not matter"),
        pytest.param("2026-03-28 12:00", "2026-03-29 13:00", id="clocks go forward"),
        pytest.param("2026-10-24 12:00", "2026-10-25 11:00", id="clocks go back"),
        pytest.param("2026-12-31 18:00", "2027-01-01 18:00", id="over the year's end"),
    ],
)
def test_the_first_reply_is_due_after_24_elapsed_hours(arrived, due):
    assert rules.acknowledge_by(local("IT", arrived), DEFAULT).due_at == local("IT", due).astimezone(UTC)


@pytest.mark.parametrize(
    ("day", "closures", "arrived"),
    [
        pytest.param("2026-11-24", [], "09:00", id="a workday: as the desk opens"),
        pytest.param("2026-11-28", [], "09:00", id="a Saturday: at nine"),
        pytest.param("2026-12-08", [], "09:00", id="a holiday: at nine"),
        pytest.param("2026-11-24", [("2026-11-24 00:00", "2026-11-24 13:00")], "13:00", id="a closed morning"),
        pytest.param("2026-11-24", [("2026-11-24 00:00", "2026-11-25 00:00")], "09:00", id="a closed day: at nine"),
        pytest.param("2026-03-29", [], "09:00", id="the clocks go forward in that night"),
        pytest.param("2026-10-25", [], "09:00", id="the clocks go back in that night"),
    ],
)
def test_a_letter_without_an_hour_arrived_when_the_desk_opened(day, closures, arrived):
    plain = desk("IT").calendar
    spans = tuple((local("IT", begin), local("IT", end)) for begin, end in closures)
    calendar = BusinessCalendar(ROME, plain.hours, plain.holidays, spans)
    expected = local("IT", f"{day} {arrived}").astimezone(UTC)
    assert rules.arrival_of(date.fromisoformat(day), calendar, DEFAULT) == expected


def test_a_desk_that_opens_later_takes_its_letters_later():
    calendar = BusinessCalendar(LONDON, ((4, 630, 720),))
    assert rules.arrival_of(date(2026, 11, 20), calendar, DEFAULT) == datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
    assert rules.arrival_of(date(2026, 11, 19), calendar, DEFAULT) == datetime(2026, 11, 19, 9, tzinfo=UTC)


# -- what follows from what --------------------------------------------------------------------------------------------


ARRIVED = local("IT", "2026-11-20 12:00")


def planned(acknowledged=None, updated=None, calendar=None):
    found = rules.plan(ARRIVED, acknowledged, updated, calendar or desk("IT").calendar, DEFAULT)
    return {due.step: due for due in found}


def test_what_has_not_happened_is_projected_from_the_due_time_before_it():
    due = planned()
    assert due[Step.UPDATE].projected and due[Step.RESPOND].projected
    assert due[Step.UPDATE].day == date(2026, 11, 25)  # day 0 is Saturday: 24 hours after Friday noon
    assert due[Step.RESPOND].day == date(2026, 12, 4)


def test_an_early_acknowledgement_moves_what_is_projected():
    monday = local("IT", "2026-11-16 12:00")
    found = rules.plan(monday, monday, None, desk("IT").calendar, DEFAULT)
    assert [due.day for due in found[1:]] == [date(2026, 11, 19), date(2026, 11, 30)]
    unacknowledged = rules.plan(monday, None, None, desk("IT").calendar, DEFAULT)
    assert [due.day for due in unacknowledged[1:]] == [date(2026, 11, 20), date(2026, 12, 1)]


def test_an_update_sent_early_moves_the_response():
    due = planned(ARRIVED, local("IT", "2026-11-23 09:00"))
    assert (due[Step.RESPOND].day, due[Step.RESPOND].projected) == (date(2026, 12, 2), False)


def test_an_update_sent_late_moves_the_response_too():
    due = planned(ARRIVED, local("IT", "2026-11-27 09:00"))
    assert due[Step.RESPOND].day == date(2026, 12, 9)  # 8 December is a holiday


def test_an_appeal_is_answered_within_ten_business_days():
    due = rules.answer_appeal_by(local("IT", "2026-12-23 08:00"), desk("IT").calendar, DEFAULT)
    assert (due.day, due.projected) == (date(2027, 1, 11), False)


def test_the_ombudsmans_limit_counts_weeks_from_the_arrival():
    due = rules.refer_by(local("IT", "2026-10-20 23:30"), 6, ROME)
    assert (due.day, due.due_at) == (date(2026, 12, 1), datetime(2026, 12, 1, 23, tzinfo=UTC))


# -- closures and mistakes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("closure", "update"),
    [
        pytest.param(("2026-11-24 00:00", "2026-11-25 00:00"), "2026-11-26", id="a whole day"),
        pytest.param(("2026-11-24 09:00", "2026-11-24 17:00"), "2026-11-26", id="all of the desk's hours"),
        pytest.param(("2026-11-24 09:00", "2026-11-24 16:59"), "2026-11-25", id="all but a minute: it still counts"),
        pytest.param(("2026-11-20 12:00", "2026-11-21 00:00"), "2026-11-25", id="the half Friday on which it came"),
        pytest.param(("2026-11-14 00:00", "2026-11-25 00:00"), "2026-11-27", id="over the event itself"),
    ],
)
def test_a_closure_takes_the_days_of_which_it_leaves_nothing(closure, update):
    plain = desk("IT").calendar
    calendar = BusinessCalendar(ROME, plain.hours, plain.holidays, (tuple(local("IT", one) for one in closure),))
    assert planned(ARRIVED, calendar=calendar)[Step.UPDATE].day == date.fromisoformat(update)


def test_a_half_friday_is_a_business_day():
    half = tuple((weekday, 540, 720 if weekday == 4 else 1020) for weekday in range(5))
    calendar = BusinessCalendar(ROME, half, desk("IT").calendar.holidays)
    assert planned(local("IT", "2026-11-24 12:00"), calendar=calendar)[Step.UPDATE].day == date(2026, 11, 27)


def test_a_calendar_without_workdays_says_so():
    with pytest.raises(CalendarHasNoWorkday):
        planned(calendar=BusinessCalendar(ROME, ()))


def test_day_by_day_each_day_counts_or_says_why_not():
    told = rules.walk(date(2026, 12, 23), date(2026, 12, 30), desk("IT").calendar, desk("IT").names)
    assert [(one.day.day, one.number, one.why_not) for one in told] == [
        (24, 1, ""),
        (25, None, "Natale"),
        (26, None, "weekend"),
        (27, None, "weekend"),
        (28, 2, ""),
        (29, 3, ""),
        (30, 4, ""),
    ]


def test_a_day_that_is_closed_says_that_we_are():
    plain = desk("IT").calendar
    closed = (local("IT", "2026-11-24 00:00"), local("IT", "2026-11-25 00:00"))
    calendar = BusinessCalendar(ROME, plain.hours, plain.holidays, (closed,))
    assert [one.why_not for one in rules.walk(date(2026, 11, 23), date(2026, 11, 25), calendar, {})] == ["closed", ""]


# -- an independent count ----------------------------------------------------------------------------------------------

PARTS = {"IT": None, "NL": None, "GB": "ENG"}


def counted_by_hand(event, number, zone, days_off):
    """The end of the ``number``-th weekday after the event's local date that is not off, in seconds since the epoch."""
    day = datetime.fromtimestamp(event.timestamp(), zone).date()
    while number:
        day = date.fromordinal(day.toordinal() + 1)
        if day.isoweekday() <= 5 and day not in days_off:
            number -= 1
    midnight = datetime.fromordinal(day.toordinal() + 1)
    return midnight.replace(tzinfo=UTC).timestamp() - zone.utcoffset(midnight).total_seconds()


@pytest.mark.parametrize("country", PARTS)
def test_an_independent_count_agrees_on_random_dates(country):
    chance, zone, calendar = random.Random(country), ZONES[country], desk(country).calendar
    days_off = set(country_holidays(country, PARTS[country], years=range(2014, 2042)))
    first = datetime(2015, 1, 1, tzinfo=UTC)
    for _ in range(34_000):
        arrived = first + timedelta(seconds=chance.randrange(25 * 365 * 86400))
        acknowledged = chance.choice([None, arrived + timedelta(seconds=chance.randrange(4 * 86400))])
        updated = chance.choice([None, (acknowledged or arrived) + timedelta(seconds=chance.randrange(12 * 86400))])
        stand_in = datetime.fromtimestamp(arrived.timestamp() + 86400, UTC)
        update = counted_by_hand(acknowledged or stand_in, 3, zone, days_off)
        event = updated or datetime.fromtimestamp(update - 1, UTC)
        found = rules.plan(arrived, acknowledged, updated, calendar, DEFAULT)
        assert [due.due_at.timestamp() for due in found] == [
            arrived.timestamp() + 86400,
            update,
            counted_by_hand(event, 7, zone, days_off),
        ]
