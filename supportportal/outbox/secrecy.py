"""What is kept of a message holds no key to anything: links are cut, codes are blanked."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

BLANK = "…"
# Signed links of ours, and the one-time addresses of sign-in, invitation and password pages.
_PATHS = "s|o|i|c|m|data|feedback|survey|invitation|accounts/confirm-email|accounts/password/reset/key"
_TOKENS = re.compile(rf"(/(?:{_PATHS})/)[\w.~:%=-]{{16,}}")


def blank_links(text: str) -> str:
    return _TOKENS.sub(rf"\1{BLANK}", text)


def blank(text: str, secrets: Iterable[str]) -> str:
    """``text`` without its links' tokens and without ``secrets``."""
    for secret in secrets:
        text = text.replace(secret, BLANK)
    return blank_links(text)


def secrets_in(data: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    """The values under these names; of a list, each."""
    found = (data[name] for name in names if data.get(name))
    return [str(one) for value in found for one in (value if isinstance(value, list) else [value])]
