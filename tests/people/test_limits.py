"""Attempts to sign in are counted together by all web processes, and by the address that the proxy saw."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from supportportal.people import operations
from tests.factories import PASSWORD, StaffFactory
from tests.support import servers

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
TRY = """
import sys, django
django.setup()
from allauth.core import ratelimit
from django.test import RequestFactory
from django.contrib.auth.models import AnonymousUser
request = RequestFactory().post("/accounts/2fa/authenticate/", REMOTE_ADDR=sys.argv[1])
request.user = AnonymousUser()
print(sum(bool(ratelimit.consume(request, action="login_failed", key=sys.argv[2])) for _attempt in range(4)))
"""


def allowed_in_a_process(tmp_path, key: str, address: str = "203.0.113.7", **shared: str) -> int:
    """Four attempts in a web process of its own; how many of them were let through."""
    environment = {"DJANGO_SETTINGS_MODULE": "supportportal.settings", "VAR_DIR": str(tmp_path), "ENV_FILE": ""}
    environment |= {"SECRET_KEY": "x" * 50, "PATH": os.environ["PATH"], **shared}
    ran = subprocess.run(
        [sys.executable, "-c", TRY, address, key], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return int(ran.stdout)


@pytest.fixture
def redis():
    """The run's own Redis, or one for this test."""
    if address := os.environ.get("REDIS_URL"):
        yield address
        return
    server, address = servers.start_redis()
    yield address
    server.stop()


def test_two_web_processes_count_together(tmp_path, redis):
    shared, key = {"REDIS_URL": redis}, f"{tmp_path}"
    assert allowed_in_a_process(tmp_path, key, **shared) == 4
    assert allowed_in_a_process(tmp_path, key, **shared) == 1  # five in all, for one person
    assert allowed_in_a_process(tmp_path, f"{key}-other", "203.0.113.9", **shared) == 4


def test_without_a_shared_cache_each_would_count_for_itself(tmp_path):
    counts = [allowed_in_a_process(tmp_path, "one") for _process in range(2)]
    assert counts == [4, 4]


# -- behind a proxy ----------------------------------------------------------------------------------------------------


def wrong_passwords(address: str, seen: str = "", times: int = 12) -> list[bool]:
    """Wrong passwords for one person after another, from one source; whether each was looked at."""
    looked_at = []
    for _person in range(times):
        person = StaffFactory(password=PASSWORD)
        operations.keep_address(person)
        extra = {"HTTP_X_FORWARDED_FOR": seen} if seen else {}
        sent = {"login": person.email, "password": "wrong, wrong, wrong"}
        answer = Client(REMOTE_ADDR=address, **extra).post("/accounts/login/", sent)
        looked_at.append("Too many" not in answer.content.decode())
    return looked_at


def test_one_source_cannot_try_one_person_after_another(firm):
    assert wrong_passwords("203.0.113.7") == [True] * 10 + [False] * 2


def test_behind_a_proxy_people_do_not_count_as_one(firm, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert all(wrong_passwords("10.0.0.1", "203.0.113.7", 8))
    assert all(wrong_passwords("10.0.0.1", "203.0.113.9", 8))


def test_what_somebody_writes_into_the_header_is_not_believed(firm, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    looked_at = [
        one for number in range(12) for one in wrong_passwords("10.0.0.1", f"198.51.100.{number}, 203.0.113.7", 1)
    ]
    assert looked_at == [True] * 10 + [False] * 2


def test_without_a_proxy_the_header_means_nothing(firm, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 0
    looked_at = [one for number in range(12) for one in wrong_passwords("203.0.113.7", f"198.51.100.{number}", 1)]
    assert looked_at == [True] * 10 + [False] * 2
