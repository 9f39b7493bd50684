"""Texts in the database that would open something elsewhere, kept so that a backup alone tells nothing of them.

Locked with keys made from SECRET_KEY (the newest locks) and SECRET_KEY_FALLBACKS (all open). A text from before is read
as it stands, and locked when it is written next, or by ``manage.py relock``.
"""

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

MARK = "locked1:"


class CannotUnlock(Exception):
    """No key that the portal has opens the text."""


def lock(text: str, purpose: str) -> str:
    """The text for the database; what is locked for one purpose cannot be unlocked for another."""
    return MARK + _keys(purpose).encrypt(text.encode()).decode()


def unlock(kept: str, purpose: str) -> str:
    """The text again. Raises CannotUnlock."""
    if not is_locked(kept):
        return kept
    try:
        return _keys(purpose).decrypt(kept.removeprefix(MARK).encode()).decode()
    except InvalidToken:
        raise CannotUnlock(f"A {purpose} was locked with another SECRET_KEY.") from None


def is_locked(kept: str) -> bool:
    return kept.startswith(MARK)


@dataclass(frozen=True)
class Holding:
    """Where such texts stand. ``texts`` gives all as they are kept; ``relock`` writes them anew, and returns how many.

    ``relock`` leaves what cannot be unlocked as it is.
    """

    purpose: str
    texts: Callable[[], Iterable[str]]
    relock: Callable[[], int]


_holdings: dict[str, Holding] = {}


def register(holding: Holding) -> None:
    """Said by each app for its own, in ``AppConfig.ready()``."""
    if _holdings.setdefault(holding.purpose, holding) is not holding:
        raise ValueError(f"The secrets of {holding.purpose} are registered twice.")


def holdings() -> list[Holding]:
    return list(_holdings.values())


def can_unlock(kept: str, purpose: str) -> bool:
    try:
        unlock(kept, purpose)
    except CannotUnlock:
        return False
    return True


def _keys(purpose: str) -> MultiFernet:
    return _made_from((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS), purpose)


@lru_cache(maxsize=32)
def _made_from(secrets: tuple[str, ...], purpose: str) -> MultiFernet:
    info = f"supportportal.secrets_at_rest {purpose}".encode()
    drawn = (HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(one.encode()) for one in secrets)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in drawn])
