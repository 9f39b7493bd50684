"""A tick that finds nothing due among a million messages, against the bare query through the same connection."""

from .common import in_turns
from .figures import Figure, compare, milliseconds
from .rows_of_messages import fill

TITLE = "Idle tick"
ON = ["PostgreSQL"]
BARE = (
    "SELECT 1 FROM outbox_message WHERE channel = 'email' AND state IN ('planned', 'retrying')"
    " AND try_at <= now() ORDER BY urgent DESC, try_at LIMIT 1"
)


def figures(quick: bool, database: str) -> list[Figure]:
    from django.db import connection
    from django.utils import timezone

    from supportportal.outbox import delivery
    from supportportal.outbox.models import Message

    rows = 100_000 if quick else 1_000_000
    fill(rows, timezone.now())

    def bare() -> None:
        with connection.cursor() as cursor:
            cursor.execute(BARE)
            assert cursor.fetchone() is None

    def asked() -> None:
        assert not Message.objects.to_send("email", timezone.now()).exists()

    ways = {"tick": lambda: delivery.deliver_due("email", clock=timezone.now), "bare": bare, "asked": asked}
    times = in_turns(ways, rounds=40, each=25)
    about = {
        "database": database,
        "rows": f"{rows:,} messages",
        "bound": "An idle tick is one statement; to build it by the ORM would take longer than to answer it.",
        "detail": milliseconds(tick=times["tick"], bare_query=times["bare"], by_the_ORM=times["asked"]),
    }
    return [
        compare("idle tick, time", "the bare query", times["tick"], times["bare"], aim="≤ 2", **about),
        compare("idle tick, time", "the same query by the ORM", times["tick"], times["asked"], **about),
    ]
