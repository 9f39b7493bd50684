"""Cells, masks and wall clocks."""

import random
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from supportportal import lattice
from supportportal.lattice import (
    Stretch,
    bits,
    busy_masks,
    cell_at,
    cell_from,
    cells_in,
    cut,
    grid_mask,
    instant_at,
    local_day,
    lowest,
    open_on,
    runs,
    span,
    spans,
    starts_with_room,
    weekly_mask,
)

ROME = ZoneInfo("Europe/Rome")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_an_instant_lies_in_the_cell_that_begins_at_or_before_it():
    assert instant_at(cell_at(NOON + timedelta(minutes=4, seconds=59))) == NOON
    assert instant_at(cell_at(NOON + timedelta(minutes=5))) == NOON + timedelta(minutes=5)


def test_the_first_cell_from_an_instant_begins_at_or_after_it():
    assert instant_at(cell_from(NOON)) == NOON
    assert instant_at(cell_from(NOON + timedelta(microseconds=1))) == NOON + timedelta(minutes=5)


# -- masks -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "end", "mask"),
    [
        pytest.param(12, 14, 0b1100, id="inside"),
        pytest.param(5, 12, 0b11, id="over the beginning"),
        pytest.param(14, 99, 0b110000, id="over the end"),
        pytest.param(0, 10, 0, id="before"),
        pytest.param(16, 20, 0, id="after"),
        pytest.param(0, 99, 0b111111, id="all of it"),
        pytest.param(14, 12, 0, id="backwards"),
    ],
)
def test_a_span_is_clipped_to_the_window(first, end, mask):
    assert span(first, end, (10, 16)) == mask


@pytest.mark.parametrize("length", [1, 2, 3, 5, 6, 7, 8, 31, 64])
def test_room_is_found_like_cell_by_cell(length):
    chance = random.Random(length)
    for _round in range(50):
        free = sum(1 << bit for bit in range(300) if chance.random() < 0.97)
        naive = [at for at in range(300) if all(free >> at + step & 1 for step in range(length))]
        assert list(bits(starts_with_room(free, length))) == naive


def test_bits_come_ascending():
    assert list(bits(1 << 8000 | 0b1010)) == [1, 3, 8000]
    assert list(bits(0)) == []
    assert cells_in(0b101, (100, 110)) == [100, 102]
    assert (lowest(0b1000), lowest(0)) == (3, None)


def test_a_mask_is_cut_to_a_part_or_to_a_window_around():
    assert cut(0b111000, (10, 16), (12, 15)) == 0b110
    assert cut(0b11, (10, 12), (8, 11)) == 0b100


def test_busy_masks_gather_each_persons_spans():
    taken = [(1, 8, 12), (1, 13, 14), (2, 15, 99), (3, 0, 10)]
    assert busy_masks(taken, (10, 16)) == {1: 0b001011, 2: 0b100000}


@pytest.mark.parametrize("length", [1, 2, 3, 6, 7, 48, 288])
def test_runs_of_one_length_cover_the_same_cells_as_spans(length):
    window = (1000, 1600)
    firsts = [500, 1000 - length, 1001 - length, 998, 1000, 1007, 1013, 1300, 1301, 1599, 1600, 2000]
    assert runs(firsts, length, window) == spans(((first, first + length) for first in firsts), window)


# -- wall clocks -------------------------------------------------------------------------------------------------------


def shown(day: date, opens: time, closes: time | None, zone: ZoneInfo) -> list[int]:
    """The oracle: each cell asked for what the wall clock shows."""
    around = cell_at(datetime.combine(day, time(12), UTC))
    found = []
    for cell in range(around - 500, around + 500):
        local = instant_at(cell).astimezone(zone)
        if local.date() == day and opens <= local.time() and (closes is None or local.time() < closes):
            found.append(cell)
    return found


def hours(day: date, opens: time, closes: time | None) -> lattice.WeeklyHours:
    until = 1440 if closes is None else closes.hour * 60 + closes.minute
    return ((day.weekday(), opens.hour * 60 + opens.minute, until),)


def opened(day: date, opens: time, closes: time | None, zone: ZoneInfo) -> list[int]:
    pairs = open_on(day, hours(day, opens, closes), zone)
    return sorted(cell for first, end in pairs for cell in range(first, end))


@pytest.mark.parametrize(
    ("zone", "day", "opens", "closes", "minutes"),
    [
        pytest.param("Europe/Rome", date(2026, 11, 24), time(9), time(17), 480, id="an ordinary day"),
        pytest.param("Europe/Rome", date(2027, 3, 28), time(1), time(4), 120, id="a gap vanishes"),
        pytest.param("Europe/Rome", date(2027, 3, 28), time(2), time(3), 0, id="hours within the gap"),
        pytest.param("Europe/Rome", date(2027, 3, 28), time(2, 30), time(3, 30), 30, id="opening in the gap"),
        pytest.param("Europe/Rome", date(2026, 10, 25), time(1), time(4), 240, id="a fold counts twice"),
        pytest.param("Europe/Rome", date(2026, 10, 25), time(2, 30), time(4), 120, id="opening within the fold"),
        pytest.param("Europe/Rome", date(2026, 10, 25), time(0), None, 1500, id="a day of 25 hours"),
        pytest.param("Europe/Rome", date(2027, 3, 28), time(22), None, 120, id="until midnight"),
        pytest.param("Australia/Lord_Howe", date(2026, 10, 4), time(1), time(4), 150, id="half an hour's gap"),
        pytest.param("Asia/Kathmandu", date(2026, 11, 24), time(9), time(17), 480, id="45 minutes off"),
        pytest.param("Australia/Eucla", date(2026, 11, 24), time(9), time(17), 480, id="8:45"),
        pytest.param("America/St_Johns", date(2027, 3, 14), time(0), time(4), 180, id="30 minutes off, a gap"),
        pytest.param("Africa/Cairo", date(2027, 4, 30), time(0), time(2), 60, id="a gap at midnight"),
        pytest.param("Africa/Cairo", date(2026, 10, 29), time(22), None, 180, id="a fold before midnight"),
        pytest.param("America/Santiago", date(2026, 9, 6), time(0), None, 1380, id="south: midnight is missing"),
        pytest.param("Pacific/Kiritimati", date(2026, 11, 24), time(9), time(17), 480, id="14 hours ahead"),
        pytest.param("Pacific/Apia", date(2011, 12, 30), time(0), None, 0, id="a date that never was"),
        pytest.param("Pacific/Chatham", date(2026, 9, 27), time(2), time(4), 60, id="12:45, a gap at 02:45"),
    ],
)
def test_openings_are_what_the_wall_clock_shows(zone, day, opens, closes, minutes):
    cells = opened(day, opens, closes, ZoneInfo(zone))
    assert len(cells) * 5 == minutes
    assert cells == shown(day, opens, closes, ZoneInfo(zone))


def test_a_day_is_one_stretch_and_two_where_clocks_change():
    assert len(local_day(date(2026, 11, 24), ROME)) == 1
    before, after = local_day(date(2026, 10, 25), ROME)
    assert (before.minute, after.minute) == (0, 120)
    assert before.end == after.first


def test_a_stretch_gives_the_cells_between_two_minutes():
    assert Stretch(100, 388, 0).between(60, 70) == (112, 114)
    assert Stretch(100, 388, 180).between(0, 200) == (100, 104)


def changes(zone: ZoneInfo, year: int) -> list[date]:
    """The local dates on which the zone's offset changes, found without the lattice."""
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(366)]
    offsets = [datetime.combine(day, time(12), zone).utcoffset() for day in days]
    return [day for day, before, after in zip(days[1:], offsets, offsets[1:], strict=False) if before != after]


def test_every_zone_of_the_world_in_2026_and_2027():
    chance = random.Random(2026)
    for name in sorted(zoneinfo.available_timezones() - {"Factory", "localtime"}):
        zone = ZoneInfo(name)
        turning = [day + timedelta(days=near) for day in changes(zone, 2026) + changes(zone, 2027) for near in (-1, 0)]
        for day in [*chance.sample(turning, min(3, len(turning))), date(2026, 1, 1) + timedelta(chance.randrange(730))]:
            opens = time(chance.randrange(24), chance.choice([0, 15, 30, 45]))
            closes = chance.choice([None, time(chance.randrange(24), chance.choice([0, 15, 30, 45]))])
            if closes is not None and closes <= opens:
                closes = None
            assert opened(day, opens, closes, zone) == shown(day, opens, closes, zone), (name, day, opens, closes)


def test_a_days_stretches_follow_one_another_without_hole_or_overlap():
    for name in ["Europe/Rome", "Africa/Cairo", "America/Nuuk", "Atlantic/Azores", "America/Havana", "Asia/Beirut"]:
        end = None
        for number in range(730):
            for stretch in local_day(date(2026, 1, 1) + timedelta(days=number), ZoneInfo(name)):
                assert end in (None, stretch.first), name
                end = stretch.end


def test_weekly_hours_over_a_window_are_the_days_put_together():
    window = (cell_at(datetime(2026, 10, 23, 7, tzinfo=UTC)), cell_at(datetime(2026, 11, 3, 9, tzinfo=UTC)))
    weekly = ((6, 60, 240), (4, 540, 1020), (0, 1320, 1440))
    expected = set()
    for number in range(-2, 14):
        day = date(2026, 10, 23) + timedelta(days=number)
        for weekday, opens, closes in weekly:
            if weekday == day.weekday():
                until = None if closes == 1440 else time(closes // 60)
                expected |= set(shown(day, time(opens // 60), until, ROME))
    assert set(cells_in(weekly_mask(weekly, ROME, window), window)) == {
        cell for cell in expected if window[0] <= cell < window[1]
    }


@pytest.mark.parametrize("step", [5, 15, 20, 30, 45, 60, 90, 240])
@pytest.mark.parametrize("zone", ["Europe/Rome", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Cairo"])
def test_the_grid_is_counted_from_local_midnight(zone, step):
    window = (cell_at(datetime(2026, 10, 2, 7, tzinfo=UTC)), cell_at(datetime(2026, 11, 3, 9, tzinfo=UTC)))
    wall = ((cell, instant_at(cell).astimezone(ZoneInfo(zone))) for cell in range(*window))
    expected = [cell for cell, local in wall if (local.hour * 60 + local.minute) % step == 0]
    assert cells_in(grid_mask(step, ZoneInfo(zone), window), window) == expected
