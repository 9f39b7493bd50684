"""docker-compose.yml without Docker: two web, three workers and two beats, and what may befall them.

No proxy stands before them: the visitors say what it would. ``make rehearse`` runs it.
"""

import re
import signal
import time

import pytest

from supportportal.outbox import claiming
from tests.fakes.smtp import fake_smtp
from tests.support.processes import wait_until

from .load import Downs, Load, book, more, visitor
from .stage import WORKERS, on_stage

CLIENTS = 4


@pytest.fixture
def smtp():
    with fake_smtp() as fake:
        yield fake


@pytest.fixture
def stage(tmp_path, smtp):
    with on_stage(tmp_path, smtp, clients=CLIENTS) as stage:
        yield stage


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


def test_the_main_way(stage, smtp):
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
    assert stage.query("SELECT state FROM bookings_booking") == [("cancelled",)]

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


def test_what_befalls_it_loses_and_doubles_nothing(stage, smtp):
    """A worker killed, Redis killed, PostgreSQL restarted, under load: trouble only while the thing is down."""
    load, downs = Load(stage, CLIENTS), Downs()
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
    assert [said for begun, ended, said in load.troubles if not downs.touch(begun, ended)] == []

    # What one client has at a time is one; the rest were refused politely.
    known = {reference for (reference,) in stage.query("SELECT reference FROM bookings_booking")}
    assert set(load.booked) <= known

    sent, again = stage.wait_for_what_is_owed(smtp)
    # N-1's one exception: what a crash left unknown goes again under the same Message-ID.
    assert again <= (1 + WORKERS) * claiming.LARGEST
    print(
        f"\n{load.requests} requests, {len(load.booked)} sessions booked, {sent} mails, {again} of them again; "
        f"{len(load.troubles)} failures, all of them while something was down"
    )


def test_each_service_stops_when_it_is_asked_to(stage):
    """TERM ends web, worker and beat within the grace period, in order."""
    for process in [*stage.webs, *stage.workers, *stage.beats]:
        assert process.stop() == 0, process.log.read_text()[-2000:]
