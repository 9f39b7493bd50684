"""Run several processes as one: all start, a dead one comes back, and none outlives this one, however it ends.

Each child has a session of its own, so Ctrl-C reaches the supervisor alone, which ends them in order. If the supervisor
is killed, the kernel kills the children (``PR_SET_PDEATHSIG``); where there is no such call, a watcher that holds the
other end of a pipe does it.

Run as a script (by ``runportal``) it imports nothing of the portal: it stays for as long as the portal runs, and small.
"""

import ctypes
import http.client
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

PR_SET_PDEATHSIG = 1
PATIENCE = 10.0  # seconds from TERM to KILL
CALM = 60.0  # a child that lived this long starts over with the shortest pause
LONGEST_PAUSE = 30.0

WATCHER = """
import os, signal, sys
children = set()
for line in sys.stdin:
    children ^= {int(line)}
for child in children:
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        continue
"""


class ChildFailed(Exception):
    """A child ended before the whole was up; the text names it."""


@dataclass
class Child:
    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    start_at: float = 0.0


def set_death_signal(number: int) -> bool:
    """Ask the kernel to send ``number`` to this process when its parent dies; False where it cannot."""
    if not sys.platform.startswith("linux"):
        return False
    return ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0) == 0


@dataclass
class Supervisor:
    children: Sequence[Child]
    environment: dict[str, str]
    say: Callable[[str], None]
    use_kernel: bool = field(default_factory=lambda: sys.platform.startswith("linux"))
    watcher: subprocess.Popen[str] | None = None
    ending: bool = False
    hurried: bool = False

    def run(self, *, is_up: Callable[[], bool], when_up: Callable[[], None]) -> None:
        """Start all, call ``when_up`` once ``is_up``, and return after a TERM or INT when all have ended.

        Raises ChildFailed when a child ends before that moment: then something is wrong that a restart will not mend.
        """
        waker, bell = self._listen_to_signals()
        up = False
        try:
            if not self.use_kernel:
                self._start_watcher()
            while not self.ending:
                self._start_missing(first_time=not up)
                if not up and is_up():
                    up = True
                    when_up()
                select.select([waker], [], [], 0.2 if not up else 1.0)
                self._quieten(waker)
        finally:
            self._end_all(waker)
            signal.set_wakeup_fd(-1)
            os.close(waker)
            os.close(bell)

    def _listen_to_signals(self) -> tuple[int, int]:
        waker, bell = os.pipe()
        for end in (waker, bell):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end_soon)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup
            signal.signal(signal.SIGHUP, self._end_soon)
        return waker, bell

    def _end_soon(self, *_: object) -> None:
        self.hurried = self.ending  # asked twice
        self.ending = True

    @staticmethod
    def _quieten(waker: int) -> None:
        while select.select([waker], [], [], 0)[0]:
            os.read(waker, 512)

    def _start_missing(self, *, first_time: bool) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.process and child.process.poll() is not None:
                if first_time:
                    raise ChildFailed(f"{child.name} did not start (exit status {child.process.returncode}).")
                self._plan_restart(child, child.process, now)
            if child.process is None and now >= child.start_at:
                self._start(child, now)

    def _plan_restart(self, child: Child, ended: subprocess.Popen[bytes], now: float) -> None:
        child.failures = 1 if now - child.started > CALM else child.failures + 1
        pause = min(2.0 ** (child.failures - 1), LONGEST_PAUSE)
        self.say(f"{child.name} ended (exit status {ended.returncode}); it starts again in {pause:.0f} s.")
        _kill_session(ended)  # what it left behind would hold its port
        self._tell_watcher(ended.pid)
        child.process, child.start_at = None, now + pause

    def _start(self, child: Child, now: float) -> None:
        parent = os.getpid()

        def before_exec() -> None:
            if self.use_kernel:
                set_death_signal(signal.SIGKILL)
                if os.getppid() != parent:  # it died while we were being born
                    os._exit(1)

        child.process = subprocess.Popen(
            child.command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=before_exec,
        )
        child.started = now
        self._tell_watcher(child.process.pid)

    def _start_watcher(self) -> None:
        self.watcher = subprocess.Popen(
            [sys.executable, "-c", WATCHER], stdin=subprocess.PIPE, start_new_session=True, text=True
        )

    def _tell_watcher(self, pid: int) -> None:
        """The first mention of a process begins the watch, the second ends it."""
        if self.watcher and self.watcher.stdin:
            self.watcher.stdin.write(f"{pid}\n")
            self.watcher.stdin.flush()

    def _end_all(self, waker: int) -> None:
        """TERM, then KILL after ten seconds or a second request; the session's other members go too."""
        self.ending = True
        running = [child.process for child in self.children if child.process and child.process.poll() is None]
        for process in running:
            process.terminate()
        end = time.monotonic() + PATIENCE
        while any(process.poll() is None for process in running):
            if self.hurried or time.monotonic() > end:
                break
            select.select([waker], [], [], 0.2)
            self._quieten(waker)
        for process in running:
            _kill_session(process)
            self._tell_watcher(process.pid)
        if self.watcher and self.watcher.stdin:
            self.watcher.stdin.close()
            self.watcher.wait()


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:  # all of it has ended, as it should
        return
    finally:
        process.wait()


def main(plan: str) -> int:
    """``plan`` is JSON: children as [name, command], port, and what to say when the portal is up."""
    wanted = json.loads(plan)

    def say(text: str) -> None:
        print(text, flush=True)  # noqa: T201

    whole = Supervisor([Child(name, command) for name, command in wanted["children"]], dict(os.environ), say)
    try:
        whole.run(is_up=lambda: _answers(wanted["port"]), when_up=lambda: say(wanted["welcome"]))
    except ChildFailed as failure:
        sys.stderr.write(f"The portal cannot start: {failure}\n")
        return 1
    return 0


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
