"""Real Celery workers, over the broker of this run, killed while they send: ten times, at random moments."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from django.db import connection
from django.utils import timezone

from supportportal.outbox import claiming, operations, tasks
from supportportal.outbox.models import Message
from supportportal.outbox.notices import NOBODY
from supportportal.outbox.operations import Owed
from tests.factories import FirmFactory
from tests.fakes.serving import Mode
from tests.fakes.smtp import fake_smtp
from tests.support.processes import die_with_parent

MAILS, KILLS, THREADS = 250, 10, 4
pytestmark = pytest.mark.django_db(transaction=True)


class Worker:
    """One ``celery worker`` on the test's database, its mails going to the fake server."""

    def __init__(self, smtp, app):
        environment = {
            **os.environ,
            "DATABASE_URL": _database_url(),
            "EMAIL_URL": smtp.url,
            "EMAIL_TIMEOUT": "1",
            "SMS_TIMEOUT": "1",
            "OUTBOX_LEASE": "10",
            "DEMO": "0",
        }
        command = [sys.executable, "-m", "celery", "-A", app, "worker", "--pool=threads", f"--concurrency={THREADS}"]
        quiet = ["--loglevel=ERROR", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        self.process = subprocess.Popen(
            [*command, *quiet],
            env=environment,
            preexec_fn=die_with_parent,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _database_url():
    own = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{own['NAME']}"
    secret = f":{own['PASSWORD']}" if own["PASSWORD"] else ""
    return f"postgresql://{own['USER']}{secret}@{own['HOST']}:{own['PORT']}/{own['NAME']}"


def owe_mails():
    FirmFactory()
    at = timezone.now()
    operations.plan(
        [
            Owed("account_access", NOBODY, at, address=f"p{n}@client.example", language="en", time_zone="UTC")
            for n in range(MAILS)
        ],
        at=at,
    )


def is_settled():
    return not Message.objects.exclude(state=Message.State.SENT).exists()


def tick_until(condition, seconds):
    """Do beat's work, only faster."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, Counter(Message.objects.values_list("state", "note"))
        tasks.deliver_email.apply_async(expires=2)
        tasks.reconcile.apply_async(expires=2)
        time.sleep(0.2)


def work_until(condition, smtp, app="supportportal"):
    """Let one worker send until ``condition``, and kill it."""
    worker = Worker(smtp, app)
    try:
        tick_until(condition, seconds=120)
    finally:
        worker.kill()


def test_ten_kills_lose_nothing_and_repeat_at_most_a_chunk_each():
    with fake_smtp() as smtp:
        owe_mails()
        smtp.pace = 0.02
        for _ in range(KILLS):
            goal = len(smtp.accepted) + random.randint(1, MAILS // KILLS // 2)
            work_until(lambda goal=goal: len(smtp.accepted) >= goal or is_settled(), smtp)
        smtp.pace = 0
        work_until(is_settled, smtp)
    counts = smtp.message_ids()
    assert set(smtp.recipients) == {f"p{n}@client.example" for n in range(MAILS)}
    assert len(counts) == MAILS  # what came twice came under the same Message-ID
    assert sum(counts.values()) - MAILS <= KILLS * claiming.LARGEST


def test_workers_that_mark_first_lose_mails():
    with fake_smtp() as smtp:
        owe_mails()
        smtp.mode = Mode.HANG  # so that whatever is marked has not been taken
        work_until(Message.objects.filter(state=Message.State.SENT).exists, smtp, "tests.storms.careless")
        smtp.mode = Mode.ACCEPT
        work_until(is_settled, smtp)
    assert len(smtp.message_ids()) < MAILS
