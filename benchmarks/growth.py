"""What a tick and a claim cost among one and among five million messages, on PostgreSQL: they should not grow."""

from .common import in_turns, multiply, write
from .figures import Figure, compare, milliseconds
from .rows_of_messages import fill, make_due

TITLE = "From one to five million rows"
ON = ["PostgreSQL"]
AIM = "≤ 1.1"
DUE = 250
BOUND = "The two sides are no turns of one minute: the table has grown between them; each is the same loop, warmed up."


def figures(quick: bool, database: str) -> list[Figure]:
    from django.utils import timezone

    few = 100_000 if quick else 1_000_000
    one, rounds = fill(few, timezone.now()), 8 if quick else 16
    before = measure(one, rounds, first=0)
    multiply(one, (few + 1, 5 * few), key="'bench:' || n", subject_id="n")
    write("VACUUM ANALYZE outbox_message")
    after = measure(one, rounds, first=DUE * (rounds + 1))
    return [
        compare(
            f"{name}, time",
            f"among {few:,}",
            sorted(after[name]),
            sorted(before[name]),
            aim=AIM,
            database=database,
            rows=f"{5 * few:,} messages",
            detail=milliseconds(after=after[name], before=before[name]),
            bound=BOUND,
        )
        for name in before
    ]


def measure(one, rounds: int, *, first: int) -> dict[str, list[float]]:
    from django.utils import timezone

    from supportportal.outbox import claiming, delivery, outcomes

    def claim() -> None:
        while batch := claiming.claim("email", limit=25, at=timezone.now()):
            outcomes.mark_sent([(message, "") for message in batch], at=timezone.now())

    ticks = {"idle tick": lambda: delivery.deliver_due("email", clock=timezone.now)}
    times = in_turns(ticks, rounds=rounds, each=50) | {"claiming and marking": []}
    for number in range(rounds + 1):
        make_due(one, first + DUE * number, DUE)
        taken = in_turns({"claim": claim}, rounds=1, warm=False)["claim"]
        times["claiming and marking"] += taken if number else []
    return times
