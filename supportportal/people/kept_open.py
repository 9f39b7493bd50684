"""The ways that no restriction closes: a complaint, an appeal, one's own data, legal notices (R-6).

Apps register theirs in ``AppConfig.ready()``. Whoever meets a closed gate is shown them, on pages and in mails.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .models import User


@dataclass(frozen=True)
class Way:
    """``address`` gives the path of its page for a reader, who is None if not signed in; empty: not for this reader."""

    code: str
    label: Any
    address: Callable[[User | None], str]
    position: int = 50


_ways: dict[str, Way] = {}


def register(*ways: Way) -> None:
    for way in ways:
        if _ways.setdefault(way.code, way) is not way:
            raise ValueError(f"The way {way.code} is registered twice.")


def ways_for(reader: User | None) -> list[tuple[str, str]]:
    """Label and path of each, in their order."""
    ordered = sorted(_ways.values(), key=lambda way: (way.position, way.code))
    return [(str(way.label), path) for way in ordered if (path := way.address(reader))]
