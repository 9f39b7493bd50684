"""Every named page of the portal, and an address for it: drawn from the portal's own map, so that a new page counts."""

from collections.abc import Iterator
from typing import Any

from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import IntConverter


def pages(patterns: Any = None, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from pages(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{namespace}{pattern.name}", pattern


def address(name: str, pattern: URLPattern, values: dict[Any, Any]) -> str | None:
    """``values`` are by (page, argument) or by argument; what is not given is 1."""
    given = {}
    for key, converter in pattern.pattern.converters.items():
        given[key] = values.get((name, key)) or values.get(key) or (1 if isinstance(converter, IntConverter) else "1")
    try:
        return reverse(name, kwargs=given)
    except NoReverseMatch:
        return None
