"""Numbers that only grow, counted by several processes at once: requests, how long they took, refusals.

Each process writes all of its own numbers into a file of its own, with one call and no lock that another could hold;
whoever asks adds the files up. That is right for any number of gunicorn's workers and for several containers that
share the folder, needs neither Redis nor the database, and cannot hold up a request. A process locks its file while it
lives; the file of a dead one is added to what the dead have left behind, so that no number ever shrinks.
"""

import fcntl
import logging
import os
import secrets
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from django.conf import settings

logger = logging.getLogger(__name__)
_names: list[str] = []
_numbers: list[int] = []
_lock = threading.Lock()
_own: int | None = None  # the open file, and whose it is: a fork needs one of its own
_own_pid = 0
_said = False


def define(*names: str) -> None:
    """Make room for numbers, before any is counted; a name is written as Prometheus does, labels and all."""
    fresh = [name for name in names if name not in _names]
    _names.extend(fresh)
    _numbers.extend(0 for _ in fresh)


def add(amounts: dict[str, int]) -> None:
    """Count. Raises nothing: where the disk is full, this process goes uncounted."""
    global _own, _own_pid, _said
    with _lock:
        try:
            if _own is None or _own_pid != os.getpid():
                _numbers[:] = [0] * len(_names)
                _own, _own_pid = _open(), os.getpid()
            for name, amount in amounts.items():
                _numbers[_names.index(name)] += amount
            os.pwrite(_own, _packed(_numbers), 0)
        except OSError as error:
            if not _said:
                logger.warning("Requests are not counted: %s cannot be written to (%s).", settings.TALLIES_ROOT, error)
            _said = True


def totals() -> dict[str, int]:
    """What all processes together have counted since the numbers began."""
    sums = [0] * len(_names)
    folder = settings.TALLIES_ROOT
    with _alone(folder):
        left = folder / f"{_layout()}.left"
        for file in [*folder.glob(f"{_layout()}-*.tally"), left]:
            sums = [total + number for total, number in zip(sums, _read(file), strict=True)]
        _bury(folder, left)
    return dict(zip(_names, sums, strict=True))


def _bury(folder: Path, left: Path) -> None:
    for file in folder.glob("*.tally"):
        with file.open("rb") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:  # its process lives
                continue
            if file.name.startswith(_layout()):
                sums = [total + number for total, number in zip(_read(left), _read(file), strict=True)]
                fresh = left.with_suffix(".new")
                fresh.write_bytes(_packed(sums))
                fresh.replace(left)
            file.unlink()


def _open() -> int:
    """Locked before anybody can see it, else it would be taken for a dead one's."""
    settings.TALLIES_ROOT.mkdir(parents=True, exist_ok=True)
    name = f"{_layout()}-{secrets.token_hex(8)}"
    unseen = settings.TALLIES_ROOT / f"{name}.new"
    opened = os.open(unseen, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    os.pwrite(opened, _packed(_numbers), 0)
    fcntl.flock(opened, fcntl.LOCK_EX)
    unseen.rename(unseen.with_suffix(".tally"))
    return opened


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One reader at a time: two would add the same dead process twice."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "reader").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _layout() -> str:
    """Another release may count other things; its files are not ours to add up."""
    return sha256("\n".join(_names).encode()).hexdigest()[:12]


def _read(file: Path) -> list[int]:
    content = file.read_bytes() if file.exists() else b""
    size = 8 * len(_names)
    return list(struct.unpack(f"<{len(_names)}q", content if len(content) == size else bytes(size)))


def _packed(numbers: list[int]) -> bytes:
    return struct.pack(f"<{len(numbers)}q", *numbers)
