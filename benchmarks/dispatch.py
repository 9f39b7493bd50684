"""How much of the way of 5,000 due reminders is spent on never losing or doubling one.

Reminders of sessions go to an SMTP sink on loopback, in a process of its own, three ways that take turns in one run:
only rendered, serialised and sent over one connection; dispatched by the outbox, which claims, fences, keeps a copy and
marks as well; and as a Django project would by itself, each row's session and person looked up, its templates found
and rendered, ``send_messages`` over one connection, each row saved as sent. The latter two are held to equal mails.
"""

import multiprocessing
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from .common import database as a_database
from .common import disconnect, in_turns, set_up
from .figures import Figure, compare, milliseconds

TITLE = "Dispatch"
FAR = datetime(2100, 1, 1, tzinfo=UTC)  # not due before its turn
BOUND = "All ways are bound by rendering three templates for each mail and serialising it."


def figures(quick: bool) -> list[Figure]:
    found = []
    for kind in ("PostgreSQL", "SQLite"):
        # Django can be set up once in a process.
        reader, writer = multiprocessing.Pipe(duplex=False)
        part = multiprocessing.get_context("fork").Process(target=on, args=(kind, quick, writer))
        part.start()
        writer.close()
        found += reader.recv()
        part.join()
    return found


def on(kind: str, quick: bool, answer: Any) -> None:
    with sink() as port, a_database(kind) as address, tempfile.TemporaryDirectory() as folder:
        set_up(folder, address, EMAIL_URL=f"smtp://127.0.0.1:{port}")
        answer.send(measure(kind, *((600, 4) if quick else (4000, 10))))
        disconnect()


@contextmanager
def sink() -> Iterator[int]:
    port, process = start_sink()
    try:
        yield port
    finally:
        process.kill()
        process.join()


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


def measure(kind: str, messages: int, turns: int) -> list[Figure]:
    from supportportal.outbox.models import Message

    owe(messages)
    each = messages // turns // 2
    Message.objects.update(try_at=FAR)
    require_equal_mails(each)
    times: dict[str, list[float]] = {"alone": [], "outbox": [], "django": []}
    send_alone(each)  # templates are compiled once
    for _turn in range(turns):
        for name, way in (("alone", send_alone), ("outbox", dispatch), ("django", by_django)):
            if name != "alone":
                make_due(each)
            times[name] += in_turns({name: lambda way=way: way(each)}, rounds=1, warm=False)[name]
    assert Message.objects.filter(state=Message.State.SENT).count() == each * turns * 2
    about = {
        "database": kind,
        "rows": f"{messages:,} reminders",
        "bound": BOUND,
        "detail": milliseconds(**{name: [one / each for one in times[name]] for name in times}) + " each",
    }
    alone, outbox, django = times["alone"], times["outbox"], times["django"]
    return [
        compare("outbox, mails per second", "rendering and sending alone", alone, outbox, aim="≥ 0.8", **about),
        compare("outbox, mails per second", "Django's own batch way", django, outbox, aim="≥ 2", **about),
    ]


def require_equal_mails(many: int) -> None:
    """The outbox and the plain way send the same mails: nobody is faster by sending less. Nothing is kept."""
    from unittest.mock import patch

    from django.core.mail.backends.smtp import EmailBackend
    from django.db import transaction

    def caught(way: Any) -> list[tuple[Any, ...]]:
        mails: list[Any] = []
        keep = patch.object(EmailBackend, "send_messages", lambda _own, some: (mails.extend(some), len(some))[1])
        with keep, transaction.atomic():
            make_due(many)
            way(many)
            transaction.set_rollback(True)
        return sorted((one.to, one.subject, one.body, [tuple(each)[:2] for each in one.alternatives]) for one in mails)

    ours, plain = caught(dispatch), caught(by_django)
    assert len(ours) == many and ours == plain, "The two ways send different mails."


def make_due(many: int) -> None:
    from django.utils import timezone

    from supportportal.outbox.models import Message

    waiting = Message.objects.filter(try_at=FAR).order_by("pk").values_list("pk", flat=True)[:many]
    Message.objects.filter(pk__in=list(waiting)).update(try_at=timezone.now())


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


def by_django(many: int) -> None:
    """Equal mails, the plain way: row by row, then all of them over one connection, then each saved."""
    from unittest.mock import patch

    from django.core.mail import get_connection
    from django.template.loader import get_template
    from django.utils import timezone

    from supportportal.outbox import rendering
    from supportportal.outbox.gateways.email import build
    from supportportal.outbox.models import Message
    from supportportal.people.models import Firm

    class Rendered:
        def __init__(self, name: str) -> None:
            self.name = name

        def render(self, context: Any) -> str:
            return get_template(self.name).template.render(context)

    due = list(Message.objects.filter(state="planned", try_at__lte=timezone.now()).order_by("try_at", "pk")[:many])
    mails, firm = [], Firm.current()
    with patch.object(rendering, "template", lambda name, code: Rendered(f"messages/{code}/{name}")):
        for message in due:
            message.message_id = rendering.message_id(message)
            subject = rendering.load_subjects([message])[message.pk]
            mails.append(build(rendering.write(message, subject, firm=firm)))
    get_connection().send_messages(mails)
    for message in due:
        message.state, message.sent_at = Message.State.SENT, timezone.now()
        message.save(update_fields=["state", "sent_at", "message_id"])
