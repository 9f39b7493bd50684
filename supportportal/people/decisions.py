"""What was decided behind a restriction: for whom it closes something a sentence, in the language and with the times of
whoever reads it; for the person it is about a line with a link, wherever that sentence stands.

Apps that restrict people register themselves in ``AppConfig.ready()``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Model, prefetch_related_objects

from .models import Restriction, User


@dataclass(frozen=True)
class Decision:
    label: Any
    path: str


_finders: list[Callable[[Restriction, User], Decision | None]] = []
_writers: list[Callable[[Restriction, User | None], str]] = []
_read: set[str] = set()


def register(finder: Callable[[Restriction, User], Decision | None]) -> None:
    """``finder`` answers None for a restriction of others, and to whoever the decision is not about."""
    if finder not in _finders:
        _finders.append(finder)


def behind(restriction: Restriction, reader: User) -> Decision | None:
    return next((found for finder in _finders if (found := finder(restriction, reader))), None)


def register_words(writer: Callable[[Restriction, User | None], str], *reads: str) -> None:
    """``writer`` answers an empty text for a restriction that another app has made; ``reads`` is what it, and what the
    app has registered above, reads of each."""
    if writer not in _writers:
        _writers.append(writer)
        _read.update(reads)


def load(restrictions: Sequence[Restriction]) -> None:
    """Read what is needed to tell of them all at once, in as many queries as for one."""
    prefetch_related_objects(cast(list[Model], list(restrictions)), *sorted(_read))


def words(restriction: Restriction, reader: User | None) -> str:
    """What the reader, if known, is told of it, in the language in force; as it was written where no app says more."""
    return next((said for writer in _writers if (said := writer(restriction, reader))), restriction.notice)
