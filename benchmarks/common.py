"""What every benchmark needs: a database of its own, a server over it, and turns."""

import atexit
import gc
import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.processes import answers, die_with_parent, free_port, wait_until

ROOT = Path(__file__).resolve().parents[1]
SECRET = "only for these benchmarks"


# -- databases ---------------------------------------------------------------------------------------------------------


@contextmanager
def postgresql(*names: str) -> Iterator[list[str]]:
    """A server of our own that forgets nothing, as in production; the address of a migrated database for each name."""
    import psycopg

    from tests.support import servers

    server, address = servers.start_postgresql(durable=True)
    try:
        base = address.rpartition("/")[0]
        with psycopg.connect(f"{base}/template1", autocommit=True) as connection:
            connection.execute("CREATE DATABASE blank")
            migrate(f"{base}/blank")
            for name in names:
                connection.execute(f"CREATE DATABASE {name} TEMPLATE blank")
        yield [f"{base}/{name}" for name in names]
    finally:
        server.stop()


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The address of one migrated database of this kind."""
    with sqlite("benchmark") if kind == "SQLite" else postgresql("benchmark") as (address,):
        yield address


@contextmanager
def sqlite(*names: str) -> Iterator[list[str]]:
    """A file for each name."""
    with tempfile.TemporaryDirectory() as folder:
        blank = Path(folder) / "blank.sqlite3"
        migrate(f"sqlite:///{blank}")
        for name in names:
            shutil.copy(blank, Path(folder) / name)
        yield [f"sqlite:///{folder}/{name}" for name in names]


def migrate(address: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
        subprocess.run(command, env=environment(folder, address), check=True, cwd=ROOT)


@cache
def static_root() -> str:
    """The collected style sheets and scripts, once for all portals of this process."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    command = [sys.executable, "manage.py", "collectstatic", "--verbosity=0", "--no-input"]
    subprocess.run(command, env=environment(folder, "sqlite://:memory:", STATIC_ROOT=folder), check=True, cwd=ROOT)
    return folder


def postgresql_version() -> str:
    from tests.support import servers

    with tempfile.TemporaryDirectory() as folder:
        said = subprocess.run(
            [servers._postgresql_binaries(Path(folder)) / "postgres", "--version"], capture_output=True
        )
    return said.stdout.decode().split()[2]


def environment(folder: str | Path, address: str, **more: str) -> dict[str, str]:
    """What the portal is told, whatever the shell or a .env file says."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    given = {
        "DJANGO_SETTINGS_MODULE": "benchmarks.slot_page_site",
        "VAR_DIR": str(folder),
        "DATABASE_URL": address,
        "SECRET_KEY": SECRET,
        "ENV_FILE": "",
        "DEMO": "0",
        "STAFF_MFA": "0",
        "ALLOWED_HOSTS": "127.0.0.1,testserver",
    }
    return kept | given | more


def set_up(folder: str | Path, address: str, **more: str) -> None:
    """Django in this process, on this database."""
    for name in ("REDIS_URL", "EMAIL_URL", "PORT", "SITE_URL", "DEBUG"):
        os.environ.pop(name, None)
    os.environ.update(environment(folder, address, **more))
    (Path(folder) / "static").mkdir()
    import django
    from django.conf import settings

    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.SECURE_SSL_REDIRECT = False
    django.setup()


def disconnect() -> None:
    from django.db import connections

    connections.close_all()


def write(sql: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)


def multiply(row: Any, numbers: tuple[int, int], **columns: str) -> None:
    """As many rows like this one, on PostgreSQL in one statement; ``columns`` are SQL over the number ``n``."""
    from django.db.models import GeneratedField

    table = row._meta.db_table
    names = [f.column for f in row._meta.concrete_fields if not f.primary_key and not isinstance(f, GeneratedField)]
    assert columns.keys() <= set(names), columns.keys() - set(names)
    chosen = ", ".join(columns.get(name, f'one."{name}"') for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    write(
        f"INSERT INTO {table} ({listed}) SELECT {chosen}"
        f" FROM {table} one, generate_series({numbers[0]}, {numbers[1]}) n WHERE one.{row._meta.pk.column} = {row.pk}"
    )


def sign_in(person: Any) -> str:
    """The key of a session of this person."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return session.session_key


# -- the web server ----------------------------------------------------------------------------------------------------


class Visitor:
    """One kept-alive connection to a portal of its own, signed in."""

    def __init__(self, port: int, cookie: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = {"Cookie": f"sessionid={cookie}"}

    def get(self, path: str) -> bytes:
        return self.ask("GET", path)

    def ask(self, method: str, path: str, body: str | None = None, *, wanted: int = 200, **headers: str) -> bytes:
        self.connection.request(method, path, body, self.headers | headers)
        response = self.connection.getresponse()
        said = response.read()
        assert response.status == wanted, (path, response.status, said[:300])
        return said


@contextmanager
def serving(environment: Mapping[str, str]) -> Iterator[int]:
    """gunicorn with one worker and one thread; its port."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "supportportal.wsgi:application", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers=1", "--worker-class=gthread", "--threads=1", "--keep-alive=60", "--log-level=error"]
    server = subprocess.Popen(command, env=environment, preexec_fn=die_with_parent)
    try:
        wait_until(lambda: answers(port), what="the web server")
        yield port
    finally:
        server.terminate()
        server.wait()


@contextmanager
def portals(prepare: str, *given: tuple[str, list[str]]) -> Iterator[list[Visitor]]:
    """A portal for each address of a database and arguments of ``python -m benchmarks.<prepare>``.

    That fills the database and prints the key of a session, with which the visitors come.
    """
    with ExitStack() as stack:
        visitors = []
        for address, arguments in given:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            told = environment(folder, address, STATIC_ROOT=static_root())
            command = [sys.executable, "-m", f"benchmarks.{prepare}", *arguments]
            done = subprocess.run(command, env=told, check=True, stdout=subprocess.PIPE, text=True)
            port = stack.enter_context(serving(told))
            visitors.append(Visitor(port, done.stdout.split()[-1]))
        yield visitors


# -- turns -------------------------------------------------------------------------------------------------------------


def in_turns(
    ways: Mapping[str, Callable[[], object]], *, rounds: int, each: int = 1, warm: bool = True
) -> dict[str, list[float]]:
    """The seconds of one run of each way, round by round: whatever slows the machine slows all of them.

    With ``warm`` a round goes before them that does not count; one way's garbage is not another's time.
    """
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + warm):
        for name, way in ways.items():
            gc.collect()
            gc.disable()
            began = time.perf_counter()
            for _run in range(each):
                way()
            taken = (time.perf_counter() - began) / each
            gc.enable()
            if number or not warm:
                spent[name].append(taken)
    return spent
