"""Signed links in messages: each names one thing, cannot be guessed or altered, and is revoked by raising its epoch.

A token is ``<id>.<epoch>.<mac>``; the MAC (128 bits) covers the kind too: a token for one purpose is worthless for
another. The key lives in the settings, outside the database.
"""

import base64
import hashlib
import hmac
from typing import NamedTuple

from django.conf import settings

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LONGEST = 80


class BadLink(Exception):
    """The token is forged, foreign, truncated or not a token at all; nothing more is said."""


class Named(NamedTuple):
    """What a token names. The caller compares ``epoch`` with the row's: another one was revoked."""

    pk: int
    epoch: int


def token(kind: str, pk: int, epoch: int = 1) -> str:
    """The token for one row and epoch, signed with the first of ``LINK_KEYS``."""
    body = f"{_base36(pk)}.{_base36(epoch)}"
    return f"{body}.{_mac(settings.LINK_KEYS[0], kind, body)}"


def read(kind: str, text: str) -> Named:
    """What ``text`` names; raises BadLink for anything that ``token`` has not written for this kind."""
    body, dot, mac = text.rpartition(".")
    if not dot or len(text) > _LONGEST or not text.isascii():
        raise BadLink
    if not any(hmac.compare_digest(mac, _mac(key, kind, body)) for key in settings.LINK_KEYS):
        raise BadLink
    pk, epoch = body.split(".")
    return Named(int(pk, 36), int(epoch, 36))


def address_token(kind: str, pk: int) -> str:
    """A token that survives in a mail address, where some servers change capitals: lower case all through."""
    body = _base36(pk)
    return f"{body}.{_digest(settings.LINK_KEYS[0], kind, body).hex()}"


def read_address_token(kind: str, text: str) -> int:
    """The id that ``text`` names; raises BadLink for anything that ``address_token`` has not written for this kind."""
    body, dot, mac = text.lower().rpartition(".")
    if not dot or len(text) > _LONGEST or not text.isascii():
        raise BadLink
    if not any(hmac.compare_digest(mac, _digest(key, kind, body).hex()) for key in settings.LINK_KEYS):
        raise BadLink
    return int(body, 36)


def _mac(key: str, kind: str, body: str) -> str:
    return base64.urlsafe_b64encode(_digest(key, kind, body)).decode().rstrip("=")


def _digest(key: str, kind: str, body: str) -> bytes:
    return hmac.new(key.encode(), f"{kind}:{body}".encode(), hashlib.sha256).digest()[:16]


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
