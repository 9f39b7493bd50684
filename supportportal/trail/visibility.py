"""Who may see which entries: each app narrows those about its own subjects (C-8)."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet

from supportportal.longlists import among, values_of

from .models import Entry

# kind of subject → the ids that a member of staff may see entries about
_seen: dict[str, Callable[[Any], QuerySet]] = {}

# verb → facts of which a page says no more than whether there are any
_veiled: dict[str, tuple[str, ...]] = {}


def register(subject_type: str, ids_seen_by: Callable[[Any], QuerySet]) -> None:
    if _seen.setdefault(subject_type, ids_seen_by) is not ids_seen_by:
        raise ValueError(f"Who sees entries about {subject_type} is registered twice.")


def veil(verb: str, *facts: str) -> None:
    """Of these facts, readers of an entry learn only whether there are any (C-8)."""
    _veiled[verb] = facts


def facts_of(entry: Entry) -> dict[str, Any]:
    """The facts of an entry, as a page may show them."""
    veiled = _veiled.get(entry.verb, ())
    return {name: bool(fact) if name in veiled else fact for name, fact in entry.facts.items()}


def narrowed() -> set[str]:
    """The kinds of subjects of which not everybody sees every entry."""
    return set(_seen)


def visible_to(entries: "QuerySet[Entry]", user: Any) -> "QuerySet[Entry]":
    """The entries that ``user`` may see. Kinds of subjects that no app narrows are seen by all who see the trail."""
    for subject_type in set(values_of(Entry, "subject_type")).intersection(_seen):  # a condition less for each other
        entries = entries.filter(~Q(subject_type=subject_type) | among(_seen[subject_type](user), "subject_id"))
    return entries
