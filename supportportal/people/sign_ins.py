"""Where people are signed in: what is kept of it, and how it is ended.

Nothing is written per request: each web process writes down that a session is in use once in a quarter of an hour.
"""

import time
from collections import OrderedDict
from datetime import datetime
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.utils.crypto import constant_time_compare

from .models import SignIn, User

EVERY = 15 * 60  # seconds
REMEMBERED = 10_000
# What stands in a browser's own name of itself; the first that fits, since each names its forerunners too.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}

_kept: OrderedDict[str, float] = OrderedDict()  # of this process: session key, and when that was last written down


def is_due(session_key: str | None) -> bool:
    """Whether this process has not written down for a while that the session is in use."""
    return bool(session_key) and time.monotonic() - _kept.get(session_key, -EVERY) >= EVERY


def keep(person: User, session_key: str, agent: str, *, at: datetime) -> None:
    """Write down that the person uses this session now, on the device that ``agent`` (User-Agent) names."""
    _kept[session_key] = time.monotonic()
    _kept.move_to_end(session_key)
    while len(_kept) > REMEMBERED:
        _kept.popitem(last=False)
    SignIn.objects.update_or_create(
        session_key=session_key,
        defaults={"person": person, "last_used_at": at},
        create_defaults={
            "person": person,
            "last_used_at": at,
            "since": at,
            "browser": _named(BROWSERS, agent),
            "system": _named(SYSTEMS, agent),
        },
    )


def of(person: User, *, at: datetime) -> list[SignIn]:
    """Where the person is signed in now; what has run out, or was ended by a new password, is left out."""
    kept = list(SignIn.objects.filter(person=person))
    keys = [one.session_key for one in kept]
    sessions = Session.objects.filter(session_key__in=keys, expire_date__gt=at)
    live = {one.session_key for one in sessions if _holds(person, one.get_decoded())}
    return [one for one in kept if one.session_key in live]


@transaction.atomic
def end(sign_ins: models.QuerySet[SignIn]) -> int:
    """Sign out there; return how many that were."""
    keys = list(sign_ins.values_list("session_key", flat=True))
    SignIn.objects.filter(session_key__in=keys).delete()
    return Session.objects.filter(session_key__in=keys).delete()[0]


def end_all(person: User, *, but: str = "") -> int:
    """Sign the person out everywhere, except in the session ``but``."""
    return end(SignIn.objects.filter(person=person).exclude(session_key=but))


def sweep(*, at: datetime) -> int:
    """Delete sessions that have run out, and what was kept of them and of others that are no more; return how many."""
    Session.objects.filter(expire_date__lt=at).delete()
    return SignIn.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()[0]


def _holds(person: User, session: dict[str, Any]) -> bool:
    return session.get(SESSION_KEY) == str(person.pk) and constant_time_compare(
        session.get(HASH_SESSION_KEY, ""), person.get_session_auth_hash()
    )


def _named(names: dict[str, str], agent: str) -> str:
    return next((name for mark, name in names.items() if mark in agent), "")
