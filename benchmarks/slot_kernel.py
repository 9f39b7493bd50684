"""How long it takes to find the free starts of 50 agents over 28 days, 40 % booked.

Three ways over the same bookings, in one run and with equal results: bit masks from integers (what the portal does), a
plain sweep over intervals from the same integers, and the bit masks from the ORM's datetimes. Beside them the same with
the database's part: reading the rows as integers, or as datetimes.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, time

from .common import in_turns
from .figures import Figure, compare, milliseconds

TITLE = "Free starts"
ON = ["SQLite"]
AGENTS, DAYS, BOOKED = 50, 28, 0.4
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
FIRST_DAY = datetime(2026, 11, 23, tzinfo=UTC)  # a Monday
STEP = 6  # cells of half an hour: the length of a session and the distance of two starts
Taken = list[tuple[int, int, int]]


def figures(quick: bool, database: str) -> list[Figure]:
    from django.db.models import F

    from bookings.models import Booking
    from bookings.openings import Openings
    from supportportal.lattice import busy_masks, cell_at, cells_in

    facts = make_facts()
    rows = Booking.objects.order_by("agent_id", "first_cell")
    from_integers = rows.values_list("agent_id", "first_cell", F("first_cell") + F("cells"))
    from_datetimes = rows.values_list("agent_id", "starts_at", "ends_at")
    integers, datetimes = list(from_integers), list(from_datetimes)

    def kernel(taken: Iterable[tuple[int, int, int]]) -> dict[int, int]:
        return Openings(replace(facts, busy=busy_masks(taken, facts.ground))).free_by_agent()

    def as_cells(found: Iterable[tuple[int, datetime, datetime]]) -> Iterable[tuple[int, int, int]]:
        return ((agent, cell_at(starts), cell_at(ends)) for agent, starts, ends in found)

    hours = open_intervals(facts)
    ways: dict[str, Callable[[], dict]] = {
        "masks from integers": lambda: kernel(integers),
        "interval sweep from integers": lambda: sweep(integers, hours, facts.window),
        "masks from datetimes": lambda: kernel(as_cells(datetimes)),
        "with the query: integers": lambda: kernel(from_integers.all().iterator(chunk_size=100_000)),
        "with the query: datetimes": lambda: kernel(as_cells(from_datetimes.all().iterator(chunk_size=100_000))),
    }
    expected = {agent: cells_in(mask, facts.window) for agent, mask in kernel(integers).items()}
    for name, way in ways.items():
        found = way()
        listed = {who: it if isinstance(it, list) else cells_in(it, facts.window) for who, it in found.items()}
        assert listed == expected, f"{name} differs"
    times = in_turns(ways, rounds=6 if quick else 20, each=10)
    masks = times["masks from integers"]
    about = {"rows": f"{AGENTS} agents, {DAYS} days, {len(integers)} bookings", "bound": "Integers as sets, in Python."}
    return [
        compare(
            f"{name}, time", "masks from integers", times[name], masks, detail=milliseconds(this=times[name]), **about
        )
        for name in ways
        if name != "masks from integers"
    ]


def make_facts():
    """Agents with office hours in three zones, and bookings at random in them; read back as a question's facts."""
    from bookings.facts import Facts
    from bookings.models import Agent, Booking, SessionType, WorkingHours
    from bookings.policy import POLICY
    from supportportal.lattice import cell_at
    from supportportal.people.models import Account, Firm, Plan, User

    chance = random.Random(2026)
    account = Account.objects.create(name="Customer", plan=Plan.objects.create(code="plan", name="Plan"))
    client = User.objects.create(email="client@example.org", name="Client", account=account)
    session_type = SessionType.objects.create(slug="session", name="Session", horizon_days=366, place="https://video")
    zones = ["Europe/Rome", "Europe/London", "Europe/Athens"]
    users = [User.objects.create(email=f"agent{n}@example.com", name=f"Agent {n}") for n in range(AGENTS)]
    clients = [User(email=f"client{n}@example.org", name="x", account=account) for n in range(AGENTS)]
    User.objects.bulk_create(clients)
    agents = [Agent(user=user, time_zone=zones[number % 3]) for number, user in enumerate(users)]
    Agent.objects.bulk_create(agents)
    for agent in agents:
        agent.session_types.add(session_type)
    WorkingHours.objects.bulk_create(
        WorkingHours(agent=agent, weekday=day, opens=time(9), closes=time(17)) for agent in agents for day in range(5)
    )
    first = cell_at(FIRST_DAY)
    window = (first, first + DAYS * 288)
    firm = Firm(country="IT")

    def gather() -> Facts:
        return Facts.gather(
            session_type, window, AT, agents=None, client=None, moving=None, held=None, firm=firm, policy=POLICY
        )

    facts = gather()
    Booking.objects.bulk_create(
        Booking(
            reference=f"{number}-{cell}",
            session_type=session_type,
            agent=agent,
            client=clients[number],
            booked_by=client,
            first_cell=cell,
            cells=STEP,
            place_kind="video",
        )
        for number, agent in enumerate(agents)
        for begins, ends in open_intervals(facts)[agent.pk]
        for cell in range(begins, ends, STEP)
        if chance.random() < BOOKED
    )
    return gather()


def open_intervals(facts) -> dict[int, list[tuple[int, int]]]:
    """Each agent's openings as intervals, day by day."""
    from supportportal.lattice import local_dates, open_on

    found = {}
    for agent, diary in facts.diaries.items():
        days = (day for day in local_dates(facts.window, diary.zone) if diary.calendar.is_workday(day))
        pairs = [pair for day in days for pair in open_on(day, diary.hours, diary.zone)]
        found[agent] = [pair for pair in pairs if pair[0] < facts.window[1] and facts.window[0] < pair[1]]
    return found


def sweep(taken: Taken, hours: dict[int, list[tuple[int, int]]], window: tuple[int, int]) -> dict[int, list[int]]:
    """The textbook way: walk along each agent's openings and bookings, and list the starts that fit between."""
    of_agent: dict[int, list[tuple[int, int]]] = {}
    for agent, first, end in taken:
        of_agent.setdefault(agent, []).append((first, end))
    free: dict[int, list[int]] = {}
    for agent, openings in hours.items():
        busy, at, starts = sorted(of_agent.get(agent, ())), 0, []
        for begins, ends in openings:
            start = begins
            while start + STEP <= ends:
                while at < len(busy) and busy[at][1] <= start:
                    at += 1
                if (at == len(busy) or start + STEP <= busy[at][0]) and window[0] <= start < window[1]:
                    starts.append(start)
                start += STEP
        free[agent] = starts
    return free
