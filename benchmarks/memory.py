"""Idle memory of the embedded default: supervisor, web, worker and beat together, shared pages counted once (PSS)."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.support.processes import die_with_parent, free_port, wait_until

from .figures import Figure

TITLE = "Memory"
ROOT = Path(__file__).resolve().parents[1]
AIM_MB = 400
IDLE_SECONDS = 20  # the ticks have run several times by then


def figures(quick: bool) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        settings = {"VAR_DIR": f"{folder}/var", "PORT": str(free_port()), "DEMO": "1", "ENV_FILE": ""}
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with log.open("wb") as output:
            portal = subprocess.Popen(
                [sys.executable, "manage.py", "runportal"],
                cwd=ROOT,
                env=inherited | settings,
                stdout=output,
                stderr=output,
                preexec_fn=die_with_parent,
            )
        try:
            wait_until(lambda: "Ctrl-C ends it." in log.read_text(), seconds=180, what="the portal")
            time.sleep(IDLE_SECONDS)
            total = report(psutil.Process(portal.pid))
        finally:
            portal.send_signal(signal.SIGINT)
            portal.wait()
    share = total / AIM_MB
    return [
        Figure(
            "idle memory of the embedded portal",
            f"{AIM_MB} MB",
            share,
            share,
            share,
            "≤ 1",
            "SQLite",
            "demo data",
            "Supervisor, web, worker and beat import the same code each; shared pages count once.",
            f"{total:.0f} MB",
        )
    ]


def report(top: psutil.Process) -> float:
    total = 0.0
    for process in [top, *top.children(recursive=True)]:
        used = process.memory_full_info().pss / 2**20
        total += used
        print(f"{used:7.1f} MB  {_what(' '.join(process.cmdline()))}")
    return total


def _what(command: str) -> str:
    found = re.search(r"gunicorn|supervisor|\bworker\b|\bbeat\b", command)
    return found.group() if found else command[:60]
