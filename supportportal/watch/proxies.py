"""Whether TRUSTED_PROXY_COUNT is right: the doctor asks the portal through its own address what arrived there.

The question is signed, so nobody else is told what stands in front.
"""

import logging
from collections.abc import Iterator

import requests
from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse

from .troubles import Trouble

logger = logging.getLogger(__name__)
ASK, SAW_ADDRESSES, SAW_HTTPS = "X-Portal-Doctor", "X-Portal-Saw-Addresses", "X-Portal-Saw-Https"
QUESTION, MADE_UP = "what arrived?", "192.0.2.1"
ANSWER_WITHIN = 10.0
_signer = TimestampSigner(salt="supportportal.watch.proxies")
_warned: set[str] = set()


def addresses(request: HttpRequest) -> list[str]:
    return [one.strip() for one in request.headers.get("X-Forwarded-For", "").split(",") if one.strip()]


def answer(request: HttpRequest, response: HttpResponse) -> None:
    """Add what arrived to the answer, if the doctor asks."""
    try:
        asked = _signer.unsign(request.headers.get(ASK, ""), max_age=60)
    except BadSignature:
        return
    if asked == QUESTION:
        found = addresses(request)
        response.headers[SAW_ADDRESSES] = str(len(found) - found.count(MADE_UP))
        response.headers[SAW_HTTPS] = "yes" if request.is_secure() else "no"


def faults(address: str, count: int) -> Iterator[Trouble]:
    headers = {ASK: _signer.sign(QUESTION), "X-Forwarded-For": MADE_UP}
    try:
        given = requests.get(f"{address}/healthz", headers=headers, timeout=ANSWER_WITHIN, allow_redirects=False)
    except requests.RequestException as error:
        yield Trouble("site_url", f"The portal does not answer at SITE_URL ({type(error).__name__}).")
        return
    seen = given.headers.get(SAW_ADDRESSES, "")
    if given.status_code != 200 or not seen.isdecimal():
        yield Trouble(
            "site_url",
            f"What answers at SITE_URL is not this portal, or has another SECRET_KEY (status {given.status_code}).",
        )
        return
    if int(seen) != count:
        yield Trouble(
            "proxies",
            f"TRUSTED_PROXY_COUNT is {count}, but {seen} proxies add to X-Forwarded-For: with a wrong number, limits"
            " count by a wrong address. Set it, or have each proxy append the address that it sees.",
        )
    if address.startswith("https:") and given.headers.get(SAW_HTTPS) != "yes":
        yield Trouble("proxies", "The proxy does not set X-Forwarded-Proto to https, or TRUSTED_PROXY_COUNT is 0.")


def warn(request: HttpRequest) -> None:
    """Once in a process for each way in which what arrives contradicts the setting."""
    count, found = settings.ALLAUTH_TRUSTED_PROXY_COUNT, addresses(request)
    if found and not count:
        _say("X-Forwarded-For is set, but TRUSTED_PROXY_COUNT is 0: behind a proxy all visitors count as one.")
    elif 0 < len(found) < count:
        _say(f"X-Forwarded-For holds {len(found)} addresses, TRUSTED_PROXY_COUNT is {count}: nobody can sign in.")


def _say(text: str) -> None:
    if text not in _warned:
        _warned.add(text)
        logger.warning("%s See manage.py doctor --connect.", text)
