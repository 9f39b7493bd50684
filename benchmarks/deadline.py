"""How long it takes to count one deadline: the seventh business day after a date, and the end of that day in UTC.

In one run and with equal results: the portal's rule on a desk with four years of holidays and a few closures, the same
asked first of its calendar (nothing remembered yet), and as a floor the shortest loop over dates and a set of holidays.
Beside them all three deadlines of a complaint, and one with its account day by day.

    python benchmarks/deadline.py [--country IT] [--days 365] [--repeat 30] [--json]
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

LIMIT = 20  # microseconds, for one deadline
TURN = 25  # events, before the next way has its turn
FIRST = datetime(2026, 1, 1, 12, tzinfo=UTC)
ONE_DAY = timedelta(days=1)
FLOOR = "floor: loop over dates with a set"
RULE = "one deadline"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--country", choices=["IT", "NL", "GB"], default="IT")
    options.add_argument("--days", type=int, default=365)
    options.add_argument("--repeat", type=int, default=30)
    options.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        result = measure(arguments)
    print(json.dumps(result, indent=2) if arguments.json else as_table(result))
    sys.exit(0 if result["within_limit"] else 1)


def prepare(folder: Path) -> None:
    """Django; no database is asked."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="supportportal.settings", SECRET_KEY="only for this benchmark", VAR_DIR=str(folder)
    )
    import django

    django.setup()


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    from zoneinfo import ZoneInfo

    from complaints import calendars, rules
    from complaints.explanations import ZONES
    from complaints.policy import POLICY

    zone = ZoneInfo(ZONES[arguments.country])
    desk = calendars.seeded_desk(arguments.country, zone, range(2025, 2029))
    closed = [datetime(2026, 8, day, tzinfo=zone).astimezone(UTC) for day in range(10, 20)]
    calendar = replace(desk.calendar, closures=tuple((begin, begin + ONE_DAY) for begin in closed))
    off = frozenset(calendar.holidays) | {begin.astimezone(zone).date() for begin in closed}
    events = [FIRST + number * ONE_DAY for number in range(arguments.days)]

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
    times = clock(ways, events, arguments.repeat)
    return {
        "country": arguments.country,
        "deadlines": len(events),
        "microseconds": times,
        "times_the_floor": round(times[RULE]["best"] / times[FLOOR]["best"], 2),
        "limit": LIMIT,
        "within_limit": times[RULE]["best"] < LIMIT,
    }


def clock(
    ways: dict[str, Callable[[datetime], object]], events: list[datetime], repeat: int
) -> dict[str, dict[str, float]]:
    """Best and median for one event, in short turns, so that whatever slows the machine slows all of them."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    parts = [events[first : first + TURN] for first in range(0, len(events), TURN)]
    for part in parts * repeat:
        for name, way in ways.items():
            began = perf_counter()
            for event in part:
                way(event)
            spent[name].append((perf_counter() - began) / len(part) * 1e6)
    return {
        name: {"best": round(min(found), 2), "median": round(statistics.median(found), 2)}
        for name, found in spent.items()
    }


def as_table(result: dict[str, Any]) -> str:
    lines = [f"{result['deadlines']} deadlines, {result['country']}; microseconds each", ""]
    lines += [f"{'':45}{'best':>10}{'median':>10}"]
    lines += [f"{name:45}{one['best']:10.2f}{one['median']:10.2f}" for name, one in result["microseconds"].items()]
    verdict = "within" if result["within_limit"] else "OVER"
    lines += ["", f"{result['times_the_floor']} times the floor; {verdict} the limit of {result['limit']} µs"]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
