"""Who may ask how the portal does: whoever has the token; without one, only this machine itself.

What is told is of use to an attacker and of no use to anybody else, so it is never open.
"""

import ipaddress

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

# A request that has any of these came through a proxy, whose own address says nothing about who asks.
PASSED_ON = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via"]


def refusal(request: HttpRequest) -> HttpResponse | None:
    """None for who may ask; otherwise the answer: a missing token is said, a missing right is not."""
    if not settings.METRICS_TOKEN:
        return None if _is_this_machine(request) else HttpResponse(status=404)
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer" and constant_time_compare(given.strip(), settings.METRICS_TOKEN):
        return None
    return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})


def _is_this_machine(request: HttpRequest) -> bool:
    if any(name in request.headers for name in PASSED_ON):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:  # a socket file, whoever stands behind it
        return False
