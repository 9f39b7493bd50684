"""The supervisor with small children: none outlives it, whichever way it ends."""

import contextlib
import os
import signal
import subprocess
import sys

import psutil
import pytest

from tests.support.processes import die_with_parent, is_alive, wait_until

DRIVER = """
import sys
from supportportal import supervisor
from supportportal.supervisor import Child, ChildFailed, Supervisor

protection, patience, *codes = sys.argv[1:]
supervisor.PATIENCE = float(patience)
if protection == "none":
    Supervisor._start_watcher = lambda self: None
children = [Child(f"child {number}", [sys.executable, "-c", code]) for number, code in enumerate(codes)]
def say(text): print(text + "\\n", end="", flush=True)
whole = Supervisor(children, {}, say, use_kernel=protection == "kernel")
fails = any("SystemExit" in code for code in codes)
try:
    whole.run(is_up=lambda: not fails, when_up=lambda: say("up"))
except ChildFailed as failure:
    sys.exit(str(failure))
"""
# One write for a whole line: several processes say something into the same pipe, with PYTHONUNBUFFERED too.
SLEEPS = "import time; print('ready\\n', end='', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"
FAILS = "raise SystemExit(3)"


class Run:
    """A supervisor in a process of its own, and every process that it ever had below it."""

    def __init__(self, *codes: str, protection: str = "kernel", patience: float = 10) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, protection, str(patience), *codes],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent,
        )
        self.seen: set[int] = set()

    def wait_for(self, *lines: str) -> None:
        missing = list(lines)
        for line in self.process.stdout:
            if line.strip() in missing:
                missing.remove(line.strip())
            if not missing:
                self.below()
                return
        raise AssertionError(self.process.stderr.read())

    def below(self) -> set[int]:
        found = {process.pid for process in psutil.Process(self.process.pid).children(recursive=True)}
        self.seen |= found
        return found

    def all_gone(self) -> bool:
        return not any(is_alive(pid) for pid in self.seen)


@pytest.fixture
def supervised():
    runs: list[Run] = []

    def start(*codes: str, **options) -> Run:
        runs.append(Run(*codes, **options))
        return runs[-1]

    yield start
    for run in runs:
        for pid in {run.process.pid, *run.seen}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        run.process.communicate()


@pytest.mark.parametrize("protection", ["kernel", "pipe"])
def test_no_child_outlives_a_killed_supervisor(supervised, protection):
    run = supervised(SLEEPS, STUBBORN, protection=protection)
    run.wait_for("up", "ready", "ready")
    run.process.kill()
    assert wait_until(run.all_gone, what="the children to end")


def test_without_the_protection_the_children_would_outlive_it(supervised):
    run = supervised(SLEEPS, protection="none")
    run.wait_for("up", "ready")
    run.process.kill()
    run.process.wait()
    assert not run.all_gone()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
@pytest.mark.parametrize("protection", ["kernel", "pipe"])
def test_one_signal_ends_all(supervised, number, protection):
    run = supervised(SLEEPS, SLEEPS, protection=protection)
    run.wait_for("up", "ready", "ready")
    run.process.send_signal(number)
    assert run.process.wait(30) == 0
    assert run.all_gone()


def test_a_child_that_ignores_the_request_is_killed(supervised):
    run = supervised(STUBBORN, patience=0.3)
    run.wait_for("up", "ready")
    run.process.send_signal(signal.SIGTERM)
    assert run.process.wait(30) == 0
    assert run.all_gone()


def test_asking_twice_does_not_wait(supervised):
    run = supervised(STUBBORN, patience=600)
    run.wait_for("up", "ready")
    run.process.send_signal(signal.SIGINT)

    def asked_again() -> bool:
        run.process.send_signal(signal.SIGINT)
        return run.process.poll() is not None

    wait_until(asked_again, what="the supervisor to end")
    assert run.all_gone()


def test_a_dead_child_comes_back(supervised):
    run = supervised(SLEEPS)
    run.wait_for("up", "ready")
    (first,) = run.below()
    os.kill(first, signal.SIGKILL)
    run.wait_for("child 0 ended (exit status -9); it starts again in 1 s.", "ready")
    assert first not in run.below()


def test_what_a_dead_child_leaves_behind_ends_with_it(supervised):
    run = supervised(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEPS!r}])")
    run.wait_for("up", "ready")
    child = psutil.Process(run.process.pid).children()[0]
    grandchild = child.children()[0].pid
    child.kill()
    assert wait_until(lambda: not is_alive(grandchild), what="the grandchild to end")


def test_a_child_that_cannot_start_ends_the_start(supervised):
    run = supervised(FAILS, SLEEPS)
    _, said = run.process.communicate(timeout=60)
    assert run.process.returncode == 1
    assert said.strip() == "child 0 did not start (exit status 3)."
