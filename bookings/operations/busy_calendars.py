"""An agent's own calendar is read for its busy times: entered, removed, and read again and again by workers.

A reading is three steps: claim (one worker gets it), fetch with no transaction open, keep. The claim is the calendar's
``next_read_at`` itself: whoever moves it on from the value that they saw has it, and keeps what they read only while
it still stands, so that an address entered meanwhile wins. A failed reading keeps the busy times of the last good one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet

from supportportal import fetching, secrets_at_rest
from supportportal.lattice import DAY_CELLS, Window, cell_at, instant_at
from supportportal.people.models import User
from supportportal.trail import operations as trail

from .. import private_events, rules
from ..models import Agent, BusyCalendar, BusyTime, SessionType
from ..policy import POLICY
from .locking import lock_people

ACCEPT = "text/calendar, */*;q=0.1"
LEASE = timedelta(minutes=5)  # several times what the longest reading takes
SPARE_DAYS = 8  # read further ahead than can be booked, so that what has not changed need not be sent each day
PURPOSE = "calendar address"  # what it is locked for
Problem = BusyCalendar.Problem


@dataclass(frozen=True)
class _Reading:
    """``busy`` is None where the calendar has not changed; ``known_until`` is a cell."""

    busy: set[Window] | None
    etag: str
    last_modified: str
    zone: str
    known_until: int


@transaction.atomic
def enter(agent: Agent, address: str, *, by: User, at: datetime) -> BusyCalendar:
    """Read busy times from there from now on. What another address said before counts until this one was read.

    Else the agent could be booked at any time for as long as a mistyped address stands.
    """
    lock_people(agent.pk)
    host = fetching.host_of(address, who_may_be_asked())
    locked = secrets_at_rest.lock(address, PURPOSE)
    fresh = BusyCalendar(agent=agent, address=locked, host=host, entered_at=at, next_read_at=at)
    BusyCalendar.objects.filter(agent=agent).delete()
    fresh.save(force_insert=True)
    trail.record("busy_calendar.entered", fresh, by=by, at=at, agent=agent.pk)
    return fresh


@transaction.atomic
def remove(agent: Agent, *, by: User, at: datetime) -> None:
    lock_people(agent.pk)
    BusyTime.objects.filter(agent=agent).delete()
    if BusyCalendar.objects.filter(agent=agent).delete()[0]:
        trail.record("busy_calendar.removed", BusyCalendar(agent=agent), by=by, at=at, agent=agent.pk)


def read_soon(agent: Agent, *, at: datetime) -> None:
    BusyCalendar.objects.filter(agent=agent, next_read_at__gt=at).update(next_read_at=at)


def read_next(at: datetime) -> bool:
    """Read the calendar that has waited longest, if one is due; any number of workers may do so at once."""
    calendar = _claim(at)
    if calendar is None:
        return False
    try:
        reading = _read(calendar, at)
    except fetching.NotFetched as failure:
        _fail(calendar, _problem(failure.failure), at)
    except secrets_at_rest.CannotUnlock:
        _fail(calendar, Problem.LOCKED, at)
    except private_events.NotRead as failure:
        _fail(calendar, Problem(str(failure)), at)
    else:
        _keep(calendar, reading, at)
    return True


def addresses() -> Iterator[str]:
    """All of them, as they are kept."""
    yield from BusyCalendar.objects.order_by("pk").values_list("address", flat=True).iterator()


def relock() -> int:
    """Lock them anew, with today's key. Whoever reads just now throws that reading away, and another follows soon."""
    count = 0
    for pk, kept in list(BusyCalendar.objects.order_by("pk").values_list("pk", "address")):
        if secrets_at_rest.can_unlock(kept, PURPOSE):
            anew = secrets_at_rest.lock(secrets_at_rest.unlock(kept, PURPOSE), PURPOSE)
            count += BusyCalendar.objects.filter(pk=pk, address=kept).update(address=anew)
    return count


def who_may_be_asked() -> fetching.Who:
    return fetching.Who(settings.CALENDAR_SCHEMES, settings.CALENDAR_INTERNAL_HOSTS)


def _claim(at: datetime) -> BusyCalendar | None:
    for calendar in BusyCalendar.objects.due(at).select_related("agent")[:20]:
        claimed = at + LEASE
        if BusyCalendar.objects.filter(pk=calendar.pk, next_read_at=calendar.next_read_at).update(next_read_at=claimed):
            calendar.next_read_at = claimed
            return calendar
    return None


def _read(calendar: BusyCalendar, at: datetime) -> _Reading:
    zone = calendar.agent.time_zone
    today = cell_at(at) // DAY_CELLS * DAY_CELLS
    days = (SessionType.objects.aggregate(most=Max("horizon_days"))["most"] or 0) + 2  # today, and what is left of it
    is_kept = calendar.zone == zone and calendar.known_until >= today + days * DAY_CELLS
    known_until = today + (days + SPARE_DAYS) * DAY_CELLS
    found = fetching.fetch(
        secrets_at_rest.unlock(calendar.address, PURPOSE),
        accept=ACCEPT,
        etag=calendar.etag if is_kept else "",
        last_modified=calendar.last_modified if is_kept else "",
        who=who_may_be_asked(),
    )
    if found.body is None:
        return _Reading(None, calendar.etag, calendar.last_modified, calendar.zone, calendar.known_until)
    busy = private_events.busy_cells(
        found.body,
        zone=zone,
        begins=instant_at(today),
        ends=instant_at(known_until),
        own=f"@{urlsplit(settings.SITE_URL).hostname}",
    )
    return _Reading(busy, found.etag[:500], found.last_modified[:100], zone, known_until)


@transaction.atomic
def _keep(calendar: BusyCalendar, reading: _Reading, at: datetime) -> None:
    """Under the agent's lock, as time off: whoever books sees the times before or after, and not in between."""
    lock_people(calendar.agent_id)
    kept = _still(calendar).update(
        next_read_at=at + rules.read_calendar_after(0, POLICY),
        read_at=at,
        failed_since=None,
        failures=0,
        problem="",
        etag=reading.etag,
        last_modified=reading.last_modified,
        zone=reading.zone,
        known_until=reading.known_until,
    )
    if kept and reading.busy is not None:
        _replace(calendar.agent_id, reading.busy)


def _replace(agent: int, busy: set[Window]) -> None:
    """Write what differs and nothing else: every write makes all processes read the timetable again."""
    rows = BusyTime.objects.filter(agent=agent).values_list("pk", "first_cell", "end_cell")
    standing = {(first, end): pk for pk, first, end in rows}
    if gone := [pk for span, pk in standing.items() if span not in busy]:
        BusyTime.objects.filter(agent=agent, pk__in=gone).delete()
    new = sorted(busy - standing.keys())
    BusyTime.objects.bulk_create(
        [BusyTime(agent_id=agent, first_cell=first, end_cell=end) for first, end in new], batch_size=500
    )


def _fail(calendar: BusyCalendar, problem: str, at: datetime) -> None:
    failures = calendar.failures + 1
    _still(calendar).update(
        next_read_at=at + rules.read_calendar_after(failures, POLICY),
        failed_since=calendar.failed_since or at,
        failures=failures,
        problem=problem,
    )


def _still(calendar: BusyCalendar) -> QuerySet[BusyCalendar]:
    """The row while the claim holds: no lease ran out, and nobody entered another address."""
    return BusyCalendar.objects.filter(pk=calendar.pk, next_read_at=calendar.next_read_at, address=calendar.address)


def _problem(failure: fetching.Failure) -> str:
    return Problem.NO_CALENDAR if failure == fetching.Failure.ENCODED else Problem(failure.value)
