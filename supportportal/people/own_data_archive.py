"""A person's data as one ZIP: a page to read, a JSON file for each part, and the files themselves.

Written row by row to temporary files: what it needs of memory does not grow with what there is.
"""

import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from tempfile import TemporaryFile
from typing import IO, Any
from urllib.parse import quote

from django.template.loader import get_template
from django.utils import timezone, translation
from django.utils.formats import localize
from django.utils.translation import gettext as _

from supportportal import reader, wording
from supportportal.files import names

from . import own_data
from .models import Firm, User
from .own_data import Coded, Fact, File, Part, Record, Section

PAGE = "index.html"
HERE = "<!-- here -->"
LONGEST_EXTENSION = 10


@dataclass(frozen=True)
class Placed:
    """A file, where it stands in the archive."""

    name: str
    path: str

    @property
    def address(self) -> str:
        return quote(self.path)


@dataclass(frozen=True)
class Line:
    """A fact as the page shows it: a text, or links to files, or records."""

    label: Any
    text: str = ""
    files: Sequence[Placed] = ()
    records: Sequence["Shown"] = ()


@dataclass(frozen=True)
class Shown:
    title: Any
    lines: Sequence[Line]


def build(person: User, at: datetime) -> IO[bytes]:
    """The archive in the person's language and times, as an open temporary file at its start: closing it deletes it."""
    with ExitStack() as if_it_fails:
        made = if_it_fails.enter_context(TemporaryFile())
        with (
            translation.override(person.language),
            timezone.override(person.zone),
            zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            _Archive(archive, at.astimezone(person.zone)).write(person, at)
        made.seek(0)
        if_it_fails.pop_all()
    return made


class _Archive:
    def __init__(self, archive: zipfile.ZipFile, made: datetime) -> None:
        self._archive, self._made, self._files = archive, made.timetuple()[:6], 0

    def write(self, person: User, at: datetime) -> None:
        parts = own_data.all_parts()
        shown = {
            "person": person,
            "firm": Firm.current(),
            "language": reader.language(),
            "made": wording.written_out(at, person.zone, reader.language(), year=True, named=False),
            "zone": wording.zone_label(person.zone, reader.language()),
            "parts": parts,
        }
        with TemporaryFile() as page:
            with _frame(page, "index", shown):
                for part in parts:
                    self._part(part, person, at, page)
            self._copy(PAGE, page)

    def _part(self, part: Part, person: User, at: datetime, page: IO[bytes]) -> None:
        with TemporaryFile() as data:
            data.write(f'{{"part": {_json(part.code)}, "made_at": {_json(at)}'.encode())
            with _frame(page, "part", {"part": part}):
                for section in part.collect(person, at):
                    self._section(section, part, data, page)
            data.write(b"\n}\n")
            self._copy(f"data/{part.code}.json", data)

    def _section(self, section: Section, part: Part, data: IO[bytes], page: IO[bytes]) -> None:
        _say(page, "section", {"section": section})
        data.write(f",\n{_json(section.code)}: [".encode())
        count = 0
        for record in section.records:
            placed = self._place(record, part)
            data.write(f"{',' if count else ''}\n  {_json(placed)}".encode())
            _say(page, "record", {"record": _shown(placed)})
            count += 1
        data.write(b"\n]" if count else b"]")
        _say(page, "section_end", {"is_empty": not count})

    def _place(self, record: Record, part: Part) -> Record:
        """The record with its files put into the archive."""
        return Record(record.title, [Fact(one.code, one.label, self._placed(one.value, part)) for one in record.facts])

    def _placed(self, value: Any, part: Part) -> Any:
        if isinstance(value, File):
            return self._add(value, part)
        if isinstance(value, Record):
            return self._place(value, part)
        return [self._placed(one, part) for one in value] if isinstance(value, list | tuple) else value

    def _add(self, file: File, part: Part) -> Placed:
        """Under a number and a clean name, so that no name leads out of its folder or over another file."""
        self._files += 1
        name = _clean(file.name)
        path = f"files/{part.code}/{self._files:04}-{name}"
        with file.open() as content:
            self._copy(path, content, zipfile.ZIP_STORED)  # pictures, PDF and the like are compressed already
        return Placed(name, path)

    def _copy(self, path: str, content: IO[bytes], how: int = zipfile.ZIP_DEFLATED) -> None:
        info = zipfile.ZipInfo(path, self._made)
        info.file_size = content.seek(0, os.SEEK_END)  # said beforehand, for what is larger than 2 GiB
        content.seek(0)
        info.compress_type = how
        info.external_attr = 0o644 << 16
        with self._archive.open(info, "w") as out:
            shutil.copyfileobj(content, out)


def _clean(name: str) -> str:
    stem, extension = names.clean(name)
    extension = "".join(char for char in extension if char.isalnum())[:LONGEST_EXTENSION]
    return names.join(stem, extension) if extension else stem[: names.LONGEST].strip() or "file"


def _say(page: IO[bytes], piece: str, shown: dict[str, Any]) -> None:
    page.write(_written(piece, shown).encode())


@contextmanager
def _frame(page: IO[bytes], piece: str, shown: dict[str, Any]) -> Iterator[None]:
    """What is said meanwhile stands where the piece has its mark; no value can hold it, for they are escaped."""
    before, _mark, after = _written(piece, shown).partition(HERE)
    page.write(before.encode())
    yield
    page.write(after.encode())


def _written(piece: str, shown: dict[str, Any]) -> str:
    return get_template(f"people/own_data/{piece}.html").render(shown)


# -- for machines ------------------------------------------------------------------------------------------------------


def _json(value: Any) -> str:
    return json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: Any) -> Any:
    match value:
        case Record():
            return {fact.code: _plain(fact.value) for fact in value.facts}
        case list() | tuple():
            return [_plain(one) for one in value]
        case Placed():
            return value.path
        case Coded():
            return value.value
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case None | bool() | int() | float():
            return value
    return str(value)


# -- for people --------------------------------------------------------------------------------------------------------


def _shown(record: Record) -> Shown:
    return Shown(record.title, list(_lines(record.facts)))


def _lines(facts: Sequence[Fact]) -> Iterator[Line]:
    for fact in facts:
        if fact.value in (None, "", [], ()):
            continue
        values = fact.value if isinstance(fact.value, list | tuple) else [fact.value]
        files = [one for one in values if isinstance(one, Placed)]
        records = [_shown(one) for one in values if isinstance(one, Record)]
        texts = [_words(one) for one in values if not isinstance(one, Placed | Record)]
        yield Line(fact.label, ", ".join(texts), files, records)


def _words(value: Any) -> str:
    match value:
        case Coded():
            return str(value.label)
        case bool():
            return _("yes") if value else _("no")
        case datetime():
            zone = timezone.get_current_timezone()
            return wording.written_out(value, zone, reader.language(), year=True, named=False)
        case date():
            return wording.written_day(value, reader.language(), year=True)
        case int() | float() | Decimal():
            return str(localize(value))
    return str(value)
