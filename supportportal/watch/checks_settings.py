"""What the doctor says of the settings that are valid and yet not right for a portal that people use."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

from . import proxies
from .doctor import Visit
from .troubles import Trouble

SHORTEST_KEY, FEWEST_LETTERS = 50, 10


def secrets(visit: Visit) -> Iterator[Trouble]:
    if len(settings.SECRET_KEY) < SHORTEST_KEY or len(set(settings.SECRET_KEY)) < FEWEST_LETTERS:
        yield Trouble("secret_key", f"SECRET_KEY can be guessed: use {SHORTEST_KEY} random characters or more.")
    if not settings.METRICS_TOKEN:
        yield Trouble(
            "metrics_token",
            "METRICS_TOKEN is not set: /metrics and /health/jobs answer this machine alone, so nobody else can watch.",
            grave=False,
        )


def modes(visit: Visit) -> Iterator[Trouble]:
    if settings.DEBUG:
        yield Trouble("debug", "DEBUG is on: pages of errors show what is secret. Turn it off.")
    if settings.DEMO:
        is_used = settings.HTTPS or not _is_sqlite()
        yield Trouble(
            "demo",
            'DEMO is on: made-up people sign in with the password "demo", and nothing leaves. Never on a real portal.',
            grave=is_used,
        )


def address(visit: Visit) -> Iterator[Trouble]:
    host = urlsplit(settings.SITE_URL).hostname or ""
    if not settings.HTTPS:
        is_open = host not in ("127.0.0.1", "localhost", "::1")
        yield Trouble("site_url", "SITE_URL is not https: passwords and cookies travel in the open.", grave=is_open)
    if "*" in settings.ALLOWED_HOSTS:
        yield Trouble("allowed_hosts", "ALLOWED_HOSTS takes any name (*): name the hosts, or leave it out.")
    elif not validate_host(host, settings.ALLOWED_HOSTS):
        yield Trouble("allowed_hosts", f"ALLOWED_HOSTS lacks {host}, the host of SITE_URL: every page answers 400.")


def proxy_count(visit: Visit) -> Iterator[Trouble]:
    """By asking the portal at its own address, through whatever stands in front."""
    count = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    if not visit.connect:
        if settings.HTTPS and not count:
            yield Trouble(
                "proxies",
                "TRUSTED_PROXY_COUNT is 0, but something in front speaks https for the portal: give the number of"
                " proxies, else all visitors count as one. manage.py doctor --connect finds it out.",
            )
        return
    yield from proxies.faults(settings.SITE_URL, count)


def _is_sqlite() -> bool:
    return bool(settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"))


CHECKS = [secrets, modes, address, proxy_count]
