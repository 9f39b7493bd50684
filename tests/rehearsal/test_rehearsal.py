"""docker-compose.yml without Docker: two web, three workers and two beats, and what may befall them.

No proxy stands before them: the visitors say what it would. ``make rehearse`` runs it.
"""

import contextlib
import random
import re
import signal
import threading
import time
from dataclasses import dataclass, field

import psycopg
import pytest

from supportportal.outbox import claiming
from tests.factories import PASSWORD
from tests.fakes.smtp import fake_smtp
from tests.support.processes import wait_until

from .stage import Stage
from .visitor import Visitor

WORKERS = 3
CLIENTS = 4
RECOVERY = 5  # seconds after which nothing may fail any more: connections are checked, Redis asked again


@pytest.fixture
def smtp():
    with fake_smtp() as fake:
        yield fake


@pytest.fixture
def stage(tmp_path, smtp):
    (tmp_path / "var").mkdir()
    stage = Stage(
        tmp_path,
        EMAIL_URL=smtp.url,
        EMAIL_TIMEOUT="1",
        SMS_TIMEOUT="1",
        OUTBOX_LEASE="10",  # so that a killed worker's mails need not wait ten minutes
        INBOUND_DOMAIN="",
    )
    try:
        stage.run("python", "manage.py", "collectstatic", "--no-input", "--verbosity=0")
        stage.once("migrate")
        stage.run("python", "-m", "tests.rehearsal.furnish", str(CLIENTS), "6")
        stage.webs = [stage.start("web", number) for number in (1, 2)]
        stage.workers = [stage.start("worker", number) for number in range(1, WORKERS + 1)]
        stage.beats = [stage.start("beat", number) for number in (1, 2)]
        for web in stage.webs:
            stage.wait_for(web)
        yield stage
    finally:
        stage.end()


@pytest.fixture
def database(stage):
    return lambda sql: _query(next(iter(stage.addresses.values())), sql)


def _query(address, sql):
    with psycopg.connect(address) as connection:
        return connection.execute(sql).fetchall()


def visitor(stage, number=0):
    return Visitor([web.port for web in stage.webs], address=f"203.0.113.{number + 1}")


def mail_to(smtp, address, subject):
    def arrived():
        for recipient, raw in reversed(list(smtp.accepted)):
            if recipient == address and subject in raw.decode(errors="replace"):
                return next(one for one in smtp.parsed() if subject in (one["Subject"] or "") and address in one["To"])
        return None

    return wait_until(arrived, seconds=60, what=f"a mail to {address}: {subject}")


def text_of(mail):
    return mail.get_body(("plain",)).get_content()


def link_in(mail, action):
    return re.search(rf"https://support\.example\.org(/\S+/{action}/)", text_of(mail)).group(1)


def book(visitor, pick):
    """Go the way from the picker to the session's page; its reference, or None if the time was just taken."""
    page = visitor.get("/book/quick/")
    page = visitor.submit(page, "start", start=pick(page.form_with("start").choices["start"]))
    if "topic" not in page.text:
        return None
    page = visitor.submit(page, "topic", topic="The year's end", terms="on")
    booked = re.fullmatch(r"/sessions/([^/?]+)/(\?.*)?", page.path)
    return booked.group(1) if booked and page.status == 200 else None


def test_the_main_way(stage, smtp, database):
    """A code by mail, a session, its invitation, moved and cancelled by the links; a complaint and its receipt."""
    anna, address = visitor(stage), "client0@client.example"
    page = anna.get("/accounts/login/code/")
    page = anna.submit(page, "email", email=address)
    code = mail_to(smtp, address, "is your sign-in code")["Subject"].split()[0]
    anna.submit(page, "code", code=code)
    assert anna.get("/profile/").path == "/profile/"

    reference = book(anna, lambda starts: starts[-1])
    assert reference
    confirmation = mail_to(smtp, address, "Booked")
    assert any(part.get_content_type() == "text/calendar" for part in confirmation.walk())

    stranger = visitor(stage, 1)
    page = stranger.get(link_in(confirmation, "change"))
    starts = page.form_with("start").choices["start"]
    page = stranger.submit(page, "start", start=starts[0], reason="other")
    assert page.status == 200
    moved = mail_to(smtp, address, "New time")
    page = stranger.get(link_in(moved, "cancel"))
    page = stranger.submit(page, "reason", reason="other")
    assert page.status == 200
    mail_to(smtp, address, "Cancelled")
    assert database("SELECT state FROM bookings_booking") == [("cancelled",)]

    page = stranger.get("/complaint/")
    said = {
        "name": "Bruno Neri",
        "email": "bruno@client.example",
        "summary": "Nobody called back.",
        "subject": "service",
    }
    page = stranger.submit(page, "summary", **said)
    assert page.status == 200
    mail_to(smtp, "bruno@client.example", "complaint")


def signed_in(stage, number):
    one = visitor(stage, number)
    page = one.get("/accounts/login/")
    page = one.submit(page, "password", login=f"client{number}@client.example", password=PASSWORD)
    assert "sessionid" in one.cookies, f"{page.status} {page.path} {page.text[:3000]}"
    return one


@dataclass
class Load:
    """Clients who book and cancel without a pause, and what became of each attempt."""

    stage: Stage
    ending: threading.Event = field(default_factory=threading.Event)
    booked: list[str] = field(default_factory=list)
    troubles: list[tuple[float, str]] = field(default_factory=list)
    requests: int = 0
    faults: list[str] = field(default_factory=list)

    def run(self):
        people = [signed_in(self.stage, number) for number in range(CLIENTS)]
        crowd = [threading.Thread(target=self._client, args=(one, random.Random(n))) for n, one in enumerate(people)]
        for one in crowd:
            one.start()
        return crowd

    def _client(self, one, chance):
        try:
            while not self.ending.is_set():
                self._attempt(one, chance)
                self.requests += len(one.statuses)
                one.statuses.clear()
        except Exception as error:  # a thread's fault has to reach the test
            self.faults.append(f"{type(error).__name__}: {error}")

    def _attempt(self, one, chance):
        try:
            reference = book(one, chance.choice)
            if reference:
                self.booked.append(reference)
                if chance.random() < 0.7:
                    page = one.get(f"/sessions/{reference}/")
                    link = re.search(r'"(/s/[^"]+/cancel/)"', page.text)
                    if link:
                        one.submit(one.get(link.group(1)), "reason", reason="other")
        except (OSError, AssertionError) as error:
            self.troubles.append((time.monotonic(), repr(error)[:300]))
            self.ending.wait(0.2)
        bad = [status for status in one.statuses if status >= 500]
        self.troubles += [(time.monotonic(), str(status)) for status in bad]


@dataclass
class Downs:
    """From when until when something was down."""

    spans: list[tuple[float, float]] = field(default_factory=list)

    @contextlib.contextmanager
    def span(self):
        began = time.monotonic()
        yield
        self.spans.append((began, time.monotonic() + RECOVERY))

    def covers(self, instant):
        return any(began <= instant <= ended for began, ended in self.spans)


def test_what_befalls_it_loses_and_doubles_nothing(stage, smtp, database):
    """A worker killed, Redis killed, PostgreSQL restarted, under load: trouble only while the thing is down."""
    load, downs = Load(stage), Downs()
    crowd = load.run()
    try:
        wait_until(lambda: load.faults or len(load.booked) >= 8, seconds=120, what="the load to begin")
        smtp.pace = 0.02
        stage.workers[0].kill()
        stage.workers.append(stage.start("worker", WORKERS + 1))
        more(load, 6)
        with downs.span():
            stage.redis.end(signal.SIGKILL)
            time.sleep(2)
            stage.redis.start_again()
        more(load, 6)
        with downs.span():
            stage.postgresql.end(signal.SIGINT)  # what "restart" sends: whoever is connected is cut off
            stage.postgresql.start_again()
        more(load, 6)
        smtp.pace = 0
    finally:
        load.ending.set()
        for one in crowd:
            one.join(60)
    assert load.faults == []
    assert [said for instant, said in load.troubles if not downs.covers(instant)] == []

    # What one client has at a time is one; the rest were refused politely.
    known = {reference for (reference,) in database("SELECT reference FROM bookings_booking")}
    assert set(load.booked) <= known

    def settled():
        states = dict(database("SELECT state, count(*) FROM outbox_message WHERE due_at <= now() GROUP BY state"))
        return not {"planned", "sending", "retrying", "unknown"} & states.keys()

    wait_until(settled, seconds=120, what="everything owed to be sent")
    assert not database("SELECT 1 FROM outbox_message WHERE state = 'failed'")
    sent = {
        one for (one,) in database("SELECT message_id FROM outbox_message WHERE state = 'sent' AND channel = 'email'")
    }
    arrived = smtp.message_ids()
    assert sent - arrived.keys() == set()
    # N-1's one exception: what a crash left unknown goes again under the same Message-ID.
    again = sum(arrived.values()) - len(arrived)
    assert again <= (1 + WORKERS) * claiming.LARGEST
    print(
        f"\n{load.requests} requests, {len(load.booked)} sessions booked, {len(sent)} mails, {again} of them again; "
        f"{len(load.troubles)} failures, all of them while something was down"
    )


def more(load, count):
    goal = len(load.booked) + count
    wait_until(lambda: load.faults or len(load.booked) >= goal, seconds=120, what="more sessions to be booked")
    assert load.faults == []


def test_each_service_stops_when_it_is_asked_to(stage):
    """TERM ends web, worker and beat within the grace period, in order."""
    for process in [*stage.webs, *stage.workers, *stage.beats]:
        assert process.stop() == 0, process.log.read_text()[-2000:]
