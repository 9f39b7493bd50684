"""Whose names occur in a text: so long as nobody has matched them, those people are kept out (C-8)."""

import re
import textwrap
import unicodedata
from collections.abc import Iterable

from supportportal.people.models import User

READ = ("pk", "name", "email")  # what of a person is looked for
_SHORTEST = 3  # letters of a part of a name that is looked for: "Li" alone would be found everywhere
_LONGEST = 120
# Parts of names that are words of their own in other people's texts.
_PARTICLES = {
    *("dal", "dalla", "degli", "dei", "del", "della", "delle"),
    *("den", "der", "des", "het", "las", "los", "ten", "ter", "van", "von"),
}
_BETWEEN = re.compile(r"[\n,;/]+")


def typed_names(text: str) -> list[str]:
    """The names in a field in which people write one per line, or with commas between; a long line is several."""
    lines = (line for part in _BETWEEN.split(text) for line in textwrap.wrap(" ".join(part.split()), _LONGEST))
    return list(dict.fromkeys(lines))


def mentioned(texts: Iterable[str], staff: Iterable[User]) -> list[User]:
    """The members of staff who perhaps are meant in one of the texts.

    A part of the name of three letters or more stands there as a word; or the whole of a shorter name; or the text is
    nothing but a part of the name; or their e-mail address stands there.
    """
    texts = list(texts)
    each = [found for text in texts if (found := set(_words(text)))]
    words = set().union(*each)
    running = "\n".join(plain(text) for text in texts)
    squeezed = "".join(running.split())
    return [person for person in staff if _occurs(person, each, words, running, squeezed)]


def _occurs(person: User, each: list[set[str]], words: set[str], running: str, squeezed: str) -> bool:
    name = _words(person.name)
    telling = {word for word in name if len(word) >= _SHORTEST and word not in _PARTICLES}
    if words & telling or (name and not telling and words.issuperset(name)):
        return True
    if any(only.issubset(name) for only in each):
        return True
    whole = "".join(name)  # some scripts leave no space between words
    return (not whole.isascii() and whole in squeezed) or (bool(person.email) and plain(person.email) in running)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", plain(text))


def plain(text: str) -> str:
    """Without capitals and accents, so that "Müller" and "MULLER" are one."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
