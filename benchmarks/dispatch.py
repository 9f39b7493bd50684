"""How much of the way of 5,000 due reminders is spent on never losing or doubling one.

Reminders of sessions go to an SMTP sink on loopback, in a process of its own: first only rendered, serialised and sent
over one connection; then dispatched by the outbox, which claims, fences, keeps a copy and marks as well. The two take
turns in one run. Aim: the outbox reaches at least 0.8 of what rendering, serialising and SMTP alone reach.

    python -m benchmarks.dispatch [--messages 5000] [--turns 10] [--profile]

On SQLite in a folder of its own, or on the PostgreSQL of DATABASE_URL (an empty database).
"""

import argparse
import cProfile
import json
import multiprocessing
import os
import pstats
import socket
import statistics
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
AIM = 0.8
FAR = datetime(2100, 1, 1, tzinfo=UTC)  # not due before its turn


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--messages", type=int, default=5000)
    options.add_argument("--turns", type=int, default=10)
    options.add_argument("--profile", action="store_true", help="where the outbox spends its time")
    arguments = options.parse_args()
    port, sink = start_sink()
    try:
        with tempfile.TemporaryDirectory() as folder:
            prepare(Path(folder), port)
            result = measure(arguments.messages, arguments.turns, arguments.profile)
    finally:
        sink.kill()
        sink.join()
    print(
        f"{result['messages']} messages on {result['database']}: alone {result['alone_per_second']}/s,"
        f" by the outbox {result['outbox_per_second']}/s, share {result['share']} (aim {AIM}:"
        f" {'met' if result['share'] >= AIM else 'missed'})"
    )
    print(json.dumps(result))


def start_sink() -> tuple[int, Any]:
    """A mail server that throws everything away; forked before Django and its connections exist."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    sink = multiprocessing.get_context("fork").Process(target=swallow, args=(listener,), daemon=True)
    sink.start()
    listener.close()
    return port, sink


def swallow(listener: socket.socket) -> None:
    while True:
        connection, _address = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 sink\r\n")
            for line in lines:
                verb = line[:4].upper()
                if verb == b"DATA":
                    connection.sendall(b"354 go on\r\n")
                    while lines.readline() != b".\r\n":
                        pass
                connection.sendall(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")


def prepare(folder: Path, port: int) -> None:
    """A database of its own, and Django."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="supportportal.settings",
        SECRET_KEY="only for this benchmark",
        VAR_DIR=str(folder),
        EMAIL_URL=f"smtp://127.0.0.1:{port}",
        DEMO="0",
    )
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder / 'benchmark.sqlite3'}")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def owe(messages: int) -> None:
    """As many reminders, each of a session of its own, due now."""
    from django.utils import timezone

    from bookings.models import Agent, Booking, SessionType
    from supportportal.lattice import cell_at
    from supportportal.outbox import operations
    from supportportal.outbox.operations import Owed
    from supportportal.people.models import Firm, User

    at = timezone.now()
    Firm.objects.create(name="Meridian Books", contact_email="help@meridian.example", contact_phone="+39 02 5550 1234")
    session_type = SessionType.objects.create(slug="quick", name="Quick assist", minutes=30)
    agent = Agent.objects.create(
        user=User.objects.create_user("agent@example.com", name="Elisa Conti", is_staff=True), time_zone="Europe/Rome"
    )
    clients = User.objects.bulk_create(
        User(email=f"p{n}@example.org", name=f"Person {n}", language=["en", "it", "nl"][n % 3]) for n in range(500)
    )
    first = cell_at(at + timedelta(days=1))
    bookings = Booking.objects.bulk_create(
        Booking(
            reference=f"B{n:08}",
            session_type=session_type,
            agent=agent,
            client=clients[n % 500],
            booked_by=clients[n % 500],
            first_cell=first + 6 * n,
            cells=6,
            place_kind="video",
            place="https://video.example/elisa",
            topic="How do I close the year?",
        )
        for n in range(messages)
    )
    operations.plan(
        [Owed("reminder_24h", booking.pk, at, version=1, recipient=booking.client) for booking in bookings], at=at
    )


def measure(messages: int, turns: int, with_profile: bool) -> dict[str, Any]:
    from django.db import connection

    from supportportal.outbox.models import Message

    owe(messages)
    each = messages // turns
    Message.objects.update(try_at=FAR)
    alone, outbox = [], []
    profile = cProfile.Profile()
    send_alone(each)  # templates are compiled once
    for _turn in range(turns):
        alone.append(each / timed(send_alone, each))
        make_due(each)
        if with_profile:
            profile.enable()
        outbox.append(each / timed(dispatch, each))
        profile.disable()
    assert Message.objects.filter(state=Message.State.SENT).count() == each * turns
    if with_profile:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
    return {
        "messages": each * turns,
        "database": connection.vendor,
        "alone_per_second": round(statistics.median(alone)),
        "outbox_per_second": round(statistics.median(outbox)),
        "share": round(statistics.median(b / a for a, b in zip(alone, outbox, strict=True)), 3),
    }


def make_due(many: int) -> None:
    from django.utils import timezone

    from supportportal.outbox.models import Message

    waiting = Message.objects.filter(try_at=FAR).order_by("pk").values_list("pk", flat=True)[:many]
    Message.objects.filter(pk__in=list(waiting)).update(try_at=timezone.now())


def timed(way: Any, *arguments: Any) -> float:
    began = perf_counter()
    way(*arguments)
    return perf_counter() - began


def send_alone(many: int) -> None:
    """Render, serialise, send: what nobody can do without."""
    from supportportal.outbox import rendering
    from supportportal.outbox.gateways.email import EmailGateway, build
    from supportportal.outbox.models import Message
    from supportportal.people.models import Firm

    batch = list(Message.objects.select_related("recipient").order_by("-pk")[:many])
    subjects = rendering.load_subjects(batch)
    firm, gateway = Firm.current(), EmailGateway()
    with gateway.open():
        for message in batch:
            message.message_id = rendering.message_id(message)
            gateway.backend.send_messages([build(rendering.write(message, subjects[message.pk], firm=firm))])


def dispatch(many: int) -> None:
    """One tick over everything that is due."""
    from django.utils import timezone

    from supportportal.outbox import delivery

    delivery.deliver_due("email", clock=timezone.now)


if __name__ == "__main__":
    main()
