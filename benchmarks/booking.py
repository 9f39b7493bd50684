"""Booking and cancelling with everything that belongs to it, against one row inserted, on both databases.

A booking locks its people, asks the rules, is inserted (triggers write its cells), owes its messages and is told to the
trail, in one transaction that is on the disk before the answer; so is the one row, an entry of the trail alone.
"""

from datetime import time, timedelta
from itertools import cycle

from .common import in_turns
from .figures import Figure, compare, milliseconds

TITLE = "Booking and cancelling"
ON = ["PostgreSQL", "SQLite"]
AIM = "≥ 0.2"
EACH = 10
BOUND = (
    "A booking is bound by its statements, twenty and more, each built by the ORM and most of them questions under the"
    " lock: may the client, is it free, what does it cost. What it writes is the smaller part. Either side waits"
    " for the disk once."
)


def figures(quick: bool, database: str) -> list[Figure]:
    from django.db import connection, transaction
    from django.utils import timezone

    from bookings import availability, messages
    from bookings.models import Booking
    from bookings.operations import booking as operations
    from supportportal.outbox import operations as outbox
    from supportportal.outbox.models import Message
    from supportportal.trail.models import Entry
    from supportportal.trail.operations import record
    from tests.factories import (
        AccountFactory,
        AgentFactory,
        ClientFactory,
        FirmFactory,
        SessionTypeFactory,
        WorkingHoursFactory,
    )

    rounds = 5 if quick else 20
    at = timezone.now()
    FirmFactory()
    account = AccountFactory()
    session_type = SessionTypeFactory(horizon_days=60, plans=[account.plan])
    agents = [AgentFactory(session_types=[session_type]) for _n in range(5)]
    for agent in agents:
        for weekday in range(7):
            WorkingHoursFactory(agent=agent, weekday=weekday, opens=time(0), closes=time(23, 30))
    clients = cycle([ClientFactory(account=account) for _n in range((rounds + 1) * EACH)])
    window = availability.day_window((at + timedelta(days=3)).date(), 50, agents[0].zone)
    starts = iter(
        [
            (agent, cell)
            for agent in agents
            for cell in availability.free_starts(session_type, window, at, agents=[agent]).cells()[::4]
        ]
    )
    booked: list[Booking] = []

    def book() -> None:
        agent, cell = next(starts)
        client = next(clients)
        booked.append(
            operations.book(
                session_type=session_type,
                client=client,
                agent=agent,
                first_cell=cell,
                topic="Year",
                by=client,
                at=at,
            )
        )

    def cancel() -> None:
        one = booked.pop()
        operations.cancel(one, reason=Booking.CancelReason.SOLVED, by=one.client, at=at)

    def writes() -> None:
        """What a booking writes, with nothing asked: its row and the triggers' cells, its messages, the trail."""
        agent, cell = next(starts)
        client = next(clients)
        with transaction.atomic():
            one = Booking.objects.create(
                reference=operations.new_reference(),
                session_type=session_type,
                agent=agent,
                client=client,
                booked_by=client,
                first_cell=cell,
                cells=session_type.cells,
                place_kind="video",
                topic="Year",
            )
            outbox.plan(messages.owed_for_booking(one, at=at), at=at)
            record("booking.booked", one, by=client, at=at, agent=agent.pk, client=client.pk, first_cell=cell)

    def row() -> None:
        record("booking.booked", agents[0], by=agents[0].user, at=at, agent=1, client=2, first_cell=3)

    said: list[str] = []
    with connection.execute_wrapper(lambda run, *args: (said.append(args[0]), run(*args))[1]):
        book()
    entries, letters = Entry.objects.count(), Message.objects.count()
    assert entries and letters, "A booking is told to the trail, and owes messages."
    cancel()
    times = in_turns({"row": row, "booking": book, "cancel": cancel, "writes": writes}, rounds=rounds, each=EACH)
    about = {"database": database, "rows": f"{len(said)} statements, {letters} messages", "bound": BOUND}
    named = {"booking": ("booking", AIM), "cancel": ("cancelling", AIM), "writes": ("what a booking writes", "")}
    return [
        compare(
            f"{name}, per second",
            "one row inserted and committed",
            times["row"],
            times[way],
            detail=milliseconds(**{way: times[way], "one_row": times["row"]}),
            aim=aim,
            **about,
        )
        for way, (name, aim) in named.items()
    ]
