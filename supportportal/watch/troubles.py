"""What is wrong with the work that goes on by itself. Each app says so for its own, by ``register``."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Trouble:
    """``text`` is for operators, in English, and names no person, address or subject.

    ``grave``: something that is owed is not being done; otherwise somebody should have a look.
    """

    code: str
    text: str
    grave: bool = True


Source = Callable[[datetime], Iterable[Trouble]]
_sources: list[Source] = []


def register(*sources: Source) -> None:
    _sources.extend(sources)


def found(at: datetime) -> list[Trouble]:
    """All there is, the grave ones first."""
    everything = [trouble for source in _sources for trouble in source(at)]
    return sorted(everything, key=lambda trouble: not trouble.grave)


def span(length: timedelta) -> str:
    """ "40 seconds", "3 minutes", "26 hours"; exact enough to know how bad it is."""
    seconds = int(length.total_seconds())
    for size, word in ((3600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return f"{seconds // size} {word}s"
    return f"{seconds} second{'' if seconds == 1 else 's'}"
