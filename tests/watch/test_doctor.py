"""What the doctor finds, each told in a plain sentence; with nothing of it wrong, the doctor is silent about it."""

import io
import json
import subprocess
import sys
import zoneinfo
from collections import namedtuple
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from bookings import cells
from supportportal import providers
from supportportal.outbox import doctor_checks as outbox_checks
from supportportal.watch import beats, checks_machine, checks_settings, doctor, proxies, readiness, ticks
from supportportal.watch.beats import BACKUP, BEAT
from supportportal.watch.doctor import Visit
from supportportal.watch.models import Heartbeat
from supportportal.watch.troubles import Trouble
from tests.factories import FirmFactory, StaffFactory
from tests.support.certificates import make, serving
from tests.support.processes import free_port
from tests.support.tls import tls_server, tls_smtp

ROOT = Path(__file__).resolve().parents[2]
Disk = namedtuple("Disk", "total used free")


@pytest.fixture
def well(settings, db, tmp_path):
    """A portal with nothing wrong, as far as settings and the database tell."""
    settings.SECRET_KEY = "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijkl"
    settings.METRICS_TOKEN = "a-token-of-the-test-and-long"
    settings.SITE_URL, settings.HTTPS = "https://support.example.org", True
    settings.ALLOWED_HOSTS, settings.ALLAUTH_TRUSTED_PROXY_COUNT = ["support.example.org"], 1
    settings.EMAIL_BACKEND = providers.SMTP
    settings.TWILIO = {**settings.TWILIO, "ACCOUNT_SID": "AC1", "AUTH_TOKEN": "t", "FROM": "+390600000"}
    settings.VAR_DIR, settings.PRIVATE_FILES_ROOT = tmp_path, tmp_path / "private"
    now = timezone.now()
    for name in [BEAT, BACKUP, *ticks.intervals()]:
        Heartbeat.objects.create(name=name, at=now, since=now - timedelta(hours=1))
    FirmFactory(contact_email="help@firm.example", postal_address="Via Uno 1, Roma")
    StaffFactory(is_superuser=True)
    settings.DEBUG = settings.DEMO = False
    return settings


def codes(check, connect=False):
    return [one.code for one in check(Visit(timezone.now(), connect))]


def graves():
    return {one.code for one in doctor.examine(Visit(timezone.now())) if one.grave}


def test_nothing_is_wrong_with_a_portal_that_is_well(well):
    assert doctor.examine(Visit(timezone.now())) and not graves()  # what is left concerns the people and the terms


@pytest.mark.parametrize(
    ("change", "found"),
    [
        pytest.param({"SECRET_KEY": "short"}, "secret_key", id="short key"),
        pytest.param({"SECRET_KEY": "ab" * 50}, "secret_key", id="dull key"),
        pytest.param({"METRICS_TOKEN": ""}, "metrics_token", id="nobody may watch"),
        pytest.param({"DEBUG": True}, "debug", id="DEBUG"),
        pytest.param({"DEMO": True}, "demo", id="DEMO"),
        pytest.param({"HTTPS": False}, "site_url", id="no https"),
        pytest.param({"ALLOWED_HOSTS": ["*"]}, "allowed_hosts", id="any host"),
        pytest.param({"ALLOWED_HOSTS": ["other.example"]}, "allowed_hosts", id="not its own host"),
        pytest.param({"ALLAUTH_TRUSTED_PROXY_COUNT": 0}, "proxies", id="https without a proxy"),
        pytest.param({"EMAIL_BACKEND": providers.NONE}, "email", id="no mail"),
        pytest.param({"EMAIL_BACKEND": "anymail.backends.mailgun.EmailBackend"}, "email.reports", id="no reports"),
        pytest.param({"TWILIO": {"ACCOUNT_SID": "", "API_URL": ""}}, "sms", id="no texts"),
        pytest.param({"VAR_DIR": Path("/proc/nowhere")}, "disk", id="folder cannot be written to"),
        pytest.param({"REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}, "redis", id="Redis is down"),
        pytest.param(
            {
                "STORAGES": {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}},
                "STATIC_ROOT": Path("/nowhere"),
            },
            "static",
            id="styles not collected",
        ),
    ],
)
def test_a_setting_that_is_not_right_is_told(well, change, found):
    checks = [*checks_settings.CHECKS, *checks_machine.CHECKS, *outbox_checks.CHECKS]
    readiness._redis.cache_clear()
    assert [code for check in checks for code in codes(check)] == []
    for name, value in change.items():
        setattr(well, name, value)
    readiness._redis.cache_clear()
    assert {code for check in checks for code in codes(check)} == {found}
    readiness._redis.cache_clear()


@pytest.mark.parametrize(
    ("free", "found"),
    [(2000, []), (900, [False]), (90, [True])],
    ids=["room enough", "little room", "nearly none"],
)
def test_a_disk_that_is_nearly_full_is_told(well, monkeypatch, free, found):
    monkeypatch.setattr(checks_machine.shutil, "disk_usage", lambda folder: Disk(0, 0, free * checks_machine.MEGABYTE))
    told = list(checks_machine.disk(Visit(timezone.now())))
    assert [one.grave for one in told] == found * 2
    assert all("make room" in one.text for one in told)


def test_missing_time_zones_and_an_old_sqlite_are_told(well, monkeypatch):
    def none(name):
        raise zoneinfo.ZoneInfoNotFoundError(name)

    assert codes(checks_machine.foundations) == []
    monkeypatch.setattr(checks_machine.zoneinfo, "ZoneInfo", none)
    monkeypatch.setattr(checks_machine, "OLDEST_SQLITE", (99, 0))
    assert codes(checks_machine.foundations) == ["zones", *(["sqlite"] if connection.vendor == "sqlite" else [])]


def test_a_database_behind_the_code_is_told_and_asked_nothing_else(well):
    MigrationRecorder(connection).record_unapplied("outbox", "0001_initial")
    found = doctor.examine(Visit(timezone.now()))
    assert [one.code for one in found if one.grave] == ["database.behind"]
    assert "outbox.0001_initial" in found[0].text
    assert "complaints.reviewer" not in [one.code for one in found]


def test_a_database_ahead_of_the_code_is_told(well):
    MigrationRecorder(connection).record_applied("outbox", "9999_from_the_future")
    found = {one.code: one for one in doctor.examine(Visit(timezone.now()))}
    assert not found["database.ahead"].grave


def test_a_database_that_is_down_is_told(well, monkeypatch):
    def refuse(*args):
        raise OperationalError("connection refused\nIs the server running?")

    monkeypatch.setattr(MigrationRecorder, "applied_migrations", refuse)
    (found,) = [one for one in doctor.examine(Visit(timezone.now())) if one.grave]
    assert found.text == "The database cannot be used: connection refused. Look at DATABASE_URL."


@pytest.mark.django_db(transaction=True)
def test_missing_triggers_are_told(well):
    assert codes(checks_machine.database_itself) == []
    cells.drop(connection)
    try:
        assert codes(checks_machine.database_itself) == ["bookings.W001"]
    finally:
        cells.create(connection)


def test_ticks_that_stand_still_and_clocks_apart_are_told(well, monkeypatch):
    Heartbeat.objects.filter(name=BEAT).update(at=timezone.now() - timedelta(hours=1))
    assert codes(checks_machine.jobs) == ["beat"]
    Heartbeat.objects.filter(name=BEAT).update(at=timezone.now() + timedelta(hours=1))
    assert codes(checks_machine.jobs) == ["clock"]
    assert codes(checks_machine.clock) == []
    an_hour_ago = checks_machine.clock(Visit(timezone.now() - timedelta(hours=1)))
    assert [one.code for one in an_hour_ago] == (["clock"] if connection.vendor == "postgresql" else [])


@pytest.mark.parametrize(
    ("ago", "found"), [(25, []), (27, ["backup"]), (None, ["backup"])], ids=["last night", "two nights ago", "never"]
)
def test_a_backup_that_is_missing_is_told(well, ago, found):
    Heartbeat.objects.filter(name=BACKUP).delete()
    if ago:
        beats.note(BACKUP, timezone.now() - timedelta(hours=30))
        beats.note(BACKUP, timezone.now() - timedelta(hours=ago))
    assert codes(checks_machine.backup) == found


# -- calling on others -------------------------------------------------------------------------------------------------


@pytest.fixture
def behind(client, monkeypatch):
    """``behind(*addresses)``: SITE_URL is answered through proxies that add these, or that pass on only those."""

    def behind(*added, overwrites=False, proto="https"):
        def get(url, headers, **kwargs):
            given = [] if overwrites else [headers["X-Forwarded-For"]]
            passed_on = {"X-Forwarded-For": ", ".join([*given, *added]), "X-Forwarded-Proto": proto}
            return client.get("/healthz", headers={**headers, **passed_on})

        monkeypatch.setattr(proxies.requests, "get", get)

    return behind


@pytest.mark.parametrize(
    ("added", "how", "count", "found"),
    [
        pytest.param(["10.0.0.1"], {}, 1, [], id="one proxy, one set"),
        pytest.param(["10.0.0.1", "10.0.0.2"], {}, 2, [], id="two, two set"),
        pytest.param(["10.0.0.1"], {"overwrites": True}, 1, [], id="one that starts the list anew"),
        pytest.param(["10.0.0.1", "10.0.0.2"], {}, 1, ["proxies"], id="two, one set"),
        pytest.param(["10.0.0.1"], {}, 2, ["proxies"], id="one, two set"),
        pytest.param(["10.0.0.1"], {"proto": "http"}, 1, ["proxies"], id="no https passed on"),
    ],
)
def test_a_wrong_number_of_proxies_is_found_by_asking_through_them(well, behind, added, how, count, found):
    well.ALLAUTH_TRUSTED_PROXY_COUNT = count
    well.ALLOWED_HOSTS = ["testserver"]
    well.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    behind(*added, **how)
    assert codes(checks_settings.proxy_count, connect=True) == found


def test_a_stranger_is_not_told_what_stands_in_front(client):
    for question in ("", "what arrived?", "what arrived?:1:forged"):
        answer = client.get("/healthz", headers={proxies.ASK: question, "X-Forwarded-For": "192.0.2.1, 10.0.0.1"})
        assert answer.content == b"ok"
        assert proxies.SAW_ADDRESSES not in answer.headers


def test_another_portal_or_none_at_site_url_is_told(well, live_server):
    well.ALLOWED_HOSTS = ["*"]
    assert [one.code for one in proxies.faults(live_server.url, 0)] == []
    assert [one.code for one in proxies.faults(f"http://127.0.0.1:{free_port()}", 0)] == ["site_url"]
    assert "is not this portal" in next(proxies.faults(f"{live_server.url}/nowhere", 0)).text


@pytest.mark.parametrize(
    ("count", "header", "said"),
    [
        pytest.param(0, "192.0.2.1", "TRUSTED_PROXY_COUNT is 0", id="a proxy nobody told of"),
        pytest.param(2, "192.0.2.1", "holds 1 addresses", id="fewer than told"),
        pytest.param(1, "192.0.2.1", "", id="as told"),
        pytest.param(1, "6.6.6.6, 192.0.2.1", "", id="a visitor made one up"),
        pytest.param(1, "", "", id="from inside"),
    ],
)
def test_a_wrong_number_is_logged_once(client, settings, monkeypatch, caplog, count, header, said):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = count
    monkeypatch.setattr(proxies, "_warned", set())
    for _ in range(3):
        client.get("/language/", **({"HTTP_X_FORWARDED_FOR": header} if header else {}))
    told = [record.getMessage() for record in caplog.records if record.name == "supportportal.watch.proxies"]
    assert len(told) == bool(said)
    assert said in "".join(told)


@pytest.mark.parametrize("kind", ["starttls", "tls"])
@pytest.mark.parametrize(
    ("days", "said"),
    [
        pytest.param(60, "", id="good"),
        pytest.param(5, "ends in 1", id="about to end"),
        pytest.param(-1, "certificate has expired", id="expired"),
    ],
)
def test_the_mail_servers_certificate_is_looked_at(well, monkeypatch, tmp_path, kind, days, said):
    file = make(tmp_path, ends_in=timedelta(days=days, hours=1))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    server = tls_smtp if kind == "starttls" else tls_server
    with server(serving(file)) as port:
        well.EMAIL_HOST, well.EMAIL_PORT = "127.0.0.1", port
        well.EMAIL_USE_TLS, well.EMAIL_USE_SSL = kind == "starttls", kind == "tls"
        well.TWILIO = {**well.TWILIO, "ACCOUNT_SID": ""}
        told = list(outbox_checks.connections(Visit(timezone.now(), connect=True)))
    assert [one.code for one in told] == (["certificate"] if said else [])
    assert said in "".join(one.text for one in told)


def test_a_mail_server_that_is_down_or_in_the_open_is_told(well):
    well.EMAIL_HOST, well.EMAIL_PORT, well.EMAIL_USE_TLS = "127.0.0.1", free_port(), True
    well.TWILIO = {**well.TWILIO, "ACCOUNT_SID": ""}
    assert codes(outbox_checks.connections, connect=True) == ["connection"]
    well.EMAIL_USE_TLS = False
    assert codes(outbox_checks.connections, connect=True) == ["email.open"]
    assert codes(outbox_checks.connections) == []


# -- the command -------------------------------------------------------------------------------------------------------


def run(*arguments):
    out = io.StringIO()
    try:
        call_command("doctor", *arguments, stdout=out)
    except SystemExit as end:
        return out.getvalue(), end.code
    return out.getvalue(), 0


def test_the_command_ends_with_1_only_if_something_is_wrong(well):
    text, status = run()
    assert (text.splitlines()[-1], status) == ("Nothing is wrong.", 0)
    well.DEBUG = True
    text, status = run()
    assert text.splitlines()[0].startswith("WRONG  DEBUG is on")
    assert (text.splitlines()[-1], status) == ("1 thing is wrong.", 1)


def test_the_command_tells_machines_the_same(well):
    well.DEBUG = True
    text, status = run("--json")
    told = json.loads(text)
    assert ([one["code"] for one in told["problems"]], told["ok"], status) == (["debug"], False, 1)
    assert told["warnings"]


def test_a_check_that_breaks_is_told_and_stops_no_other(well, monkeypatch):
    def broken(visit):
        yield Trouble("first", "Found before.")
        raise KeyError("so")

    monkeypatch.setattr(doctor, "_checks", [broken, checks_settings.modes])
    well.DEBUG = True
    assert graves() == {"doctor", "debug"}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param({"TWILIO_AUTH_TOKEN": "t"}, "TWILIO_ACCOUNT_SID is missing", id="half of Twilio"),
        pytest.param({"TWILIO_ACCOUNT_SID": "A"}, "TWILIO_AUTH_TOKEN is missing", id="the other half"),
        pytest.param({"ANYMAIL_MAILGUN_API_KEY": "k"}, "EMAIL_BACKEND does not say", id="half of a provider"),
        pytest.param(
            {"EMAIL_BACKEND": "anymail.backends.mailgun.EmailBackend"},
            "EMAIL_BACKEND is anymail.backends.mailgun.EmailBackend, which needs ANYMAIL_MAILGUN_API_KEY.",
            id="no key",
        ),
        pytest.param(
            {"EMAIL_BACKEND": "anymail.backends.pigeon.EmailBackend"},
            "EMAIL_BACKEND is 'anymail.backends.pigeon.EmailBackend'; it has to be a provider's",
            id="no such provider",
        ),
        pytest.param({"DATABASE_URL": "postgresql://a@127.0.0.1:9/c"}, "SECRET_KEY is not set", id="no secret"),
        pytest.param({"METRICS_TOKEN": "hunter2"}, "METRICS_TOKEN is too short", id="a token to guess"),
        pytest.param({"DEADMAN_URL": "hunter2"}, "DEADMAN_URL cannot be read", id="no address"),
    ],
)
@pytest.mark.parametrize("arguments", [[], ["--json"]], ids=["text", "JSON"])
def test_settings_that_stop_the_start_are_told_by_the_doctor_too(tmp_path, settings, said, arguments):
    environment = {"PATH": "/usr/bin", "VAR_DIR": str(tmp_path), "ENV_FILE": "", **settings}
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert said in (json.loads(done.stdout)["problems"][0]["text"] if arguments else done.stderr)
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stdout + done.stderr
