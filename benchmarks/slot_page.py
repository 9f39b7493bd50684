"""The slot page against an empty view and a signed-in page of the same base template with one query, in one run.

28 days are computed and 7 shown, for 10 and for 50 agents, 40 % booked, on SQLite behind gunicorn (one worker, one
thread, one kept-alive connection that takes the pages in turn). Aims, as a share of the one-query page's requests per
second: at least 0.5 for 10 agents, 0.4 for 50.
"""

import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager

ROUNDS, BATCH = 12, 8
PORT = 8790
AIMS = {10: 0.5, 50: 0.4}


def main() -> None:
    results = {agents: measure(agents) for agents in AIMS}
    for agents, (per_second, share, spread) in results.items():
        pages = ", ".join(f"{name} {rate:.0f}/s" for name, rate in per_second.items())
        verdict = "met" if share >= AIMS[agents] else "missed"
        print(f"{agents} agents: {pages}; slot page / one-query page = {share:.2f} ± {spread:.2f}")
        print(f"  aim {AIMS[agents]}: {verdict}")
    print(json.dumps({str(agents): round(share, 3) for agents, (_rates, share, _spread) in results.items()}))


def measure(agents: int) -> tuple[dict[str, float], float, float]:
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "benchmarks.slot_page_site",
            "VAR_DIR": folder,
            "SECRET_KEY": "only-for-this-benchmark",
            "ALLOWED_HOSTS": "127.0.0.1",
        }
        run = [sys.executable, "-m", "benchmarks.slot_page", str(agents)]
        cookie = subprocess.run(run, env=environment, check=True, capture_output=True, text=True).stdout.strip()
        with serving(environment):
            return compare(cookie)


@contextmanager
def serving(environment: dict[str, str]):
    command = [sys.executable, "-m", "gunicorn", "supportportal.wsgi:application", "--bind", f"127.0.0.1:{PORT}"]
    command += [
        "--workers",
        "1",
        "--worker-class",
        "gthread",
        "--threads",
        "1",
        "--keep-alive",
        "60",
        "--log-level",
        "error",
    ]
    server = subprocess.Popen(command, env=environment)
    try:
        yield
    finally:
        server.terminate()
        server.wait()


def compare(cookie: str) -> tuple[dict[str, float], float, float]:
    pages = {"empty view": "/bench/empty/", "one query": "/bench/one/", "slot page": "/book/bench/"}
    connection = _connect()
    times: dict[str, list[float]] = {name: [] for name in pages}
    for round_number in range(ROUNDS + 1):
        for name, path in pages.items():
            taken = time.perf_counter()
            for _request in range(BATCH):
                connection.request("GET", path, headers={"Cookie": f"sessionid={cookie}"})
                response = connection.getresponse()
                body = response.read()
                assert response.status == 200, (path, response.status, body[:200])
            if round_number:  # the first round warms up
                times[name].append((time.perf_counter() - taken) / BATCH)
    shares = [one / slot for one, slot in zip(times["one query"], times["slot page"], strict=True)]
    rates = {name: 1 / statistics.median(taken) for name, taken in times.items()}
    return rates, statistics.median(shares), statistics.stdev(shares)


def _connect() -> http.client.HTTPConnection:
    for _try in range(100):
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            return connection
        except ConnectionError:
            time.sleep(0.1)
    raise SystemExit("The server did not come up.")


def prepare(agents: int) -> str:
    """Fill the database and sign the client in; the session's key."""
    import django

    django.setup()
    from datetime import time as clock
    from datetime import timedelta

    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command
    from django.utils import timezone

    from bookings import availability
    from bookings.models import Agent, Booking, SessionType, WorkingHours
    from supportportal.people.models import Account, Firm, Plan, User

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    Firm.objects.create(name="Benchmark")
    plan = Plan.objects.create(code="p", name="P")
    account = Account.objects.create(name="A", plan=plan)
    client = User.objects.create(email="client@bench.example", name="Client", account=account)
    others = [
        User.objects.create(email=f"other{n}@bench.example", name=f"Other {n}", account=account) for n in range(agents)
    ]
    held = SessionType.objects.create(slug="bench", name="Bench", minutes=30, languages=["en"])
    held.plans.add(plan)
    at, chance = timezone.now(), random.Random(1)
    for number in range(agents):
        user = User.objects.create(email=f"agent{number}@bench.example", name=f"Agent {number}", is_staff=True)
        agent = Agent.objects.create(user=user, video_link="https://video.example/x", languages=["en"])
        agent.session_types.add(held)
        WorkingHours.objects.bulk_create(
            WorkingHours(agent=agent, weekday=day, opens=clock(8 + number % 3), closes=clock(17)) for day in range(5)
        )
        window = availability.day_window(at.date(), 28, agent.zone)
        cells = availability.free_starts(held, window, at, agents=[agent]).cells()
        Booking.objects.bulk_create(
            Booking(
                reference=f"{number}-{cell}",
                session_type=held,
                agent=agent,
                client=others[number],
                booked_by=others[number],
                first_cell=cell,
                cells=held.cells,
                place_kind="video",
                topic="x",
                booked_at=at - timedelta(days=1),
            )
            for cell in chance.sample(cells, k=len(cells) * 2 // 5)
        )
    session = SessionStore()
    session[SESSION_KEY] = str(client.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = client.get_session_auth_hash()
    session.save()
    return session.session_key


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(prepare(int(sys.argv[1])))
    else:
        main()
