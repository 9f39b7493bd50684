"""The whole portal in processes of its own, as ``make run`` starts it."""

import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil

from .processes import die_with_parent, free_port, is_alive, wait_until

ROOT = Path(__file__).resolve().parents[2]


class Portal:
    """``manage.py runportal`` on a free port, with the shell's settings left out and those given put in."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port = free_port()
        self.log = folder / f"log-{self.port}"
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "runportal"],
                cwd=ROOT,
                env=kept | {"VAR_DIR": str(folder / "var"), "PORT": str(self.port), "ENV_FILE": ""} | settings,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        self.seen: set[int] = set()

    def wait_until_up(self) -> None:
        """Until it has said so itself, which is when all its processes have been started."""
        wait_until(self._has_said_so, seconds=120, what="the portal to be up")
        below = psutil.Process(self.process.pid).children(recursive=True)
        self.seen = {process.pid for process in below}

    def _has_said_so(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return "Ctrl-C ends it." in self.log.read_text()

    def health(self) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=30) as answer:
            return answer.status

    def all_gone(self) -> bool:
        return not any(is_alive(pid) for pid in self.seen)
