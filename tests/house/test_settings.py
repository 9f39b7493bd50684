"""What an operator can set: all of it is in .env.example, and production stands up to Django's own checks."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Read by others: docker compose, anymail (any provider's names).
OTHERS = {"POSTGRES_PASSWORD", "PROXY_ADDRESS", "TLS_PORT", "ANYMAIL_MAILGUN_API_KEY", "ANYMAIL_WEBHOOK_SECRET"}
PRODUCTION = {
    "SECRET_KEY": "a-key-of-fifty-characters-or-more-that-nobody-can-guess-0123456789",
    "SITE_URL": "https://support.example.org",
    "DATABASE_URL": "postgresql://portal:secret@127.0.0.1:9/portal",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "TRUSTED_PROXY_COUNT": "1",
    "ENV_FILE": "",
}
ASKED = """
import environ
asked = set()
get_value = environ.Env.get_value
environ.Env.get_value = lambda self, var, *args, **kwargs: asked.add(var) or get_value(self, var, *args, **kwargs)
import supportportal.settings
print(*asked)
"""
WHERE = (
    "from supportportal import settings as s;"
    'print(s.DATABASES["default"]["NAME"], bool(s.REDIS_URL), s.EMAIL_BACKEND.split(".")[-2])'
)


def run(*command: str, **settings: str) -> subprocess.CompletedProcess:
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": os.environ["VAR_DIR"], **settings}
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True)


def test_the_example_names_every_variable_and_no_other():
    example = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    asked = set(run("-c", ASKED, **PRODUCTION).stdout.split())
    assert asked
    assert example == asked | OTHERS


def test_production_passes_every_deployment_check():
    checked = run("-W", "error", "manage.py", "check", "--deploy", "--fail-level", "DEBUG", **PRODUCTION)
    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout


def test_without_https_the_same_check_complains():
    checked = run("manage.py", "check", "--deploy", **PRODUCTION | {"SITE_URL": "http://support.example.org"})
    assert "security.W012" in checked.stderr  # session cookies would travel in the open


def test_a_wrong_value_never_shows_a_password():
    checked = run("manage.py", "check", **PRODUCTION | {"DATABASE_URL": "oracle://portal:hunter2@host/name"})
    assert checked.returncode == 1
    assert "DATABASE_URL" in checked.stderr
    assert "hunter2" not in checked.stderr + checked.stdout


@pytest.mark.parametrize(
    ("name", "value", "least"),
    [("TRUSTED_PROXY_COUNT", "-1", 0), ("FILES_MAX_BYTES", "-5", 1), ("WORKER_THREADS", "0", 1)],
)
def test_a_number_below_what_makes_sense_stops_the_start(name, value, least):
    checked = run("manage.py", "check", **PRODUCTION | {name: value})
    assert checked.returncode == 1
    assert f"{name} is {value}; it has to be {least} or more." in checked.stderr


@pytest.mark.parametrize("target", ["start-empty", "owner"])
def test_the_empty_portal_keeps_to_itself_whatever_is_set(target, tmp_path):
    """A developer's .env may name the real database: nothing is tried out there."""
    real = {"DATABASE_URL": "postgresql://portal@127.0.0.1:9/real", "EMAIL_URL": "smtp://mail.example.org:25"}
    real["REDIS_URL"] = "redis://127.0.0.1:9/0"
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in real.items()))
    shown = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for line in [line for line in shown.splitlines() if "manage.py" in line]:
        command = f"{line.partition('manage.py')[0]} -c '{WHERE}'"
        environment = os.environ | real | {"ENV_FILE": str(tmp_path / ".env"), "SECRET_KEY": "x" * 50}
        said = subprocess.run(["sh", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True)
        assert said.stdout == f"{ROOT}/var/empty/portal.sqlite3 False missing\n", said.stderr
