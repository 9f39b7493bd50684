"""What the portal tells others by itself: errors to Sentry, and each minute that all goes well."""

import json
import subprocess
import sys
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from supportportal import logs
from supportportal.watch import deadman, sentry, tasks, ticks
from supportportal.watch.beats import BEAT
from supportportal.watch.models import Heartbeat
from tests.fakes.serving import Fake, serve

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "7.1.zledQOWZ7NfY6oSKBW_vug"
PERSONAL = ["zoe@client.example", "+39 333 1234567", TOKEN, "hunter2", "sessionid", "Bearer", "203.0.113.9"]
EVENT = {
    "level": "error",
    "timestamp": "2026-11-22T10:00:00Z",
    "user": {"id": "7", "ip_address": "203.0.113.9"},
    "request": {
        "method": "POST",
        "url": f"https://portal.example/s/{TOKEN}/change/?mail=zoe@client.example",
        "query_string": "mail=zoe@client.example",
        "cookies": {"sessionid": "hunter2"},
        "headers": {"Authorization": "Bearer hunter2"},
        "data": {"password": "hunter2"},
        "env": {"REMOTE_ADDR": "203.0.113.9"},
    },
    "logentry": {"message": "Not sent to %s", "params": ["zoe@client.example", ["+39 333 1234567"]]},
    "exception": {
        "values": [
            {
                "type": "ValueError",
                "value": f"no page /m/{TOKEN}/ for zoe@client.example",
                "stacktrace": {"frames": [{"filename": "site-packages/a_file_with_a_long_name.py", "lineno": 7}]},
            }
        ]
    },
    "breadcrumbs": {"values": [{"message": f"GET /own-data/{TOKEN}/?a=hunter2", "data": {"to": "zoe@client.example"}}]},
}


def test_an_event_keeps_what_broke_and_loses_whom_it_was_for():
    token = logs.request_id.set("0123456789abcdef")
    sent = sentry.blanked(json.loads(json.dumps(EVENT)), {})
    logs.request_id.reset(token)
    text = json.dumps(sent, ensure_ascii=False)
    assert [word for word in PERSONAL if word in json.dumps(EVENT)] == PERSONAL  # else it would prove nothing
    assert [word for word in PERSONAL if word in text] == []
    assert sent["request"] == {"method": "POST", "url": "https://portal.example/s/…/change/"}
    assert sent["exception"]["values"][0]["value"] == "no page /m/…/ for …"
    assert sent["exception"]["values"][0]["stacktrace"] == EVENT["exception"]["values"][0]["stacktrace"]
    assert sent["timestamp"] == EVENT["timestamp"]
    assert sent["tags"] == {"request": "0123456789abcdef"}


def test_nothing_personal_is_asked_of_the_package(monkeypatch):
    given = {}
    monkeypatch.setitem(sys.modules, "sentry_sdk", SimpleNamespace(init=given.update))
    sentry.start("https://key@sentry.example/1")
    assert (given["send_default_pii"], given["include_local_variables"]) == (False, False)
    assert given["max_request_body_size"] == "never"
    assert given["before_send"] is sentry.blanked
    assert given["before_breadcrumb"]({"message": "to zoe@client.example"}, {}) == {"message": "to …"}


def test_a_missing_package_is_told_with_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    with pytest.raises(ImproperlyConfigured, match='pip install "sentry-sdk'):
        sentry.start("https://key@sentry.example/1")


def test_a_dsn_without_the_package_stops_the_start_with_one_line(tmp_path):
    hidden = tmp_path / "sentry_sdk.py"
    hidden.write_text("raise ImportError")
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={
            "VAR_DIR": str(tmp_path),
            "ENV_FILE": "",
            "PYTHONPATH": str(tmp_path),
            "SENTRY_DSN": "https://k@s.example/1",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "sentry-sdk is not installed" in done.stderr


# -- the dead man's address --------------------------------------------------------------------------------------------


class Watcher(Fake):
    """Somebody outside who waits for a sign of life."""

    def __init__(self):
        super().__init__()
        self.asked, self.status, self.hangs = [], 200, False


@pytest.fixture
def watcher(settings):
    fake = Watcher()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            fake.asked.append(self.path)
            if fake.hangs:
                fake.hang()
            self.send_response(fake.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    with serve(fake, ThreadingHTTPServer(("127.0.0.1", 0), Handler)):
        settings.DEADMAN_URL = f"http://127.0.0.1:{fake.port}/ping/secret-of-the-check"
        yield fake


@pytest.fixture
def alive(db):
    now = timezone.now()
    for name in [BEAT, *ticks.intervals()]:
        Heartbeat.objects.create(name=name, at=now, since=now - timedelta(hours=1))


def test_while_all_goes_well_somebody_outside_is_told(alive, watcher):
    tasks.say_alive()
    assert watcher.asked == ["/ping/secret-of-the-check"]


def test_once_something_grave_is_found_nobody_is_told(alive, watcher, caplog):
    Heartbeat.objects.filter(name="supportportal.outbox.tasks.deliver_sms").update(
        at=timezone.now() - timedelta(hours=1)
    )
    tasks.say_alive()
    assert watcher.asked == []
    assert "The tick supportportal.outbox.tasks.deliver_sms has not come to its end" in caplog.text


def test_without_an_address_nothing_is_asked(alive, settings, django_assert_num_queries):
    settings.DEADMAN_URL = ""
    with django_assert_num_queries(0):
        tasks.say_alive()


@pytest.mark.parametrize(
    ("status", "said"), [(200, ""), (302, "answered 302"), (500, "answered 500")], ids=["well", "elsewhere", "broken"]
)
def test_what_is_answered_is_looked_at_and_followed_nowhere(watcher, caplog, status, said):
    watcher.status = status
    assert deadman.say_alive() is not bool(said)
    assert said in caplog.text
    assert len(watcher.asked) == 1
    assert "secret-of-the-check" not in caplog.text


def test_nobody_is_waited_for_long(watcher, monkeypatch, caplog):
    watcher.hangs = True
    monkeypatch.setattr(deadman, "ANSWER_WITHIN", 0.2)
    assert deadman.say_alive() is False
    assert "cannot be reached (ReadTimeout)" in caplog.text
    assert "secret-of-the-check" not in caplog.text
