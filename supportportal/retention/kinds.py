"""The register of what is not kept for ever: each app says what of its own goes, and when it may not yet.

Filled in ``AppConfig.ready()``. A kind goes when its time is over, or with the client whose it is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Exists, Model, Q, QuerySet

Condition = Q | Exists


@dataclass(frozen=True)
class Kind:
    """One kind of data.

    ``due(before, at)``: rows that were over at ``before``, and about which nothing is open or owed at ``at``.
    ``forget(pks, at)``: takes their words and persons away, in the caller's transaction; twice is once.
    ``since``: the field that says how old a row is.
    ``whose(people)``: the condition for rows that are these people's own. ``about(people)``: for rows that somehow
    concern them, which a legal hold on one of them keeps.
    ``subjects``: what messages and mails about it have as their subject: the model, and the way from there to the row.
    ``keeps_mail``: those messages and mails belong to the case, and go with it and not before.
    ``seen_by``: narrows the rows to those that a member of staff may know of (C-8).
    """

    code: str
    title: Any
    what: Any
    model: type[Model]
    due: Callable[[datetime, datetime], QuerySet[Any]]
    forget: Callable[[Sequence[int], datetime], None]
    since: str
    whose: Callable[[Any], Condition]
    about: Callable[[Any], Condition]
    subjects: Mapping[str, str] = field(default_factory=dict)
    keeps_mail: bool = False
    seen_by: Callable[[QuerySet[Any], Any], QuerySet[Any]] | None = None
    position: int = 50


@dataclass(frozen=True)
class Open:
    """What keeps a client from being anonymised: ``who(at)`` gives the ids of the people whom it keeps.

    ``seen_by`` narrows them to those of whom a member of staff may know it; of the others, no more is said than that
    something is not settled (C-8).
    """

    code: str
    says: Any
    who: Callable[[datetime], QuerySet[Any]]
    seen_by: Callable[[datetime, Any], QuerySet[Any]] | None = None
    position: int = 50


Ids = Callable[[datetime], QuerySet[Any]]
_kinds: dict[str, Kind] = {}
_opens: dict[str, Open] = {}
_needed: dict[str, list[Ids]] = {}
_lives: list[Ids] = []


def register(*kinds: Kind) -> None:
    for kind in kinds:
        if _kinds.setdefault(kind.code, kind) is not kind:
            raise ValueError(f"The kind {kind.code} is registered twice.")


def register_open(*opens: Open) -> None:
    for one in opens:
        if _opens.setdefault(one.code, one) is not one:
            raise ValueError(f"What keeps a client ({one.code}) is registered twice.")


def register_need(code: str, ids: Ids) -> None:
    """Another app needs rows of the kind ``code``, though they are over: ``ids(at)`` says which."""
    _needed.setdefault(code, []).append(ids)


def register_life(who: Ids) -> None:
    """``who(since)``: the ids of people who have been here since then."""
    _lives.append(who)


def all_kinds() -> list[Kind]:
    return sorted(_kinds.values(), key=lambda kind: (kind.position, kind.code))


def all_opens() -> list[Open]:
    return sorted(_opens.values(), key=lambda one: (one.position, one.code))


def subject_ids(label: str, way: str, rows: QuerySet[Any]) -> QuerySet[Any]:
    """The ids of the subjects ``label`` that belong to ``rows``."""
    if way == "pk":
        return rows.values("pk")
    return apps.get_model(label)._base_manager.filter(**{f"{way}__in": rows.values("pk")}).values("pk")


def ids_behind(label: str, way: str, subjects: QuerySet[Any]) -> QuerySet[Any]:
    """The ids of the rows to which these subjects belong; ``subjects`` gives ids."""
    if way == "pk":
        return subjects
    known = apps.get_model(label)._base_manager.filter(pk__in=subjects)
    return known.filter(**{f"{way}__isnull": False}).values(way)


def needed(code: str, at: datetime) -> list[QuerySet[Any]]:
    return [ids(at) for ids in _needed.get(code, ())]


def lives(since: datetime) -> list[QuerySet[Any]]:
    return [who(since) for who in _lives]
