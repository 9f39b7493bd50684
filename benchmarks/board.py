"""The managers' board with 10 and with 10,000 open complaints: as many queries, and within a second (C-7)."""

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
    few, many = (found[size] for size in SIZES)
    made = []
    for name in VIEWS:
        (before, _short), (after, seconds) = few[name], many[name]
        about = {"database": database, "rows": "10,000 complaints", "bound": "Counts over every open complaint."}
        ratio, share = after / before, seconds / AIM_SECONDS
        made += [
            Figure(f"{name}, queries", "with 10 complaints", ratio, ratio, ratio, "≤ 1", detail=f"{after}", **about),
            Figure(
                f"{name}, time", "one second", share, share, share, "≤ 1", detail=f"{seconds * 1000:.0f} ms", **about
            ),
        ]
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
    deadlines = []
    for n, complaint in enumerate(made, first):
        for place, step in enumerate(("acknowledge", "update", "respond")):
            due = complaint.arrived_at + timedelta(days=1 + 4 * place)
            done = n % 5 == 4 or place < n % 5 % 3
            deadlines.append(
                Deadline(
                    complaint=complaint,
                    step=step,
                    start_at=complaint.arrived_at,
                    due_at=due,
                    outcome="met" if done else "running",
                    met_at=due if done else None,
                )
            )
    Deadline.objects.bulk_create(deadlines, batch_size=500)
    names = [
        NamedStaff(complaint=one, part="about", typed="Somebody", person=reviewers[n % len(reviewers)])
        for n, one in enumerate(made, first)
        if n % 5 == 0
    ]
    NamedStaff.objects.bulk_create(names, batch_size=500)
