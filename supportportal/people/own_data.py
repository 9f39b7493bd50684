"""Everything about a person, as one archive: each app gives its part, registered in ``AppConfig.ready()`` (R-6).

No restriction, plan or subscription is asked. A part tells of its person alone: no texts of other persons, nobody
else's data, no names of staff but those that the person was told, and no code, token or link.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from django.db.models import Model

from supportportal.files.models import Screened, StoredFile

from .models import User

BATCH = 500  # rows that a part reads at a time: what it needs of memory does not grow with them


@dataclass(frozen=True)
class Coded:
    """A value that machines know by its code and people by its label."""

    value: str
    label: Any


@dataclass(frozen=True)
class File:
    """A file that the person handed in or got; ``open`` gives its content, and is called once."""

    name: str
    open: Callable[[], IO[bytes]]


@dataclass(frozen=True)
class Fact:
    """One thing that is kept. ``value``: text, number, day, instant, yes or no, Coded, or a list of these, of File or
    of Record; empty ones are not shown to people."""

    code: str
    label: Any
    value: Any


@dataclass(frozen=True)
class Record:
    title: Any
    facts: Sequence[Fact]


@dataclass(frozen=True)
class Section:
    """``records`` is read once, and only then asks the database."""

    code: str
    label: Any
    records: Iterable[Record]


@dataclass(frozen=True)
class Part:
    """What one app keeps of a person. ``says`` is what is in it, in a few words; ``code`` names its file."""

    code: str
    label: Any
    says: Any
    collect: Callable[[User, datetime], Iterable[Section]]
    position: int = 50


_parts: dict[str, Part] = {}


def register(*parts: Part) -> None:
    for part in parts:
        if _parts.setdefault(part.code, part) is not part:
            raise ValueError(f"The part {part.code} of a person's data is registered twice.")


def all_parts() -> list[Part]:
    return sorted(_parts.values(), key=lambda part: (part.position, part.code))


def facts_of(row: Model, *fields: str) -> list[Fact]:
    """Fields of a row under their own names; of a choice, its code and label."""
    return [Fact(name, row._meta.get_field(name).verbose_name, _value(row, name)) for name in fields]  # type: ignore[union-attr]


def stored(files: Iterable[StoredFile]) -> list[File | Coded]:
    """Of one that is not given out, its name and why."""
    return [File(one.name, _opener(one)) if one.is_given_out else not_given_out(one.name, one) for one in files]


def not_given_out(name: str, file: Screened) -> Coded:
    return Coded(f"{file.screening}: {name}", f"{name} ({file.why_withheld})")


def _value(row: Model, name: str) -> Any:
    value = getattr(row, name)
    if getattr(row._meta.get_field(name), "choices", None) and value:
        return Coded(str(value), getattr(row, f"get_{name}_display")())
    return value


def _opener(one: StoredFile) -> Callable[[], IO[bytes]]:
    return lambda: one.content.open("rb")
