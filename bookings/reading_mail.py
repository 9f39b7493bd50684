"""Requests for a call that come by mail: how the subject tells them, and what the text says. Pure (B-16)."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import phonenumbers
from django.core.exceptions import ValidationError

from supportportal.people import phones

SUBJECTS = {"assistenza telefonica": "it", "phone assistance": "en", "telefonische ondersteuning": "nl"}
MOST_LINES = 400
LONGEST_DESCRIPTION = 5_000
_PREFIX = re.compile(
    r"^\s*(?:(?:re|r|i|fw|fwd|rif|inoltra|inoltrata|antw|aw|doorst|wg|tr)\s*(?:\[\d+\])?\s*:|\[[^\]]{1,40}\])\s*"
)
_LABEL = re.compile(r"^\W{0,3}([^:=]{2,40}?)\s*[:=]\s*(.*)$")
LABELS = {
    "number": (
        "numero|numero di telefono|numero telefonico|telefono|tel|cellulare|cell|recapito|recapito telefonico|"
        "phone|phone number|telephone|telephone number|number|mobile|call me at|"
        "telefoonnummer|telefoon|nummer|mobiel|mobiel nummer"
    ),
    "contact": (
        "contatto|persona di contatto|persona da contattare|referente|nome|nome e cognome|chiedere di|"
        "contact|contact person|name|ask for|person|"
        "contactpersoon|naam|vragen naar"
    ),
    "description": (
        "descrizione|breve descrizione|descrizione del problema|problema|motivo|richiesta|oggetto della richiesta|"
        "description|short description|problem|reason|issue|question|"
        "omschrijving|korte omschrijving|beschrijving|korte beschrijving|probleem|vraag|reden"
    ),
    "day_part": (
        "orario|fascia oraria|quando|preferenza|orario preferito|"
        "time|preferred time|when|part of the day|"
        "tijdstip|voorkeur|dagdeel|wanneer"
    ),
}
_NAMES = {label: field for field, labels in LABELS.items() for label in labels.split("|")}
DAY_PARTS = {
    "morning": ("mattin", "morning", "ochtend", "voormiddag"),
    "afternoon": ("pomerigg", "afternoon", "middag"),
}
# Where the mail that is answered begins, and where people sign.
_QUOTED = re.compile(
    r"^(>|-{2,}\s*(original message|messaggio originale|oorspronkelijk bericht|forwarded|messaggio inoltrato)"
    r"|(on|il giorno|il|op)\s.{5,120}\s(wrote|ha scritto|schreef).{0,80}:\s*$)",
    re.IGNORECASE,
)
_CONTACT = re.compile(r"[^\W\d_][^\d@:;!?]{1,60}")


@dataclass(frozen=True)
class Said:
    """What a mail says of a call; what it does not say is empty. ``number`` is in E.164."""

    number: str = ""
    contact: str = ""
    description: str = ""
    day_part: str = "any"

    @property
    def missing(self) -> list[str]:
        return [name for name in ("number", "contact", "description") if not getattr(self, name)]


def language_of(subject: str) -> str:
    """The language in which the subject asks for a call, whatever was put before or after it; empty if it does not."""
    text = unicodedata.normalize("NFKC", subject).casefold()
    while found := _PREFIX.match(text):
        text = text[found.end() :]
    text = " ".join(text.split())
    return next((code for words, code in SUBJECTS.items() if re.match(rf"{words}(?!\w)", text)), "")


def read(text: str, country: str = "") -> Said:
    """Read labelled lines; without labels, a line with the number, one with a name, and the rest."""
    lines = list(_own_lines(text))
    said = _labelled(lines)
    loose = said.pop("loose")
    number = _number(said.get("number", ""), country)
    if not number:
        number, loose = _take_number(loose, country)
    contact = said.get("contact", "")
    if not contact and len(loose) > 1 and not said:
        contact, loose = _take_contact(loose)
    description = said.get("description", "") or "\n".join(loose).strip()
    return Said(number, contact[:120], description[:LONGEST_DESCRIPTION], _day_part(said.get("day_part", "")))


def new_words(text: str) -> str:
    """A reply without what it quotes and without the signature."""
    return "\n".join(_own_lines(text)).strip()


def _own_lines(text: str) -> Iterator[str]:
    for line in text.splitlines()[:MOST_LINES]:
        if line.rstrip() == "--" or line == "-- " or _QUOTED.match(line.strip()):
            return
        yield line.rstrip()


def _labelled(lines: list[str]) -> dict:
    """The labelled values; a description goes on until the next label. What has no label is ``loose``."""
    found: dict = {"loose": []}
    current = ""
    for line in lines:
        match = _LABEL.match(line)
        name = _NAMES.get(" ".join(match[1].casefold().split()).strip(" .*_-")) if match else None
        if match and name and name not in found:
            found[name], current = match[2].strip().strip("*").strip(), name
        elif current and not found[current] and line.strip():
            found[current] = line.strip()  # the value stands below its label
        elif current == "description":
            found["description"] = f"{found['description']}\n{line}".strip()
        elif line.strip():
            found["loose"].append(line.strip())
    return found


def _number(text: str, country: str) -> str:
    try:
        return phones.normalise(text, country) if text else ""
    except ValidationError:
        found = next(iter(phonenumbers.PhoneNumberMatcher(text[:200], country or None)), None)
        return phonenumbers.format_number(found.number, phonenumbers.PhoneNumberFormat.E164) if found else ""


def _take_number(lines: list[str], country: str) -> tuple[str, list[str]]:
    """The first number in the lines, and the lines without the one that holds nothing else."""
    for position, line in enumerate(lines):
        for found in phonenumbers.PhoneNumberMatcher(line[:300], country or None):
            number = phonenumbers.format_number(found.number, phonenumbers.PhoneNumberFormat.E164)
            rest = line.replace(found.raw_string, "").strip(" .,;:-")
            alone = len(rest) <= 12
            return number, lines[:position] + lines[position + 1 :] if alone else lines
    return "", lines


def _take_contact(lines: list[str]) -> tuple[str, list[str]]:
    """A short line that looks like a name: a few words with capitals, no full stop."""
    for position, line in enumerate(lines):
        words = line.split()
        is_short = _CONTACT.fullmatch(line) and 1 < len(words) <= 4 and not line.endswith((".", ","))
        if is_short and words[0][0].isupper() and words[-1][0].isupper():
            return line, lines[:position] + lines[position + 1 :]
    return "", lines


def _day_part(text: str) -> str:
    text = text.casefold()
    return next((part for part, words in DAY_PARTS.items() if any(word in text for word in words)), "any")
