"""Countries whose public holidays are known, as choices by name."""

import re
from functools import cache

from holidays.registry import COUNTRIES


@cache
def choices() -> list[tuple[str, str]]:
    named = [(codes[1], re.sub(r"(?<=[a-z])(?=[A-Z])", " ", codes[0])) for codes in COUNTRIES.values()]
    return sorted(named, key=lambda country: country[1])
