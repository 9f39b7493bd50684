"""Text messages in the GSM-7 alphabet: 160 characters instead of the 70 of Unicode (N-2)."""

import unicodedata

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€")  # two places each
LONGEST = 160
_INSTEAD = {
    "‘": "'", "’": "'", "‚": "'", "′": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‐": "-", "‑": "-",
    "–": "-", "—": "-", "−": "-", "…": "...", "•": "-", "·": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ",
    "\u200b": "", "\u200e": "", "\u200f": "", "\u00ad": "", "\t": " ", "ç": "c", "ł": "l", "Ł": "L", "đ": "d",
    "Đ": "D", "œ": "oe", "Œ": "OE", "ı": "i", "×": "x", "`": "'", "´": "'",
}  # fmt: skip


def simplify(text: str) -> str:
    """Replace what GSM-7 lacks by what reads the same (ë → e, ’ → '); what has no likeness stays as it is."""
    return "".join(_alike(character) for character in text)


def length(text: str) -> int:
    """How many of the 160 places ``text`` takes."""
    return sum(2 if character in EXTENDED else 1 for character in text)


def segments(text: str) -> int:
    """In how many pieces ``text`` is sent, and paid for: of 160 places, or of 70 where GSM-7 lacks a character."""
    places = length(text) if is_gsm(text) else len(text.encode("utf-16-le")) // 2
    alone, joined = (LONGEST, 153) if is_gsm(text) else (70, 67)
    return 1 if places <= alone else -(-places // joined)


def is_gsm(text: str) -> bool:
    return all(character in BASIC or character in EXTENDED for character in text)


def odd(text: str) -> list[str]:
    """The characters that GSM-7 lacks."""
    return [one for one in dict.fromkeys(text) if one not in BASIC and one not in EXTENDED]


def _alike(character: str) -> str:
    if character in BASIC or character in EXTENDED:
        return character
    if character in _INSTEAD:
        return _INSTEAD[character]
    plain = "".join(part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part))
    return plain if plain and is_gsm(plain) else character
