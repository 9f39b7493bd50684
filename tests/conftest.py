"""What every test stands on: the database of this run, its servers, a fixed instant, and no way out to the network.

``TEST_DB=sqlite`` (the default) runs on a SQLite file and the filesystem broker, ``TEST_DB=postgresql`` on PostgreSQL
and Redis. Tests that touch no database run only in the first.
"""

import gc
import ipaddress
import os
import shutil
import socket
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from .support import servers

TEST_DB = os.environ.get("TEST_DB", "sqlite")
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "live_server"}
# Whatever the shell or a .env file says: the tests decide.
OF_THE_SHELL = ["DATABASE_URL", "DEBUG", "DEMO", "EMAIL_URL", "PORT", "SITE_URL", "ALLOWED_HOSTS"]
PLACES = {"e2e": "e2e", "storms": "storm", "rehearsal": "rehearsal", "endurance": "endurance"}

_started: list[servers.Server] = []
_kept_folders: list[Path] = []


def pytest_configure(config):
    gc.set_threshold(100_000, 50, 100)  # looking for garbage would take a sixth of the time
    if not hasattr(config, "workerinput"):
        _prepare_run()
    _take_own_redis_database()
    # One folder per process: two workers share no file but the installed code.
    folder = Path(os.environ["TEST_FOLDER"]) / os.environ.get("PYTEST_XDIST_WORKER", "main")
    (folder / "static").mkdir(parents=True, exist_ok=True)
    os.environ["VAR_DIR"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "supportportal.settings"
    _prepare_settings(folder)
    _stay_on_this_machine()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes():
    """Else pytest-django would read the settings of a worker before it has a folder of its own."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def _prepare_run() -> None:
    """In the controller alone: workers inherit the environment and find the servers by it."""
    for name in OF_THE_SHELL:
        os.environ.pop(name, None)
    redis_url = os.environ.pop("REDIS_URL", "")
    if TEST_DB == "postgresql":
        os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or _start(servers.start_postgresql)
        os.environ["REDIS_URL"] = redis_url or _start(servers.start_redis)
    elif TEST_DB != "sqlite":
        raise pytest.UsageError(f"TEST_DB is sqlite or postgresql, not {TEST_DB}.")
    os.environ["ENV_FILE"] = ""
    os.environ["SECRET_KEY"] = "only-for-tests-and-the-same-in-every-process-of-a-run"
    _kept_folders.append(Path(tempfile.mkdtemp(prefix="portal-tests-")))
    os.environ["TEST_FOLDER"] = str(_kept_folders[0])


def _start(start) -> str:
    server, address = start()
    _started.append(server)
    return address


def _take_own_redis_database() -> None:
    """Two workers share no queue either, nor a cache, which is cleared with all that its database holds."""
    address, worker = os.environ.get("REDIS_URL"), os.environ.get("PYTEST_XDIST_WORKER")
    if address and worker:
        number = 1 + int(worker.removeprefix("gw"))
        os.environ["REDIS_URL"] = urlsplit(address)._replace(path=f"/{number}").geturl()


def _prepare_settings(folder: Path) -> None:
    from django.conf import settings

    if TEST_DB == "sqlite":
        # In memory, SQLite locks whole tables and tells nothing about the file that people run.
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(folder / "test.sqlite3")
    # Most tests sign staff in directly; tests/people/test_second_factor.py and test_confirming.py switch these on.
    settings.STAFF_MFA = settings.REAUTHENTICATE = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


def _stay_on_this_machine() -> None:
    connect = socket.socket.connect

    def connect_here_only(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise PermissionError(f"A test tried to reach {address[0]}.")
        return connect(self, address)

    socket.socket.connect = connect_here_only


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def pytest_unconfigure(config):
    for server in _started:
        server.stop()
    for folder in _kept_folders:
        shutil.rmtree(folder, ignore_errors=True)


def pytest_report_header(config):
    return f"portal: {TEST_DB}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    gc.freeze()  # what has been imported by now stays
    for item in items:
        for place in item.path.relative_to(Path(__file__).parent).parts:
            if place in PLACES:
                item.add_marker(PLACES[place])
    if TEST_DB != "sqlite":
        proven = [item for item in items if not _needs_this_database(item)]
        items[:] = [item for item in items if _needs_this_database(item)]
        config.hook.pytest_deselected(items=proven)


def _needs_this_database(item) -> bool:
    if item.get_closest_marker("django_db") or DATABASE_FIXTURES.intersection(getattr(item, "fixturenames", ())):
        return True
    from django.test import TransactionTestCase

    return bool(getattr(item, "cls", None)) and issubclass(item.cls, TransactionTestCase)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    from .support import restoring  # which reads the settings

    with django_db_blocker.unblock():
        restoring.begin()


@pytest.fixture
def at() -> datetime:
    """The instant that tests are told: a Tuesday at noon in Rome, outside any clock change."""
    return datetime(2026, 11, 24, 11, tzinfo=UTC)
