"""Marks of the end of the chain, kept outside the database.

Entries cut off at the end with their seals leave no gap, and whoever may write to the database can chain a forged trail
anew. Neither fits what was marked before: one signed line an hour, in ``TRAIL_MARKS``. A restore from a backup takes
entries away too, by right: it adds a line of its own, and is told each time the trail is verified.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.core.signing import BadSignature, Signer

from .models import Seal

EVERY = timedelta(hours=1)
LONGEST = 400  # bytes of a line
RESTORED = "restored"  # in place of a digest: here the chain was put back to an earlier end
_signer = Signer(salt="supportportal.trail.marks", sep=" ")


@dataclass(frozen=True)
class Mark:
    """At ``at`` the chain ended with seal ``number``, whose digest was ``digest``."""

    at: datetime
    number: int
    digest: str

    def __str__(self) -> str:
        return f"{self.at.isoformat(timespec='seconds')} {self.number} {self.digest}"


def keep(file: Path, *, at: datetime) -> None:
    """Add a mark if the newest is an hour old and the chain has grown. Several processes may do it at once."""
    newest = _newest(file)
    if newest and newest.at <= at < newest.at + EVERY:
        return
    last = Seal.objects.order_by("-number").first()
    if last is None or (newest and newest.number == last.number):
        return
    _add(file, Mark(at, last.number, last.digest))


def keep_restore(file: Path, *, at: datetime) -> None:
    """Add that a backup has just been put back: marks of a later end of the chain no longer count."""
    last = Seal.objects.order_by("-number").first()
    _add(file, Mark(at, last.number if last else 0, RESTORED))


def _add(file: Path, mark: Mark) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as end:
        end.write(_signer.sign(str(mark)) + "\n")


def known(file: Path) -> int:
    """How many marks there are that count."""
    return len(_counting(file))


def restores(file: Path) -> Iterator[str]:
    """What was put back from backups, one sentence each: no fault, and for whoever verifies to know."""
    for mark in filter(None, map(_read, _lines(file))):
        if mark.digest == RESTORED:
            yield f"On {mark.at:%Y-%m-%d %H:%M} UTC a backup was put back whose trail ended with seal {mark.number}."


def faults(file: Path) -> Iterator[str]:
    """What contradicts the marks, one sentence each."""
    for number, mark in _counting(file):
        if mark is None:
            yield f"Line {number} of {file.name} was not written by this portal, or with another SECRET_KEY."
        elif (seal := Seal.objects.filter(number=mark.number).first()) is None:
            yield f"Seal {mark.number}, there on {mark.at:%Y-%m-%d %H:%M} UTC, is gone: the trail was cut off."
        elif seal.digest != mark.digest:
            yield f"Seal {mark.number} is not what it was on {mark.at:%Y-%m-%d %H:%M} UTC: the trail was written anew."


def _counting(file: Path) -> list[tuple[int, Mark | None]]:
    """Each line that counts, by its number; None where it is not ours."""
    found: list[tuple[int, Mark | None]] = []
    for number, mark in enumerate(map(_read, _lines(file)), start=1):
        if mark and mark.digest == RESTORED:
            found = [(line, one) for line, one in found if one is None or one.number <= mark.number]
        else:
            found.append((number, mark))
    return found


def _newest(file: Path) -> Mark | None:
    """Read from the end of the file alone: it is asked for at every tick that seals."""
    if not file.exists():
        return None
    with file.open("rb") as lines:
        lines.seek(max(0, file.stat().st_size - LONGEST))
        found = lines.read().decode().splitlines()
    return _read(found[-1]) if found else None


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def _read(line: str) -> Mark | None:
    try:
        at, number, digest = _signer.unsign(line).split()
    except (BadSignature, ValueError):
        return None
    return Mark(datetime.fromisoformat(at), int(number), digest)
