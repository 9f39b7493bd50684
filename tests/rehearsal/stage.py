"""The production set-up as processes of this machine: what the compose file starts, with real servers beside it."""

import contextlib
import os
import signal
import subprocess
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg

from tests.fakes.smtp import FakeSmtp
from tests.support import servers
from tests.support.processes import die_with_parent, free_port, wait_until

from . import compose

SECRET = "rehearsal"
WORKERS = 3
UNSETTLED = {"planned", "sending", "retrying", "unknown"}


class Process:
    """One container's worth: a service's command in a session of its own."""

    def __init__(self, name: str, command: Sequence[str], environment: dict[str, str], folder: Path) -> None:
        self.name, self.log = name, folder / f"{name}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=compose.ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds: float = 40) -> int:
        """As ``docker stop``: TERM, and what it answers; the grace period is the compose file's."""
        self.process.terminate()
        return self.process.wait(seconds)


class Stage:
    """PostgreSQL, Redis and a fresh database, then any number of each service; ``end`` leaves nothing behind."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.postgresql, database = servers.start_postgresql()
        self.redis, redis = servers.start_redis()
        self.addresses = {
            f"postgresql://portal:{SECRET}@database:5432/portal": database,
            "redis://redis:6379/0": redis,
        }
        self.services = compose.services({"POSTGRES_PASSWORD": SECRET, "LOG_FORMAT": "json"})
        # What .env gives, and the image sets.
        self.settings = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "ENV_FILE": "",
            "SECRET_KEY": "a-key-of-fifty-characters-or-more-that-nobody-can-guess-0123456789",
            "SITE_URL": "https://support.example.org",
            "VAR_DIR": str(folder / "var"),
            "STATIC_ROOT": str(folder / "static"),
            "PYTHONUNBUFFERED": "1",
        } | settings
        self.running: list[Process] = []

    def environment(self, service: str) -> dict[str, str]:
        return self.settings | compose.environment_of(self.services[service], self.addresses)

    def run(self, *command: str, service: str = "migrate") -> str:
        """A command that ends, in the environment of a service; raises if it fails."""
        program = [str(compose.INSIDE / command[0]), *command[1:]]
        done = subprocess.run(
            program, cwd=compose.ROOT, env=self.environment(service), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def once(self, service: str) -> None:
        self.run(*self.services[service]["command"], service=service)

    def start(self, service: str, number: int = 1) -> Process:
        command = compose.command_of(self.services[service], {"0.0.0.0:8000": "127.0.0.1:8000"})
        if service == "web":
            port = free_port()
            command = [part.replace("127.0.0.1:8000", f"127.0.0.1:{port}") for part in command]
        elif service == "worker":  # each container has a host name of its own
            command += [f"--hostname={number}@%h"]
        process = Process(f"{service}-{number}", command, self.environment(service), self.folder)
        process.port = port if service == "web" else None
        self.running.append(process)
        return process

    def wait_for(self, web: Process, path: str = "/healthz") -> None:
        def answers() -> bool:
            assert web.process.poll() is None, web.log.read_text()[-3000:]
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{web.port}{path}", timeout=5) as answer:
                    return answer.status == 200
            except OSError:
                return False

        wait_until(answers, seconds=60, what=f"{web.name} to answer {path}")

    def errors(self, service: str = "") -> list[str]:
        """What the processes of a service, or all of them, logged as errors."""
        logs = [process.log for process in self.running if process.name.startswith(service)]
        lines = [line for log in logs for line in log.read_text(errors="replace").splitlines()]
        return [line for line in lines if '"level": "error"' in line]

    def query(self, sql: str) -> list[Any]:
        with psycopg.connect(next(iter(self.addresses.values()))) as connection:
            return connection.execute(sql).fetchall()

    def wait_for_what_is_owed(self, smtp: FakeSmtp, seconds: float = 120) -> tuple[int, int]:
        """Until all that is due is sent: how many mails, and how many arrivals beyond one each.

        Raises AssertionError if one was given up or has not arrived.
        """

        def settled() -> bool:
            states = self.query("SELECT state, count(*) FROM outbox_message WHERE due_at <= now() GROUP BY state")
            return not UNSETTLED & dict(states).keys()

        wait_until(settled, seconds=seconds, what="everything owed to be sent")
        assert not self.query("SELECT 1 FROM outbox_message WHERE state = 'failed'")
        mails = "SELECT message_id FROM outbox_message WHERE state = 'sent' AND channel = 'email'"
        sent = {one for (one,) in self.query(mails)}
        arrived: Counter[str] = smtp.message_ids()
        assert sent - arrived.keys() == set()
        return len(sent), sum(arrived.values()) - len(arrived)

    def end(self) -> None:
        for process in self.running:
            if process.process.poll() is None:
                process.kill()
        self.redis.stop()
        self.postgresql.stop()


@contextlib.contextmanager
def on_stage(folder: Path, smtp: FakeSmtp, *, clients: int, agents: int = 6, **settings: str) -> Iterator[Stage]:
    """A small firm on two web, three workers and two beats, its mails going to ``smtp``."""
    (folder / "var").mkdir()
    stage = Stage(
        folder,
        EMAIL_URL=smtp.url,
        EMAIL_TIMEOUT="1",
        SMS_TIMEOUT="1",
        OUTBOX_LEASE="10",  # so that a killed worker's mails need not wait ten minutes
        INBOUND_DOMAIN="",
        **settings,
    )
    try:
        stage.run("python", "manage.py", "collectstatic", "--no-input", "--verbosity=0")
        stage.once("migrate")
        stage.run("python", "-m", "tests.rehearsal.furnish", str(clients), str(agents))
        stage.webs = [stage.start("web", number) for number in (1, 2)]
        stage.workers = [stage.start("worker", number) for number in range(1, WORKERS + 1)]
        stage.beats = [stage.start("beat", number) for number in (1, 2)]
        for web in stage.webs:
            stage.wait_for(web)
        yield stage
    finally:
        stage.end()
