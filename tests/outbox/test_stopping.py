"""A worker that is asked to end finishes what it has in hand; nothing is left claimed, nothing goes twice."""

import os
import re
import signal
import subprocess
import sys
from collections import Counter

import pytest
from django.utils import timezone

from supportportal.outbox import delivery, operations, tasks
from supportportal.outbox.models import Gateway, Message
from supportportal.outbox.notices import NOBODY
from supportportal.outbox.operations import Owed
from supportportal.watch import stopping
from supportportal.watch.models import Heartbeat
from tests.factories import FirmFactory
from tests.fakes.smtp import fake_smtp
from tests.storms.test_worker_kills import _database_url
from tests.support.processes import die_with_parent, wait_until

from .helpers import owe

MAILS = 80


@pytest.fixture
def worker(tmp_path):
    """A real ``celery worker`` on the test's database, sending to a slow mail server."""
    with fake_smtp() as smtp:
        smtp.pace = 0.25
        log = tmp_path / "log"
        environment = {**os.environ, "DATABASE_URL": _database_url(), "EMAIL_URL": smtp.url, "DEMO": "0"}
        environment |= {"LOG_LEVEL": "INFO", "LOG_FORMAT": "json"}
        quiet = ["--loglevel=INFO", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "supportportal", "worker", *quiet],
                env=environment,
                preexec_fn=die_with_parent,
                start_new_session=True,
                stdout=out,
                stderr=out,
            )
        process.log = log
        yield process, smtp
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def owe_mails():
    FirmFactory()
    at = timezone.now()
    one = {"language": "en", "time_zone": "UTC"}
    operations.plan(
        [Owed("account_access", NOBODY, at, address=f"p{n}@client.example", **one) for n in range(MAILS)], at=at
    )


def states():
    return Counter(Message.objects.values_list("state", flat=True))


def send_some(process, smtp):
    owe_mails()
    tasks.deliver_email.apply_async(headers={"portal_request": "asked-for-by-a-request"})
    wait_until(lambda: len(smtp.accepted) >= 5 or process.poll() is not None, seconds=120, what="the worker to send")
    assert process.poll() is None, process.log.read_text()


@pytest.mark.django_db(transaction=True)
def test_a_worker_asked_to_end_marks_what_it_has_sent_and_releases_the_rest(worker):
    process, smtp = worker
    send_some(process, smtp)
    process.terminate()
    assert process.wait(60) == 0, process.log.read_text()
    found = states()
    assert set(found) <= {"sent", "retrying", "planned"}
    assert 5 <= found["sent"] == len(smtp.accepted) < MAILS
    assert not Message.objects.exclude(state="sent").exclude(attempts=0).exists()
    assert not Gateway.objects.filter(paused_until__isnull=False).exists()
    assert Heartbeat.objects.filter(name="supportportal.outbox.tasks.deliver_email").exists()
    assert re.search(r'"request": "asked-for-by-a-request"', process.log.read_text())


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_leaves_claims_behind(worker):
    """What the test above would see if nothing were finished."""
    process, smtp = worker
    send_some(process, smtp)
    process.kill()
    process.wait()
    assert states()["sending"] > 0


@pytest.mark.django_db
def test_sending_stops_between_two_messages(person, smtp, clock, monkeypatch):
    first, second, third = owe(person), owe(person), owe(person)
    asked = iter([False, False, True])
    monkeypatch.setattr(stopping, "has_begun", lambda: next(asked))
    delivery.deliver_due("email", clock=clock)
    states = dict(Message.objects.values_list("pk", "state"))
    assert states == {first.pk: "sent", second.pk: "sent", third.pk: "retrying"}
    released = Message.objects.get(pk=third.pk)
    assert (released.attempts, released.try_at, released.lease_until, released.token) == (0, clock(), None, None)
    monkeypatch.setattr(stopping, "has_begun", lambda: False)
    delivery.deliver_due("email", clock=clock)
    assert len(smtp.accepted) == 3
