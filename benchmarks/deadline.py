"""How long it takes to count one deadline: the seventh business day after a date, and the end of that day in UTC.

In one run and with equal results: the portal's rule on a desk with four years of holidays and a few closures, the same
asked first of its calendar (nothing remembered yet), and as a floor the shortest loop over dates and a set of holidays.
Beside them all three deadlines of a complaint, and one with its account day by day.
"""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from .common import in_turns, set_up
from .figures import Figure, compare

TITLE = "Deadline arithmetic"
COUNTRY = "IT"
DAYS = 365
FIRST = datetime(2026, 1, 1, 12, tzinfo=UTC)
ONE_DAY = timedelta(days=1)
FLOOR = "floor: loop over dates with a set"
RULE = "one deadline"


def figures(quick: bool) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        set_up(folder, "sqlite://:memory:")  # no database is asked
        return measure(10 if quick else 40)


def measure(rounds: int) -> list[Figure]:
    from zoneinfo import ZoneInfo

    from complaints import calendars, rules
    from complaints.explanations import ZONES
    from complaints.policy import POLICY

    zone = ZoneInfo(ZONES[COUNTRY])
    desk = calendars.seeded_desk(COUNTRY, zone, range(2025, 2029))
    closed = [datetime(2026, 8, day, tzinfo=zone).astimezone(UTC) for day in range(10, 20)]
    calendar = replace(desk.calendar, closures=tuple((begin, begin + ONE_DAY) for begin in closed))
    off = frozenset(calendar.holidays) | {begin.astimezone(zone).date() for begin in closed}
    events = [FIRST + number * ONE_DAY for number in range(DAYS)]

    def rule(event: datetime) -> datetime:
        return rules.end_of(rules.last_day(event, POLICY.respond_days, calendar), zone)

    def unremembered(event: datetime) -> datetime:
        return rules.end_of(rules.last_day(event, POLICY.respond_days, replace(calendar)), zone)

    def floor(event: datetime) -> datetime:
        day, left = event.astimezone(zone).date(), POLICY.respond_days
        while left:
            day += ONE_DAY
            if day.weekday() < 5 and day not in off:
                left -= 1
        return datetime.combine(day + ONE_DAY, time.min, zone).astimezone(UTC)

    def complaint(event: datetime) -> datetime:
        return rules.plan(event, event, None, calendar, POLICY)[1].due_at

    def told(event: datetime) -> int:
        day: date = event.astimezone(zone).date()
        return len(rules.walk(day, rules.last_day(event, POLICY.respond_days, calendar), calendar, desk.names))

    for event in events:
        assert rule(event) == unremembered(event) == floor(event), f"They differ for {event}."
    ways: dict[str, Callable[[datetime], object]] = {
        RULE: rule,
        FLOOR: floor,
        "one deadline, asked first of its calendar": unremembered,
        "all three deadlines of a complaint": complaint,
        "the account day by day": told,
    }
    each = {name: lambda way=way: [way(event) for event in events] for name, way in ways.items()}
    times = in_turns(each, rounds=rounds)
    return [
        compare(
            f"{name}, time",
            "the shortest loop over dates",
            times[name],
            times[FLOOR],
            rows=f"{DAYS} dates, {COUNTRY}",
            detail=f"{sorted(times[name])[rounds // 2] / DAYS * 1e6:.1f} µs each",
            bound="Arithmetic on dates in Python; nothing is read.",
        )
        for name in ways
        if name != FLOOR
    ]
