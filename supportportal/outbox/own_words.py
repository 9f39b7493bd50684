"""The firm's own words in messages: which kinds take them, what may be said in them, and how they are filled in.

What a message has to say – facts, reasons, deadlines, links – stays the portal's. The firm may word its subject and
heading, and put an opening before and a closing after what it says; of a text message, the one line. In all of them
``{name}`` stands for a value of the message; nothing else is ever evaluated.
"""

import logging
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from django.template import Context, Variable
from django.utils.translation import gettext as _

from . import kinds
from .models import Message, Wording

logger = logging.getLogger(__name__)

PARTS = {Message.Channel.EMAIL: ("subject", "heading", "opening", "closing"), Message.Channel.SMS: ("sms",)}
LONGEST = {"subject": 150, "heading": 150, "opening": 1000, "closing": 1000, "sms": 300}
PARAGRAPHS = {"opening", "closing"}  # the others are one line
# Of no width, or turning around what is read: with these alone a subject is empty, or says something else.
_UNSEEN = frozenset("\u200b\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")

Parts = Mapping[str, str]  # part → words
NONE: Parts = MappingProxyType({})


@dataclass(frozen=True)
class Wordable:
    """What one kind of message offers to the firm's words.

    ``sample`` gives what its templates show of a case that never was, in the language and zone in force.
    ``placeholders`` are names and where in that context their values stand ("client.name").
    ``required`` names, for a part, the placeholders without which the message would miss its purpose.
    ``fixed`` says why the firm has no words of its own in it; empty where it has.
    """

    group: Any
    to: Any
    sample: Callable[[], dict[str, Any]]
    placeholders: Mapping[str, str] = field(default_factory=dict)
    required: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fixed: Any = ""


_wordables: dict[str, Wordable] = {}


def describe(wordables: Mapping[str, Wordable]) -> None:
    """Said once for each kind, in ``AppConfig.ready()``."""
    for code, wordable in wordables.items():
        if _wordables.setdefault(code, wordable) is not wordable:
            raise ValueError(f"The words of the message kind {code} are described twice.")


def find(code: str) -> Wordable | None:
    return _wordables.get(code)


def described(code: str) -> Wordable:
    """Raises KeyError for a kind that nobody describes."""
    return _wordables[code]


def parts_of(code: str) -> tuple[str, ...]:
    """The parts that the firm may word: none of a kind that is fixed, unknown or not described."""
    kind, wordable = kinds.find(code), find(code)
    return PARTS[Message.Channel(kind.channel)] if kind and wordable and not wordable.fixed else ()


def in_use(codes: Iterable[str]) -> dict[tuple[str, str], Parts]:
    """The firm's words for these kinds, by kind and language, in one query."""
    rows = Wording.objects.filter(kind__in=set(codes))
    return {(row.kind, row.language): row.parts for row in rows}


# -- what may be said --------------------------------------------------------------------------------------------------


def faults(code: str, part: str, text: str) -> Iterator[str]:
    """What is wrong with these words, sentence by sentence, in the language in force; nothing of words that hold."""
    wordable = find(code)
    if wordable is None or part not in parts_of(code):
        yield _("This kind of message has no words of your own here.")
        return
    if len(text) > LONGEST[part]:
        yield _("Please use at most %(most)d characters; these are %(length)d.") % {
            "most": LONGEST[part],
            "length": len(text),
        }
    if part not in PARAGRAPHS and ("\n" in text or "\r" in text):
        yield _("This is one line: please take the line break out.")
    if any(one in _UNSEEN or unicodedata.category(one) in ("Cc", "Cs") for one in text if one not in "\n\r"):
        yield _("There is a character in it that cannot be shown.")
    yield from _faults_of_placeholders(wordable, part, text)


def _faults_of_placeholders(wordable: Wordable, part: str, text: str) -> Iterator[str]:
    used = _PLACEHOLDER.findall(text)
    for name in dict.fromkeys(used):
        if name not in wordable.placeholders:
            yield _("There is no placeholder {%(name)s} in this message.") % {"name": name}
    if re.search(r"[{}]", _PLACEHOLDER.sub("", text)):
        yield _("Curly brackets stand around the name of a placeholder, as in {firm}, and nowhere else.")
    for name in wordable.required.get(part, ()):
        if name not in used:
            yield _("{%(name)s} must stay: without it the message misses its purpose.") % {"name": name}


def broken(rows: Iterable[Wording]) -> list[Wording]:
    """Those that do not hold any more, because the message has changed since: the shipped words stand in for them."""
    return [row for row in rows if any(any(faults(row.kind, part, text)) for part, text in row.parts.items())]


# -- filling in --------------------------------------------------------------------------------------------------------


def fill(code: str, words: Parts, shown: Mapping[str, Any]) -> dict[str, str]:
    """The firm's words with their values, from what the templates show; empty where any of them does not hold.

    Raises nothing: a message is never lost by its wording.
    """
    if not words:
        return {}
    try:
        for part, text in words.items():
            for fault in faults(code, part, text):
                raise ValueError(f"{part}: {fault}")
        return {part: _filled(part, text, values_of(code, shown)) for part, text in words.items()}
    except Exception:  # whatever a value raises: the shipped words need none of it
        logger.exception("The firm's own words for %s cannot be used; the shipped ones are", code)
        return {}


def values_of(code: str, shown: Mapping[str, Any]) -> Callable[[str], str]:
    """The value of a placeholder, by its name; a missing one raises."""
    placeholders, context = described(code).placeholders, Context(dict(shown))

    def value(name: str) -> str:
        found = Variable(placeholders[name]).resolve(context)
        return "" if found is None else " ".join(str(found).split())

    return value


def _filled(part: str, text: str, value: Callable[[str], str]) -> str:
    """In one pass: what a value holds is never read as a placeholder."""
    filled = _PLACEHOLDER.sub(lambda match: value(match.group(1)), text)
    return filled if part in PARAGRAPHS else " ".join(filled.split())
