"""For how long each kind is kept: for ever, unless the firm says a time."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

LEAST = 30  # days: a typing mistake must not cost what happened last week


def period(code: str) -> timedelta | None:
    """None: for ever."""
    days = settings.RETENTION.get(code)
    return timedelta(days=days) if days else None


def check(known: Iterable[str]) -> None:
    """Raises ImproperlyConfigured, with one line, where RETENTION names what there is not, or too short a time."""
    known = sorted(known)
    for code, days in settings.RETENTION.items():
        if code not in known:
            raise ImproperlyConfigured(f"RETENTION names {code!r}; it can name {', '.join(known)}.")
        if not LEAST <= days <= 36_500:
            raise ImproperlyConfigured(f"RETENTION keeps {code} for {days} days; it takes {LEAST} to 36500 days.")
