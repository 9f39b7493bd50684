"""The managers' board with 10 and with 10,000 complaints: queries and time, on a database of its own.

python -m benchmarks.board          aim: the same number of queries; the page within a second (C-7)
"""

import json
import os
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

SIZES = (10, 10_000)
ROUNDS = 5
AIM_SECONDS = 1.0
VIEWS = {"board": {}, "table": {"view": "table"}, "late": {"due": "late"}, "found": {"q": "Complainant 7"}}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "static").mkdir()
        os.environ |= {"VAR_DIR": folder, "ENV_FILE": "", "SECRET_KEY": "only-for-this-benchmark", "DEBUG": "0"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "supportportal.settings"
        os.environ["ALLOWED_HOSTS"] = "testserver"
        prepare()
        return measure()


def prepare() -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command

    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.SECURE_SSL_REDIRECT = settings.STAFF_MFA = False
    django.setup()
    call_command("migrate", verbosity=0)


def measure() -> int:
    from django.test import Client
    from django.utils import timezone

    from tests.factories import FirmFactory, StaffFactory

    FirmFactory()
    reviewers = [StaffFactory(roles=["senior manager"]) for _n in range(8)]
    client, at, there = Client(), timezone.now(), 0
    client.force_login(reviewers[0])
    found: dict[int, dict[str, tuple[int, float]]] = {}
    for size in SIZES:
        fill(there, size, reviewers, at)
        there = size
        found[size] = {name: look(client, asked) for name, asked in VIEWS.items()}
        for name, (queries, seconds) in found[size].items():
            print(f"{size:6d} complaints, {name}: {queries} queries, {seconds * 1000:.0f} ms")
    few, many = (found[size] for size in SIZES)
    same = all(few[name][0] == many[name][0] for name in VIEWS)
    slowest = max(seconds for _queries, seconds in many.values())
    print(f"the same queries: {'met' if same else 'missed'}; {AIM_SECONDS} s: {slowest:.2f} s at the most")
    print(json.dumps({str(size): {name: row[0] for name, row in rows.items()} for size, rows in found.items()}))
    return 0 if same and slowest <= AIM_SECONDS else 1


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


if __name__ == "__main__":
    sys.exit(main())
