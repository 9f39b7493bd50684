"""The database of the release before, with a demo's rows, migrates to this one and works (``first.*.sql.xz``)."""

import lzma
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
POSTGRESQL = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
# Marked so that the run on PostgreSQL has it too: it makes a database of its own.
pytestmark = pytest.mark.django_db
ASK = """
from django.core import checks
from django.db import connection
from django.test import Client
from bookings import cells, timetable_triggers
from bookings.models import Booking
from supportportal.people.models import User
pages = ["/", "/sessions/", "/book/", "/plan/", "/profile/"]
staff_pages = ["/admin/", "/admin/bookings/booking/", "/admin/complaints/complaint/", "/admin/conduct/incident/"]
for address, wanted in (("client@demo.example", pages), ("senior@demo.example", staff_pages)):
    one = Client(SERVER_NAME="localhost")
    one.force_login(User.objects.get(email=address), backend="django.contrib.auth.backends.ModelBackend")
    for page in wanted:
        assert one.get(page).status_code == 200, page
assert cells.stand(connection) and timetable_triggers.stand(connection)
assert not [one for one in checks.run_checks(databases=["default"]) if one.id.startswith("bookings")]
print("SAID", User.objects.count(), Booking.objects.count())
"""


@pytest.fixture
def before(tmp_path):
    """The address of the older release's database."""
    kind = "postgresql" if POSTGRESQL else "sqlite"
    script = lzma.decompress((HERE / f"first.{kind}.sql.xz").read_bytes()).decode()
    if not POSTGRESQL:
        database = sqlite3.connect(tmp_path / "portal.sqlite3")
        database.executescript(script)
        database.close()
        return f"sqlite:///{tmp_path / 'portal.sqlite3'}"
    base = os.environ["DATABASE_URL"].rpartition("/")[0]
    name = f"upgrade_{os.getpid()}"
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    with psycopg.connect(f"{base}/{name}", autocommit=True) as connection:
        connection.execute(script)
    return f"{base}/{name}"


@pytest.fixture
def run(before, tmp_path):
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "REDIS_URL") if name in os.environ}
    environment |= {
        "DATABASE_URL": before,
        "VAR_DIR": str(tmp_path),
        "ENV_FILE": "",
        "SECRET_KEY": "x" * 50,
        "DEMO": "1",
    }

    def run(*command):
        done = subprocess.run(
            [sys.executable, "manage.py", *command], cwd=ROOT, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_the_release_before_migrates_and_works(run):
    counted = "from bookings.models import Booking; print('SAID', Booking.objects.values('pk').count())"
    sessions = int(run("shell", "--no-imports", "-c", counted).split()[-1])
    assert sessions > 50
    run("migrate", "--verbosity=0")
    run("collectstatic", "--no-input", "--verbosity=0")
    assert run("shell", "--no-imports", "-c", ASK).split()[-1] == str(sessions)
