"""Nothing that anybody sends to any page is answered with an error of ours: ten thousand requests with ``STORM=full``.

The pages and rows are those of the access matrix; what is sent is drawn from a seed, which is printed and can be given
(``FUZZ_SEED``); with the full count it is another one each time. A failure says its number: with that seed, and
``FUZZ_ONLY=<numbers>``, it is made again alone.
"""

import json
import logging
import os
import random
import sys
import traceback
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import time_machine
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import got_request_exception
from django.db import transaction
from django.test import Client

from tests.access import world
from tests.access.asking import Asking
from tests.access.map import everything
from tests.access.scene import NOW
from tests.house.test_no_5xx import FIELDS, LONG, ODD

pytestmark = pytest.mark.django_db

FULL = os.environ.get("STORM") == "full"
REQUESTS = 10_000 if FULL else 300
SEED = int(os.environ.get("FUZZ_SEED", random.SystemRandom().randrange(10**9) if FULL else 4711))
ONLY = [int(number) for number in os.environ.get("FUZZ_ONLY", "").split(",") if number]
UNTRIED = {"demo:refresh"}  # would make all rows anew
ODDER = [
    *(
        "\ud800",
        "a\ud800b",
        "\u202eabc\u202c",
        "\u0000",
        "\r\nSet-Cookie: a=b",
        "{{7*7}}",
        "<script>",
        "%00",
        "NaN",
        "1e999",
    ),
    *(str(2**63), str(-(2**63) - 1), "-1", "0.1", "true", "null", "[]", '{"a": 1}', "00:00", "24:00", "2026-02-30"),
    *("0001-01-01", "9999-12-31", "9999-12-31T23:59", "0000-00-00", "+393331234567", "a@b", "on"),
]
MEGABYTE = "ä" * 500_000
NUMBERS = [0, 2**31, 2**63 - 1, 2**63, 10**30]
KINDS = ["form", "form", "form", "form", "multipart", "json", "broken", "charset", "query", "twice"]


@pytest.fixture(scope="module")
def portal(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic(), time_machine.travel(NOW, tick=False):
        made = world.build()
        world.complain_about_staff(made)
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def names():
    """The names of the fields of all forms there are."""
    found = set(FIELDS)
    for form in _forms(forms.BaseForm):
        found |= {*getattr(form, "base_fields", {})}
    return sorted(found)


def _forms(form: type) -> Iterator[type]:
    for one in form.__subclasses__():
        yield one
        yield from _forms(one)


@pytest.fixture
def errors():
    """What was raised and became an error page."""
    raised: list[str] = []

    def keep(**kwargs: Any) -> None:
        error = sys.exc_info()[1]
        assert error is not None
        line = traceback.extract_tb(error.__traceback__)[-1]
        raised.append(f"{type(error).__name__}: {str(error)[:100]} at {line.filename}:{line.lineno}")

    got_request_exception.connect(keep)
    logging.disable(logging.CRITICAL)
    yield raised
    logging.disable(logging.NOTSET)
    got_request_exception.disconnect(keep)


def test_no_request_is_answered_with_an_error_of_ours(portal, names, errors):
    addresses = {key: one for key, one in portal.addresses().items() if key not in UNTRIED}
    everybody = {who: Asking(person) for who, person in portal.cast.items()}
    broken: dict[Any, str] = {}
    for number in ONLY or range(REQUESTS):
        draw = random.Random(f"{SEED}:{number}")
        who, key = draw.choice([*everybody]), draw.choice([*addresses])
        address = _elsewhere(key, draw) if draw.random() < 0.1 else addresses[key]
        del errors[:]
        kind = draw.choice(KINDS)
        status = _send(everybody[who], address, kind, names, draw)
        if status >= 500 and not (key == "health_jobs" and status == 503):
            broken.setdefault((key, *errors), f"request {number}, {kind} by {who} to {address}: {status}")
    print(f"\n{len(ONLY) or REQUESTS} requests, FUZZ_SEED={SEED}, {len(broken)} kinds of errors")
    assert not broken, f"FUZZ_SEED={SEED}\n" + "\n".join(f"{how} {what}" for what, how in broken.items())


def test_the_control_an_error_would_be_seen(portal, errors, monkeypatch):
    monkeypatch.setattr("supportportal.people.models.Firm.current", lambda: 1 / 0)
    answer, _content = Asking(None).send(lambda browser: browser.get("/complaint/"))
    assert answer.status_code == 500
    assert "ZeroDivisionError" in errors[0]


def _elsewhere(key: str, draw: random.Random) -> str:
    """The page's address about rows that are not there, and numbers that no database holds."""
    page = everything()[key.partition(" @")[0]]
    odd: dict[str, Any] = {name: draw.choice([*NUMBERS, "a\u202eb", "%00"]) for name in page.arguments}
    whole = page.route
    for name, value in odd.items():
        for kind in ("int", "str", "slug", "path"):
            whole = whole.replace(f"<{kind}:{name}>", quote(str(value)))
    return f"/{whole}"


def _send(asking: Asking, address: str, kind: str, names: list[str], draw: random.Random) -> int:
    fields = {name: _value(draw) for name in draw.sample(names, 60)}
    answer, _content = asking.send(lambda browser: _request(browser, address, kind, fields, draw))
    return answer.status_code


def _value(draw: random.Random) -> str:
    if draw.random() < 0.002:
        return MEGABYTE
    return draw.choice([*ODD, *ODDER, LONG])


def _request(browser: Client, address: str, kind: str, fields: dict[str, str], draw: random.Random) -> Any:
    coded = urlencode(fields, errors="surrogatepass")
    if kind == "query":
        return browser.get(f"{address}{'&' if '?' in address else '?'}{coded[:8000]}")
    if kind == "multipart":
        file = SimpleUploadedFile(draw.choice(["a\u202e.png", "x" * 300 + ".pdf", "a.exe"]), b"\x89PNG\x00" * 99)
        sent: dict[str, Any] = {name: value.replace("\ud800", "?") for name, value in fields.items()}
        return browser.post(address, {**sent, draw.choice([*fields]): file, "files": file})
    types = {
        "form": ("application/x-www-form-urlencoded", coded),
        "twice": ("application/x-www-form-urlencoded", f"{coded}&{coded}&" + "&".join(f"{one}[]=1" for one in fields)),
        "json": ("application/json", json.dumps({**fields, "list": [fields]})),
        "broken": (draw.choice(["multipart/form-data; boundary=", "multipart/form-data; boundary=x", "a/b"]), coded),
        "charset": (
            "application/x-www-form-urlencoded; charset=" + draw.choice(["utf-16", "nothing", "\u00fc"]),
            coded,
        ),
    }
    content_type, body = types[kind]
    return browser.generic("POST", address, body.encode("utf-8", "replace"), content_type=content_type)
