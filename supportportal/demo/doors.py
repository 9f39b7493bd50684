"""One-press doors of the demo's first page: apps register them in ``AppConfig.ready()``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Door:
    """Signs in as ``sign_in_as`` (empty: stays who one is) and goes to ``url``, a path or the name of a view.

    ``find`` gives the path of the very thing that the demo holds; where it is gone, ``url`` it is.
    """

    title: Any
    text: Any
    sign_in_as: str
    url: str
    icon: str = "door"
    position: int = 50
    find: Callable[[], str] | None = None


_doors: dict[str, Door] = {}


def register(*doors: Door) -> None:
    for door in doors:
        _doors[str(door.url)] = door


def all_doors() -> list[Door]:
    return sorted(_doors.values(), key=lambda door: (door.position, str(door.url)))
