"""What a new portal needs before its first client: apps register their items in ``AppConfig.ready()``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.urls import reverse

# The way a new portal comes about, each step with what it needs before it; what is not named here comes after.
ORDER = [
    "name",
    "logo",
    "plans",
    "people",
    "bookings.agents",
    "bookings.types",
    "bookings.hours",
    "terms",
    "accounts",
    "clients",
    "email",
    "sms",
]


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


def of_model(code: str, model: str, title: Any, text: Any) -> Item:
    """Done once there is one of ``model`` ("app.Model"); leads to making the first one, and to all of them after."""

    def is_done() -> bool:
        return apps.get_model(model)._default_manager.exists()

    def url() -> str:
        return reverse(f"admin:{model.lower().replace('.', '_')}_{'changelist' if is_done() else 'add'}")

    return Item(code, title, text, is_done, url)


def states() -> list[State]:
    return [State(item, item.is_done()) for item in sorted(_items.values(), key=_place)]


def _place(item: Item) -> tuple[int, int, str]:
    return (ORDER.index(item.code) if item.code in ORDER else len(ORDER), item.position, item.code)
