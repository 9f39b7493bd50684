"""The managers' board with 10 and with 10,000 open complaints: as many queries, and within a second (C-7).

Told beside it, without an aim: where the calendar was just changed, so that thousands of deadlines wait for a decision
and are counted anew at each look (C-6).
"""

import statistics
import time
from datetime import timedelta

from .common import write
from .figures import Figure

TITLE = "Managers' board"
ON = ["PostgreSQL", "SQLite"]
SIZES = (10, 10_000)
ROUNDS = 5
AIM_SECONDS = 1.0
CHANGED = "board of a changed calendar"
VIEWS = {"board": {}, "table": {"view": "table"}, "late": {"due": "late"}, "found": {"q": "Complainant 7"}}


def figures(quick: bool, database: str) -> list[Figure]:
    from django.test import Client
    from django.utils import timezone

    from tests.factories import FirmFactory, StaffFactory

    FirmFactory()
    reviewers = [StaffFactory(roles=["senior manager"]) for _n in range(8)]
    client, at, there = Client(), timezone.now(), 0
    client.force_login(reviewers[0], backend="django.contrib.auth.backends.ModelBackend")
    found: dict[int, dict[str, tuple[int, float]]] = {}
    for size in SIZES:
        fill(there, size, reviewers, at)
        write("ANALYZE")
        there = size
        found[size] = {name: look(client, asked) for name, asked in VIEWS.items()}
    change_the_calendar(at)
    found[there] |= {CHANGED: look(client, {})}
    few, many = (found[size] for size in SIZES)
    return [figure for name, seen in many.items() for figure in said(name, few.get(name), seen, database)]


def said(name: str, few: tuple[int, float] | None, many: tuple[int, float], database: str) -> list[Figure]:
    """The time, and the queries where there is something to hold them against."""
    queries, seconds = many
    about = {"database": database, "rows": "10,000 complaints", "bound": "Counts over every open complaint."}
    share = seconds / AIM_SECONDS
    detail = f"{seconds * 1000:.0f} ms"
    aim = "≤ 1" if few else ""
    made = [Figure(f"{name}, time", "one second", share, share, share, aim, detail=detail, **about)]
    if few:
        ratio = queries / few[0]
        detail = f"{queries}"
        made.append(
            Figure(f"{name}, queries", "with 10 complaints", ratio, ratio, ratio, "≤ 1", detail=detail, **about)
        )
    return made


def look(client, asked: dict[str, str]) -> tuple[int, float]:
    """The queries of the page and its median time, once everything that is kept is kept."""
    from django.db import connection
    from django.urls import reverse

    address = reverse("admin:complaints_complaint_changelist")
    assert client.get(address, asked).status_code == 200
    asked_of_it = []

    def count(execute, *args):
        asked_of_it.append(args[0])
        return execute(*args)

    with connection.execute_wrapper(count):
        client.get(address, asked)
    times = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        client.get(address, asked)
        times.append(time.perf_counter() - began)
    return len(asked_of_it), statistics.median(times)


def fill(first: int, last: int, reviewers: list, at) -> None:
    """Complaints in every open step and answered ones, one in five about somebody, one in seven of nobody."""
    from complaints import calendars
    from complaints.models import Complaint, Deadline, NamedStaff

    made = Complaint.objects.bulk_create(
        [
            Complaint(
                reference=f"B{n:08d}",
                source="form",
                state="answered" if n % 5 == 4 else "open",
                arrived_at=at - timedelta(hours=n * 37 % 700),
                entered_at=at,
                name=f"Complainant {n}",
                email=f"complainant{n}@example.net",
                country="IT",
                language="en",
                time_zone="Europe/Rome",
                summary="Nobody called me back for three days. " * 5,
                reviewer=reviewers[n % len(reviewers)] if n % 7 else None,
                decided_at=at - timedelta(hours=n % 500) if n % 5 == 4 else None,
            )
            for n in range(first, last)
        ],
        batch_size=500,
    )
    desk = calendars.desk(min(one.arrived_at for one in made), until=at)
    clocks = [row for n, one in enumerate(made, first) for row in clocks_of(one, n % 5, desk)]
    Deadline.objects.bulk_create(clocks, batch_size=500)
    names = [
        NamedStaff(complaint=one, part="about", typed="Somebody", person=reviewers[n % len(reviewers)])
        for n, one in enumerate(made, first)
        if n % 5 == 0
    ]
    NamedStaff.objects.bulk_create(names, batch_size=500)


def clocks_of(complaint, which: int, desk) -> list:
    """Its three clocks as they are counted: none to two of them met in time, of an answered one all."""
    from complaints import counting, rules
    from complaints.models import Deadline
    from complaints.policy import POLICY

    done = 3 if complaint.state == "answered" else which % 3
    acknowledge, update, respond = rows = [
        Deadline(complaint=complaint, step=step, outcome="met" if place < done else "running")
        for place, step in enumerate(("acknowledge", "update", "respond"))
    ]
    counting.acknowledge(acknowledge, complaint.arrived_at, desk)
    acknowledge.met_at = acknowledge.due_at if done else None
    counting.update(update, rules.acknowledge_by(complaint.arrived_at, POLICY), acknowledge.met_at, desk)
    update.met_at = update.due_at - timedelta(hours=1) if done > 1 else None
    counting.respond(respond, update, update.met_at, desk)
    respond.met_at = respond.due_at if done > 2 else None
    return rows


def change_the_calendar(at) -> None:
    """Closed for two days from tomorrow: every deadline behind them would move, and waits for a decision."""
    from tests.factories import ClosureFactory

    ClosureFactory(starts_at=at + timedelta(days=1), ends_at=at + timedelta(days=3))
