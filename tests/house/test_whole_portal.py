"""Web, worker and beat at work on this run's database and broker, with a real SMTP server before them."""

import os
import time

import psutil
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from tests.factories import FirmFactory, UserFactory
from tests.fakes.smtp import fake_smtp
from tests.support.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
AIM_SECONDS = 5


@pytest.fixture
def smtp():
    with fake_smtp() as fake:
        yield fake


@pytest.fixture
def working(portal, smtp):
    """The portal, up, on the database of this test."""
    shared = {name: os.environ[name] for name in ("SECRET_KEY", "REDIS_URL") if name in os.environ}
    running = portal(DATABASE_URL=database_url(), EMAIL_URL=smtp.url, **shared)
    running.wait_until_up()
    return running


def database_url() -> str:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    password = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
    return f"postgresql://{database['USER']}{password}@{database['HOST']}:{database['PORT']}/{database['NAME']}"


def seconds_until_the_code_arrives(smtp, person) -> float:
    asked = time.monotonic()
    Client().post("/accounts/login/code/", {"email": person.email})
    wait_until(lambda: person.email in smtp.recipients, seconds=60, what="the sign-in code")
    return time.monotonic() - asked


def test_a_message_leaves_within_seconds_and_again_after_the_worker_was_killed(working, smtp):
    assert settings.CELERY_BROKER_URL.startswith("redis" if connection.vendor == "postgresql" else "filesystem")
    FirmFactory()
    first, second = UserFactory.create_batch(2)
    seconds_until_the_code_arrives(smtp, first)  # the first one waits for the worker's start

    (worker,) = [one for one in psutil.Process(working.process.pid).children() if "worker" in one.cmdline()]
    worker.kill()
    wait_until(lambda: "The worker ended" in working.log.read_text(), what="the supervisor to notice")
    seconds_until_the_code_arrives(smtp, second)

    # The best of three: the machine may be busy with other tests.
    others = UserFactory.create_batch(3)
    assert min([seconds_until_the_code_arrives(smtp, person) for person in others]) < AIM_SECONDS
    assert smtp.recipients == [person.email for person in (first, second, *others)]
