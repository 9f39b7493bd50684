"""What a new portal needs before its first client: apps register their items in ``AppConfig.ready()``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Item:
    """One thing to set up; ``url`` gives the page where that is done."""

    code: str
    title: Any
    text: Any
    is_done: Callable[[], bool]
    url: Callable[[], str]
    position: int = 50


@dataclass(frozen=True)
class State:
    item: Item
    done: bool


_items: dict[str, Item] = {}


def register(*items: Item) -> None:
    for item in items:
        if _items.setdefault(item.code, item) is not item:
            raise ValueError(f"The set-up item {item.code} is registered twice.")


def states() -> list[State]:
    ordered = sorted(_items.values(), key=lambda item: (item.position, item.code))
    return [State(item, item.is_done()) for item in ordered]
