"""What was decided behind a restriction, for the person it is about: a line with a link, wherever its notice stands.

Apps that restrict people register themselves in ``AppConfig.ready()``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .models import Restriction, User


@dataclass(frozen=True)
class Decision:
    label: Any
    path: str


_finders: list[Callable[[Restriction, User], Decision | None]] = []


def register(finder: Callable[[Restriction, User], Decision | None]) -> None:
    """``finder`` answers None for a restriction of others, and to whoever the decision is not about."""
    if finder not in _finders:
        _finders.append(finder)


def behind(restriction: Restriction, reader: User) -> Decision | None:
    return next((found for finder in _finders if (found := finder(restriction, reader))), None)
