"""Whose names occur in a text: so long as nobody has matched them, those people are kept out (C-8)."""

import re
import unicodedata
from collections.abc import Iterable

from supportportal.people.models import User

_SHORTEST = 3  # letters of a part of a name that is looked for: "Li" alone would be found everywhere
_BETWEEN = re.compile(r"[\n,;/]+")


def typed_names(text: str) -> list[str]:
    """The names in a field in which people write one per line, or with commas between."""
    names = (" ".join(name.split())[:120] for name in _BETWEEN.split(text))
    return list(dict.fromkeys(name for name in names if name))


def mentioned(texts: Iterable[str], staff: Iterable[User]) -> list[User]:
    """The members of staff of whose names any part of three letters or more stands in one of the texts as a word."""
    words = {word for text in texts for word in _words(text)}
    return [person for person in staff if words.intersection(_parts(person.name))]


def _parts(name: str) -> set[str]:
    return {word for word in _words(name) if len(word) >= _SHORTEST}


def _words(text: str) -> set[str]:
    """Words without capitals and accents, so that "Müller" and "MULLER" are one."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return set(re.findall(r"[^\W\d_]+", plain))
