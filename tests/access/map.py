"""Every address of the portal by the name of its page: drawn from the resolver, so that a new one counts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLResolver, get_resolver, reverse


@dataclass(frozen=True)
class Page:
    """``name`` is empty where it has none; ``arguments`` are those of its whole address."""

    name: str
    route: str
    arguments: tuple[str, ...]

    @property
    def key(self) -> str:
        return self.name or f"/{self.route}"

    def address(self, values: dict[str, Any]) -> str:
        given = {argument: values[argument] for argument in self.arguments}
        if self.name:
            return reverse(self.name, kwargs=given)
        plain = re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", self.key).strip("$")
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(given[found[1]]), plain)


def everything() -> dict[str, Page]:
    """By key: the page's name, or its address where it has none; of two with one name, the second's with arguments."""
    found: dict[str, Page] = {}
    for page in _walk(get_resolver().url_patterns):
        key = page.key
        if key in found and found[key].arguments != page.arguments:
            key += "".join(f" <{argument}>" for argument in page.arguments)
        found.setdefault(key, page)
    return found


def _walk(patterns: Any, namespace: str = "", route: str = "", arguments: tuple[str, ...] = ()) -> Iterator[Page]:
    for one in patterns:
        there = route + str(one.pattern).removeprefix("^")
        given = arguments + tuple(getattr(one.pattern, "converters", None) or one.pattern.regex.groupindex)
        if isinstance(one, URLResolver):
            yield from _walk(
                one.url_patterns, f"{namespace}{one.namespace}:" if one.namespace else namespace, there, given
            )
        else:
            yield Page(namespace + one.name if one.name else "", there, given)
