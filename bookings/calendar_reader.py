"""When a calendar says busy. Pure: it gets the text of an iCalendar file, and gives spans of time and nothing else.

Also a program of its own, run apart from the portal by ``private_events``: what stands in such a file is anybody's, and
a few lines can ask for more time and memory than there is. There it can be ended, and it knows nothing of the portal.
"""

import json
import resource
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar

Span = tuple[int, int]
"""Seconds since 1970, the end excluded."""

MOST_EVENTS = 20_000
MOST_OCCURRENCES = 20_000
TOO_OFTEN = {"SECONDLY", "MINUTELY"}
NO_CALENDAR, TOO_MANY = "no_calendar", "too_many"
DAY = timedelta(days=1)


class Unreadable(Exception):
    """Its text says why, as a code."""


def busy_spans(text: bytes, *, zone: ZoneInfo, begins: datetime, ends: datetime, own: str) -> list[Span]:
    """When it says busy between two instants, ascending and apart from one another.

    Floating times and whole days are by the clock of ``zone``. Free, cancelled and empty events count for nothing, nor
    do those whose UID ends with ``own``: sessions of the portal, which knows them better. Raises Unreadable, or
    whatever the reading of a broken text raises: half a calendar would show busy times as free.
    """
    calendars = _calendars(text)
    if sum(1 for calendar in calendars for _event in calendar.walk("VEVENT")) > MOST_EVENTS:
        raise Unreadable(TOO_MANY)
    found = []
    for calendar in calendars:
        for event in calendar.walk("VEVENT"):
            _require_calm(event)
        for event in recurring_ical_events.of(calendar).between(begins - DAY, ends + DAY):
            if _is_busy(event, own):
                found.append(_span(event["DTSTART"].dt, event["DTEND"].dt, zone))
            if len(found) > MOST_OCCURRENCES:
                raise Unreadable(TOO_MANY)
        found += [_span(*period, zone) for period in _free_busy(calendar)]
    return list(_merged(found, (int(begins.timestamp()), int(ends.timestamp()))))


def _calendars(text: bytes) -> list[Any]:
    stripped = text.removeprefix(b"\xef\xbb\xbf").strip()
    if not stripped[:15].upper() == b"BEGIN:VCALENDAR" or not stripped[-13:].upper() == b"END:VCALENDAR":
        raise Unreadable(NO_CALENDAR)
    return Calendar.from_ical(stripped, multiple=True)


def _require_calm(event: Any) -> None:
    """More often than hourly is no meeting; to follow such a rule alone could take for ever."""
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        if TOO_OFTEN.intersection(str(one).upper() for one in rule.get("FREQ", [])):
            raise Unreadable(TOO_MANY)


def _is_busy(event: Any, own: str) -> bool:
    is_free = str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
    is_free = is_free or str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() == "FREE"
    is_cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    return not is_free and not is_cancelled and not str(event.get("UID", "")).lower().endswith(own.lower())


def _free_busy(calendar: Any) -> Iterator[tuple[Any, Any]]:
    """Of servers that publish when somebody is busy, and no events."""
    for component in calendar.walk("VFREEBUSY"):
        periods = component.get("FREEBUSY", [])
        for period in periods if isinstance(periods, list) else [periods]:
            if str(period.params.get("FBTYPE", "BUSY")).upper() != "FREE":
                yield period.start, period.end


def _span(starts: date | datetime, ends: date | datetime, zone: ZoneInfo) -> Span:
    return _second(starts, zone), _second(ends, zone)


def _second(when: date | datetime, zone: ZoneInfo) -> int:
    if not isinstance(when, datetime):
        when = datetime.combine(when, time.min)
    return int((when if when.tzinfo else when.replace(tzinfo=zone)).timestamp())


def _merged(spans: Iterable[Span], window: Span) -> Iterator[Span]:
    begun: Span | None = None
    for first, end in sorted(spans):
        first, end = max(first, window[0]), min(end, window[1])
        if first >= end:
            continue
        if begun is None:
            begun = (first, end)
        elif first <= begun[1]:
            begun = (begun[0], max(begun[1], end))
        else:
            yield begun
            begun = (first, end)
    if begun is not None:
        yield begun


def main() -> None:
    """Standard input: one line of JSON, then the text. Standard output: ``{"busy": …}`` or ``{"problem": …}``."""
    asked = json.loads(sys.stdin.buffer.readline())
    resource.setrlimit(resource.RLIMIT_CPU, (asked["seconds"], asked["seconds"]))
    resource.setrlimit(resource.RLIMIT_AS, (asked["bytes"], asked["bytes"]))
    window = {name: datetime.fromtimestamp(asked[name], UTC) for name in ("begins", "ends")}
    try:
        answer: dict[str, Any] = {
            "busy": busy_spans(sys.stdin.buffer.read(), zone=ZoneInfo(asked["zone"]), own=asked["own"], **window)
        }
    except Unreadable as problem:
        answer = {"problem": str(problem)}
    except MemoryError:
        answer = {"problem": TOO_MANY}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
