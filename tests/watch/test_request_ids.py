"""The number of a request: in its log lines, its answer, its tasks, and on the page of an error."""

import io
import json
import logging
import logging.config

import pytest
from celery import shared_task
from celery import signals as celery_signals
from django.conf import settings as configured

from supportportal import logs
from supportportal.people.models import Firm
from supportportal.watch import signals

PROXIED = {"HTTP_X_FORWARDED_FOR": "192.0.2.1"}
OURS = "req-0123456789abcdef"


@pytest.mark.parametrize(
    ("proxies", "headers", "taken"),
    [
        pytest.param(1, PROXIED, True, id="from our proxy"),
        pytest.param(2, {"HTTP_X_FORWARDED_FOR": "192.0.2.1, 10.0.0.1"}, True, id="from two of them"),
        pytest.param(0, PROXIED, False, id="no proxy is ours"),
        pytest.param(1, {}, False, id="past the proxy"),
        pytest.param(2, PROXIED, False, id="past one of two"),
    ],
)
def test_a_number_is_taken_over_from_our_own_proxy_alone(client, settings, proxies, headers, taken):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    answer = client.get("/healthz", HTTP_X_REQUEST_ID=OURS, **headers)
    assert (answer["X-Request-ID"] == OURS) is taken
    assert len(answer["X-Request-ID"]) >= 16


@pytest.mark.parametrize("odd", ["short", "x" * 65, "with space in it", "a\nforged: line", "<script>alert", "è" * 9])
def test_odd_numbers_are_replaced(client, settings, odd):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert client.get("/healthz", HTTP_X_REQUEST_ID=odd, **PROXIED)["X-Request-ID"] != odd


def test_each_request_has_its_own(client):
    assert client.get("/healthz")["X-Request-ID"] != client.get("/healthz")["X-Request-ID"]


@pytest.fixture
def written():
    """What the portal's own configuration has written since it was last asked, line by line, as JSON."""
    root, stream = logging.getLogger(), io.StringIO()
    before = root.handlers[:]
    made = json.loads(json.dumps(configured.LOGGING))
    made["handlers"]["console"]["formatter"] = "json"
    logging.config.dictConfig(made)
    (console,) = root.handlers
    console.setStream(stream)

    def written():
        lines = [json.loads(line) for line in stream.getvalue().splitlines()]
        stream.truncate(stream.seek(0))
        return lines

    yield written
    root.handlers[:] = before


@pytest.fixture(autouse=True)
def no_heartbeats(monkeypatch):
    monkeypatch.setattr(signals._pulse, "beat", lambda *args: None)


@pytest.mark.django_db
def test_the_line_on_a_status_bears_the_number_too(client, written):
    number = client.get("/legal/nowhere/")["X-Request-ID"]
    (line,) = written()
    assert (line["message"], line["request"]) == ("Not Found: /legal/nowhere/", number)


def test_every_line_of_a_request_bears_its_number(client, written, monkeypatch):
    def fail():
        logging.getLogger("a.library").warning("as it happens")
        raise RuntimeError

    monkeypatch.setattr(Firm, "current", staticmethod(fail))
    client.raise_request_exception = False
    answer = client.get("/firm.css")
    number, lines = answer["X-Request-ID"], written()
    assert len(lines) >= 3  # the library's, the traceback's, the reference's
    assert {line["request"] for line in lines} == {number}
    assert f"<code>{number}</code>" in answer.content.decode()
    logging.getLogger("after").warning("done")
    assert written()[0]["request"] == "-"


@shared_task(name="tests.says")
def says():
    logging.getLogger("a.task").warning("at work")


def test_a_task_bears_the_number_of_the_request_that_asked_for_it(written):
    token = logs.request_id.set(OURS)
    headers = {}
    try:
        celery_signals.before_task_publish.send(sender="tests.says", headers=headers)
    finally:
        logs.request_id.reset(token)
    says.apply(headers=headers)
    assert [line["request"] for line in written()] == [OURS]


def test_a_tick_bears_the_number_of_its_own_run(written):
    result = says.apply()
    (line,) = written()
    assert line["request"] == result.id
    logging.getLogger("after").warning("done")
    assert written()[0]["request"] == "-"
