"""The number of a request, in every line that is logged for it, in the answer, and on the page of an error."""

import re
import secrets

from django.conf import settings
from django.http import HttpRequest

from . import proxies

FORM = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)


def new() -> str:
    return secrets.token_hex(8)


def given(request: HttpRequest) -> str:
    """The number that our own proxy gave it; from anybody else it could be anything, and would confuse the log."""
    number = request.headers.get("X-Request-ID", "")
    ours = 0 < settings.ALLAUTH_TRUSTED_PROXY_COUNT <= len(proxies.addresses(request))
    return number if ours and FORM.fullmatch(number) else ""
