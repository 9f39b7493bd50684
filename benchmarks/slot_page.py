"""The slot page against an empty view and a signed-in page of the same base template with one query.

28 days are computed and 7 shown, for 10 and for 50 agents, 40 % booked, behind gunicorn (one worker, one thread, one
kept-alive connection that takes the pages in turn), on both databases; and 50 agents against 10.
"""

import random
import sys

import django

from .common import in_turns, portals, postgresql, sign_in, sqlite, write
from .figures import Figure, compare, milliseconds

TITLE = "Slot page"
AIMS = {10: "≥ 0.5", 50: "≥ 0.4"}
PAGES = {"one query": "/bench/one/", "slot page": "/book/bench/", "empty view": "/bench/empty/"}
BOUND = (
    "The slot page is bound by rendering: its times as HTML; then by ten queries (the page with one has five, with"
    " those for who is signed in) and the bit masks of 28 days."
)


def figures(quick: bool) -> list[Figure]:
    found = []
    for database, serve in (("PostgreSQL", postgresql), ("SQLite", sqlite)):
        with serve("ten", "fifty") as addresses:
            found += measure(database, addresses, quick)
    return found


def measure(database: str, addresses: list[str], quick: bool) -> list[Figure]:
    asked = [(address, [str(agents)]) for address, agents in zip(addresses, AIMS, strict=True)]
    with portals("slot_page", *asked) as visitors:
        ways = {
            (agents, name): lambda visitor=visitor, path=path: visitor.get(path)
            for agents, visitor in zip(AIMS, visitors, strict=True)
            for name, path in PAGES.items()
        }
        times = in_turns(ways, rounds=6 if quick else 20, each=6)
    found = []
    for agents, aim in AIMS.items():
        one, page, empty = (times[agents, name] for name in PAGES)
        about = {"database": database, "rows": f"{agents} agents, 40 % booked"}
        detail = milliseconds(slot_page=page, one_query=one, empty_view=empty)
        found.append(
            compare(
                "slot page, requests per second",
                "page with one query",
                one,
                page,
                aim=aim,
                detail=detail,
                bound=BOUND,
                **about,
            )
        )
        found.append(compare("slot page, requests per second", "empty view", empty, page, **about))
    few, many = times[10, "slot page"], times[50, "slot page"]
    detail = milliseconds(fifty=many, ten=few)
    found.append(
        compare(
            "slot page of 50 agents, time",
            "of 10 agents",
            many,
            few,
            aim="≤ 1.35",
            database=database,
            rows="40 % booked",
            detail=detail,
        )
    )
    return found


def prepare(agents: int) -> str:
    """Fill the database and sign the client in; the session's key."""
    django.setup()
    from datetime import time as clock
    from datetime import timedelta

    from django.db import connection
    from django.utils import timezone

    from bookings import availability
    from bookings.models import Agent, Booking, SessionType, WorkingHours
    from supportportal.people.models import Account, Firm, Plan, User

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
    if connection.vendor == "postgresql":
        write("ANALYZE")  # as the server does by itself within minutes: no page is planned for empty tables for long
    return sign_in(client)


if __name__ == "__main__":
    print(prepare(int(sys.argv[1])))
