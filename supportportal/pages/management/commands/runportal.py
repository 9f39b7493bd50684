"""Run the whole portal from one terminal: web, worker and beat; Ctrl-C ends all of them."""

import json
import os
import signal
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import BaseCommand, call_command
from django.db import connections

from supportportal import preparation, supervisor
from supportportal.demo import sign_ins

HOST = "127.0.0.1"
# On a fresh machine people are often root; the worker's page-long warning about it would hide the address.
QUIET = {"PYTHONWARNINGS": "ignore:You're running the worker"}


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--end-with-parent", action="store_true", help="End when the calling process has ended.")

    def handle(self, *, end_with_parent: bool, **options) -> None:
        if end_with_parent:
            supervisor.set_death_signal(signal.SIGTERM)
        if not 0 < settings.PORT < 65536:
            raise ImproperlyConfigured(f"PORT is {settings.PORT}; it has to be a number from 1 to 65535.")
        held = preparation.lock_folder(settings.VAR_DIR)
        preparation.require_free_port(HOST, settings.PORT)
        self._prepare()
        plan = {"children": _children(settings.PORT), "port": settings.PORT, "welcome": _welcome(settings.SITE_URL)}
        connections.close_all()
        # From here on this process only watches; it becomes a small one, under the same lock and with the same parent.
        os.set_inheritable(held.fileno(), True)
        script = [sys.executable, "-P", supervisor.__file__, json.dumps(plan)]
        os.execve(sys.executable, script, {**os.environ, **QUIET})

    def _prepare(self) -> None:
        preparation.empty_queue()
        preparation.migrate()
        preparation.collect_static()
        if settings.DEMO and preparation.is_new():
            self._say("Making up the demo data …")
            call_command("demo_refresh", verbosity=0)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _welcome(address: str) -> str:
    lines = [f"\nThe portal is at {address}"]
    if settings.DEMO:
        addresses = ", ".join(person.email for person in sign_ins.sign_ins())
        lines.append(f"Sign in as {addresses}; the password is {sign_ins.PASSWORD}")
        lines.append(f"E-mails and text messages arrive at {address}/demo/mailbox/")
    elif preparation.is_new():
        lines.append("Nobody can sign in yet. In another terminal: make owner")
    return "\n".join([*lines, "Ctrl-C ends it.\n"])


def _children(port: int) -> list[tuple[str, list[str]]]:
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "--quiet", "--app", "supportportal"]
    # Nothing of the schedule is kept: it stands in the settings, and a missed tick is made up by the next.
    beat = ["--loglevel=WARNING", "--pidfile=", "--scheduler=celery.beat:Scheduler"]
    return [
        ("The web server", [*python, "gunicorn", *_gunicorn(port), "supportportal.wsgi"]),
        ("The worker", [*celery, "worker", *_worker()]),
        ("The clock", [*celery, "beat", *beat]),
    ]


def _gunicorn(port: int) -> list[str]:
    return [f"--bind={HOST}:{port}", "--worker-class=gthread", "--workers=1", "--threads=8", "--log-level=warning"]


def _worker() -> list[str]:
    return ["--loglevel=WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]
