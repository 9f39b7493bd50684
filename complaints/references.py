"""References that tell nothing of one another, and the numbers that stand for them in links (C-3)."""

import secrets

_LETTERS = "23456789CFGHJMPQRVWX"  # none that look alike, no vowels that make words
_LENGTH = 9


def drawn() -> str:
    """Nine of twenty letters drawn at random, such as "C7F-3QX-8GM"."""
    return _written("".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)))


def number_of(reference: str) -> int:
    """The reference as a number, for a link that does not say how many complaints there are."""
    number = 0
    for letter in reference.replace("-", ""):
        number = number * len(_LETTERS) + _LETTERS.index(letter)
    return number


def of_number(number: int) -> str:
    """The reference that ``number_of`` made ``number`` of."""
    letters = ""
    for _place in range(_LENGTH):
        number, rest = divmod(number, len(_LETTERS))
        letters = _LETTERS[rest] + letters
    return _written(letters)


def _written(letters: str) -> str:
    return "-".join(letters[place : place + 3] for place in range(0, _LENGTH, 3))
