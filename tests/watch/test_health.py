"""What machines that watch the portal may ask, and who may ask it."""

import socket
from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from supportportal.outbox import pauses, restored
from supportportal.outbox.models import Message
from supportportal.watch import readiness, ticks
from supportportal.watch.beats import BEAT
from supportportal.watch.models import Heartbeat
from tests.support.processes import free_port

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-the-test-and-long"
FEEDS = ["/health/jobs", "/metrics"]


@pytest.fixture
def alive():
    now = timezone.now()
    for name in [BEAT, *ticks.intervals()]:
        Heartbeat.objects.create(name=name, at=now, since=now - timedelta(hours=5))


def test_the_process_is_healthy_whatever_the_database_does(client, monkeypatch, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/healthz").content == b"ok"


def test_a_portal_that_has_all_it_needs_is_ready(client, django_assert_max_num_queries):
    client.get("/readyz")
    with django_assert_max_num_queries(5):
        answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_a_database_behind_the_code_is_not_ready(client):
    MigrationRecorder(connection).record_unapplied("outbox", "0001_initial")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content.decode()) == (503, readiness.BEHIND)


def test_a_database_ahead_of_the_code_serves_on_and_says_so(client):
    MigrationRecorder(connection).record_applied("outbox", "9999_from_the_future")
    MigrationRecorder(connection).record_applied("an_app_that_is_gone", "0001_initial")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content.decode()) == (200, f"ok\n{readiness.AHEAD}")
    assert readiness.ahead() == {("outbox", "9999_from_the_future")}


def test_a_database_that_does_not_answer_is_said_without_its_name(client, monkeypatch):
    def refuse(*args, **kwargs):
        from django.db import OperationalError

        raise OperationalError('connection to server at "10.0.0.7" failed for user "portal"')

    monkeypatch.setattr(MigrationRecorder, "applied_migrations", refuse)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content.decode()) == (503, readiness.NO_DATABASE)


@pytest.mark.parametrize("silent", [True, False], ids=["hangs", "is down"])
def test_redis_that_does_not_answer_is_said_soon(client, settings, silent, monkeypatch):
    monkeypatch.setattr(readiness, "ANSWER_WITHIN", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1] if silent else free_port()
        settings.REDIS_URL = f"redis://:hunter2@127.0.0.1:{port}/0"
        readiness._redis.cache_clear()
        answer = client.get("/readyz")
    readiness._redis.cache_clear()
    assert (answer.status_code, answer.content.decode()) == (503, readiness.NO_REDIS)


def test_a_queue_that_cannot_be_written_to_is_said(client, settings, tmp_path):
    settings.REDIS_URL, settings.QUEUE_DIR = "", tmp_path / "gone"
    assert client.get("/readyz").content.decode() == readiness.NO_QUEUE


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize(
    ("token", "asked", "status"),
    [
        pytest.param("", {}, 200, id="this machine, where no token is set"),
        pytest.param("", {"REMOTE_ADDR": "::1"}, 200, id="this machine, the new way"),
        pytest.param("", {"REMOTE_ADDR": "192.0.2.7"}, 404, id="another machine"),
        pytest.param("", {"REMOTE_ADDR": ""}, 404, id="a socket file"),
        pytest.param("", {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, 404, id="through a proxy on this machine"),
        pytest.param("", {"HTTP_FORWARDED": "for=127.0.0.1"}, 404, id="through a proxy of the new kind"),
        pytest.param("", {"HTTP_VIA": "1.1 cache"}, 404, id="through a cache"),
        pytest.param("", {"HTTP_AUTHORIZATION": "Bearer ", "REMOTE_ADDR": "192.0.2.7"}, 404, id="an empty token"),
        pytest.param(TOKEN, {}, 401, id="this machine without the token"),
        pytest.param(TOKEN, {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}, 200, id="the token"),
        pytest.param(TOKEN, {"HTTP_AUTHORIZATION": f"bearer {TOKEN}"}, 200, id="the token, scheme in small letters"),
        pytest.param(TOKEN, {"HTTP_AUTHORIZATION": f"Bearer {TOKEN[:-1]}"}, 401, id="nearly the token"),
        pytest.param(TOKEN, {"HTTP_AUTHORIZATION": f"Basic {TOKEN}"}, 401, id="the token as something else"),
        pytest.param(TOKEN, {"HTTP_AUTHORIZATION": "Bearer tokèn"}, 401, id="no plain letters"),
    ],
)
def test_who_may_ask_how_it_goes(client, settings, alive, feed, token, asked, status):
    settings.METRICS_TOKEN = token
    answer = client.get(feed, **asked)
    assert answer.status_code == status
    if status != 200:
        assert answer.content == b""


def test_all_well_is_said(client, alive):
    answer = client.get("/health/jobs")
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "problems": [], "warnings": []})


def test_a_portal_where_nothing_ticks_is_not_well(client):
    answer = client.get("/health/jobs")
    assert answer.status_code == 503
    assert [problem["code"] for problem in answer.json()["problems"]] == ["beat"]


def owed(state=Message.State.PLANNED, channel="email", waited=timedelta(), **rest):
    then = timezone.now() - waited
    Message.objects.create(
        key=f"k{Message.objects.count()}",
        **{"kind": "k", "channel": channel, "state": state, "subject_type": "t", "subject_id": 1, **rest},
        due_at=then,
        try_at=then,
        created_at=then,
    )


def hold_and_owe():
    restored.hold(timezone.now() - LONG, at=timezone.now())
    owed(waited=LONG)


def pause(times, reason="the provider cannot be reached: to anna@example.org"):
    for _ in range(times):
        pauses.pause("smtp", reason, at=timezone.now())


LONG = timedelta(minutes=4)


@pytest.mark.parametrize(
    ("make", "problems", "warnings"),
    [
        pytest.param(lambda: owed(waited=timedelta(minutes=2)), [], [], id="waits a little"),
        pytest.param(lambda: owed(waited=LONG), ["outbox.waiting"], [], id="waits long"),
        pytest.param(lambda: owed("retrying", "sms", LONG), ["outbox.waiting"], [], id="a text waits long"),
        pytest.param(lambda: owed(waited=-LONG), [], [], id="not due yet"),
        pytest.param(
            lambda: owed("sending", lease_until=timezone.now() - LONG), ["outbox.left"], [], id="left by a sender"
        ),
        pytest.param(lambda: owed("failed", note="no such mailbox"), [], ["outbox.failed"], id="a dead letter"),
        pytest.param(lambda: owed("failed", waited=timedelta(days=31)), [], [], id="an old dead letter"),
        pytest.param(lambda: owed("failed", note="could not be written: KeyError"), [], ["outbox.poison"], id="poison"),
        pytest.param(hold_and_owe, ["outbox.held"], [], id="held after a restore"),
        pytest.param(lambda: pause(1), [], ["outbox.paused"], id="a short pause"),
        pytest.param(lambda: pause(3), ["outbox.paused"], [], id="a pause after many failures"),
        pytest.param(lambda: pause(9, "no way out for e-mail is set up (EMAIL_URL)"), [], ["outbox.paused"], id="none"),
    ],
)
def test_what_happens_to_messages_is_told(client, alive, make, problems, warnings):
    make()
    answer = client.get("/health/jobs")
    found = answer.json()
    assert answer.status_code == (503 if problems else 200)
    assert [problem["code"] for problem in found["problems"]] == problems
    assert [warning["code"] for warning in found["warnings"]] == warnings
    assert "anna@" not in answer.content.decode()
