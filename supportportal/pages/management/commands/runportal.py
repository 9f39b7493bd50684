"""Run the whole portal from one terminal: web, worker and beat; Ctrl-C ends all of them."""

import os
import signal
import sys
import urllib.error
import urllib.request

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connections

from supportportal import preparation
from supportportal.demo import sign_ins
from supportportal.supervisor import Child, ChildFailed, Supervisor, set_death_signal

HOST = "127.0.0.1"
# On a fresh machine people are often root; the worker's page-long warning about it would hide the address.
QUIET = {"PYTHONWARNINGS": "ignore:You're running the worker"}


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--end-with-parent", action="store_true", help="End when the calling process has ended.")

    def handle(self, *, end_with_parent: bool, **options) -> None:
        if end_with_parent:
            set_death_signal(signal.SIGTERM)
        port = _port()
        with preparation.lock_folder(settings.VAR_DIR):
            preparation.require_free_port(HOST, port)
            self._run(port)

    def _run(self, port: int) -> None:
        address = os.environ.setdefault("SITE_URL", f"http://{HOST}:{port}")
        self._prepare()
        connections.close_all()
        supervisor = Supervisor(_children(port), {**os.environ, **QUIET}, self._say)
        try:
            supervisor.run(is_up=lambda: _is_up(port), when_up=lambda: self._welcome(address))
        except ChildFailed as failure:
            raise CommandError(f"The portal cannot start: {failure}") from None

    def _prepare(self) -> None:
        preparation.empty_queue()
        preparation.migrate()
        preparation.collect_static()
        if settings.DEMO and preparation.is_new():
            self._say("Making up the demo data …")
            call_command("demo_refresh", verbosity=0)

    def _welcome(self, address: str) -> None:
        self._say(f"\nThe portal is at {address}")
        if settings.DEMO:
            addresses = ", ".join(person.email for person in sign_ins.sign_ins())
            self._say(f"Sign in as {addresses}; the password is {sign_ins.PASSWORD}")
            self._say(f"E-mails and text messages arrive at {address}/demo/mailbox/")
        elif preparation.is_new():
            self._say("Nobody can sign in yet. In another terminal: make owner")
        connections.close_all()
        self._say("Ctrl-C ends it.\n")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _port() -> int:
    given = os.environ.get("PORT") or "8000"
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise ImproperlyConfigured(f"PORT is {given!r}; it has to be a number from 1 to 65535.")
    return int(given)


def _children(port: int) -> list[Child]:
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "--quiet", "--app", "supportportal"]
    # Nothing of the schedule is kept: it stands in the settings, and a missed tick is made up by the next.
    beat = ["--loglevel=WARNING", "--pidfile=", "--scheduler=celery.beat:Scheduler"]
    return [
        Child("The web server", [*python, "gunicorn", *_gunicorn(port), "supportportal.wsgi"]),
        Child("The worker", [*celery, "worker", *_worker()]),
        Child("The clock", [*celery, "beat", *beat]),
    ]


def _gunicorn(port: int) -> list[str]:
    return [f"--bind={HOST}:{port}", "--worker-class=gthread", "--workers=1", "--threads=8", "--log-level=warning"]


def _worker() -> list[str]:
    return ["--loglevel=WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]


def _is_up(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
