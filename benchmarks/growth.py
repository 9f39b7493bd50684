"""What a tick and a claim cost among one and among five million messages, and the slot page among as many sessions that
are over, on PostgreSQL: they should not grow.
"""

from .common import in_turns, multiply, write
from .figures import Figure, compare, milliseconds
from .rows_of_messages import fill, make_due
from .slot_page import prepare

TITLE = "From one to five million rows"
ON = ["PostgreSQL"]
AIM = "≤ 1.1"
DUE = 250
AGENTS = 10
BOUND = (
    "The two sides are no turns of one minute: the table has grown between them. So each is told in units of something"
    " that no table makes slower and that was measured in turns with it: a page of text, and the shortest query."
)
Phase = dict[str, list[float]]  # seconds, by what was done; "unit" among them


def figures(quick: bool, database: str) -> list[Figure]:
    few, rounds = 100_000 if quick else 1_000_000, 8 if quick else 16
    return [
        figure
        for what, measured in (("sessions", among_sessions), ("messages", among_messages))
        for figure in grown(measured(few, rounds), few, database=database, rows=f"{5 * few:,} {what}")
    ]


def grown(phases: tuple[Phase, Phase], few: int, **about: str) -> list[Figure]:
    before, after = phases
    return [
        compare(
            f"{name}, time",
            f"among {few:,}",
            sorted(in_units(after, name)),
            sorted(in_units(before, name)),
            aim=AIM,
            detail=milliseconds(
                after=after[name], before=before[name], unit_after=after["unit"], unit_before=before["unit"]
            ),
            bound=BOUND,
            **about,
        )
        for name in before
        if name != "unit"
    ]


def in_units(phase: Phase, name: str) -> list[float]:
    return [one / unit for one, unit in zip(phase[name], phase["unit"], strict=True)]


def among_sessions(few: int, rounds: int) -> tuple[Phase, Phase]:
    from django.test import Client
    from django.utils import timezone

    from bookings.models import Booking
    from supportportal.lattice import cell_at

    visitor = Client()
    visitor.cookies["sessionid"] = prepare(AGENTS)
    one, now = Booking.objects.order_by("pk").first(), cell_at(timezone.now())
    people = Booking.objects.order_by().values_list("agent", "client").distinct()
    agents, clients = (", ".join(map(str, ids)) for ids in zip(*people, strict=True))

    def add(first: int, last: int) -> None:
        # The triggers would write the cells of each: what is over has none any more.
        write("ALTER TABLE bookings_booking DISABLE TRIGGER USER")
        multiply(
            one,
            (first, last),
            reference="'over:' || n",
            agent_id=f"(ARRAY[{agents}])[1 + n % {AGENTS}]",
            client_id=f"(ARRAY[{clients}])[1 + n % {AGENTS}]",
            first_cell=f"{now - 300} - n / {AGENTS} * {one.cells}",
            state="'attended'",
            outcome_at="one.booked_at",
        )
        write("ALTER TABLE bookings_booking ENABLE TRIGGER USER")
        settle("bookings_booking")

    def look(page: str) -> None:
        assert visitor.get(page).status_code == 200

    ways = {"slot page": lambda: look("/book/bench/"), "unit": lambda: look("/legal/privacy/")}
    add(1, few)
    before = in_turns(ways, rounds=rounds, each=20)
    add(few + 1, 5 * few)
    return before, in_turns(ways, rounds=rounds, each=20)


def among_messages(few: int, rounds: int) -> tuple[Phase, Phase]:
    from django.utils import timezone

    one = fill(few, timezone.now())
    before = measure(one, rounds, first=0)
    multiply(one, (few + 1, 5 * few), key="'bench:' || n", subject_id="n")
    settle("outbox_message")
    return before, measure(one, rounds, first=DUE * (rounds + 1))


def settle(table: str) -> None:
    """So that what was just written is not still being written while something is measured."""
    write(f"VACUUM ANALYZE {table}")
    write("CHECKPOINT")


def measure(one, rounds: int, *, first: int) -> Phase:
    from django.utils import timezone

    from supportportal.outbox import claiming, delivery, outcomes

    def claim() -> None:
        while batch := claiming.claim("email", limit=25, at=timezone.now()):
            outcomes.mark_sent([(message, "") for message in batch], at=timezone.now())

    ticks = {
        "idle tick": lambda: delivery.deliver_due("email", clock=timezone.now),
        "unit": lambda: write("SELECT 1"),
    }
    times = in_turns(ticks, rounds=rounds, each=50) | {"claiming and marking": []}
    for number in range(rounds + 1):
        make_due(one, first + DUE * number, DUE)
        taken = in_turns({"claim": claim}, rounds=1, warm=False)["claim"]
        times["claiming and marking"] += taken if number else []
    return times
