"""Where a request comes from, as a key to count by: never kept as an address; and the counting of what is cheap."""

import ipaddress
import logging
import time

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from redis import RedisError

logger = logging.getLogger(__name__)
_ONE_HOME = 64  # bits of an IPv6 address that a household or an office shares


def source_of(request: HttpRequest) -> str:
    """A keyed hash of the client's address, as the first of ``TRUSTED_PROXY_COUNT`` proxies saw it; without any, of
    whoever is connected: what a client claims in a header counts for nothing. Empty where there is no address.
    """
    try:
        address = ipaddress.ip_address(get_adapter().get_client_ip(request))
    except (PermissionDenied, ImproperlyConfigured):
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or ipaddress.ip_network((address, _ONE_HOME), strict=False).network_address
    return salted_hmac("supportportal.sources", str(address), algorithm="sha256").hexdigest()[:32]


def is_too_often(what: str, key: str, *, most: int, seconds: int) -> bool:
    """Count one more of ``what`` under ``key``; whether that is more than ``most`` in these seconds by the clock.

    Where nobody can count, for want of the cache, nothing is refused.
    """
    digest = salted_hmac("supportportal.sources", f"{what} {key}", algorithm="sha256").hexdigest()[:32]
    name = f"often:{digest}:{int(time.time()) // seconds}"
    try:
        cache.add(name, 0, seconds)
        return cache.incr(name) > most
    except (RedisError, ValueError):  # a ValueError where the cache was full, and has let go of the count
        logger.warning("Not counted: %s", what)
        return False
