"""Secrets of second factors and of calendars stand locked in the database; with the key lost, people are told."""

from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from bookings.models import BusyCalendar
from supportportal import secrets_at_rest
from supportportal.people import operations, second_factor
from supportportal.people.doctor_checks import secrets_kept
from supportportal.people.models import User
from supportportal.watch.doctor import Visit
from tests.factories import PASSWORD, AgentFactory, StaffFactory

from .one_time import number

pytestmark = pytest.mark.django_db
SECRET, SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "00112233445566778899aabbccddeeff0011"
LOST = "no longer check your numbers and codes"


@pytest.fixture
def rita(firm, settings):
    settings.STAFF_MFA = settings.REAUTHENTICATE = True
    person = StaffFactory(email="rita@example.com", roles=["owner"], password=PASSWORD)
    operations.keep_address(person)
    return person


def with_app_of_before(person: User) -> None:
    Authenticator.objects.create(user=person, type="totp", data={"secret": SECRET})
    Authenticator.objects.create(user=person, type="recovery_codes", data={"seed": SEED, "used_mask": 0})


def kept() -> list[str]:
    held = Authenticator.objects.order_by("pk").values_list("data", flat=True)
    return [data.get("secret") or data["seed"] for data in held]


def sign_in(client, code: str):
    client.post("/accounts/login/", {"login": "rita@example.com", "password": PASSWORD})
    return client.post("/accounts/2fa/authenticate/", {"code": code})


def told() -> list[tuple[str, bool]]:
    return [(one.code, one.grave) for one in secrets_kept(Visit(timezone.now()))]


def relocked() -> str:
    out = StringIO()
    call_command("relock", stdout=out)
    return out.getvalue()


def test_what_is_set_up_is_locked_and_signs_in(client, rita):
    TOTP.activate(rita, SECRET)
    codes = RecoveryCodes.activate(rita).generate_codes()
    assert all(map(secrets_at_rest.is_locked, kept())) and SECRET not in "".join(kept())
    assert sign_in(client, number(SECRET)).status_code == 302 and "_auth_user_id" in client.session
    other = Client()
    assert sign_in(other, codes[0]).status_code == 302 and "_auth_user_id" in other.session
    assert all(map(secrets_at_rest.is_locked, kept()))
    assert told() == []


def test_what_was_set_up_before_goes_on_and_is_locked_by_the_command(client, rita):
    with_app_of_before(rita)
    codes = RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).generate_codes()
    assert told() == [("secrets.plain", False)]
    assert sign_in(client, number(SECRET)).status_code == 302
    assert "second factor: 2 locked anew" in relocked()
    assert all(map(secrets_at_rest.is_locked, kept())) and told() == []
    assert sign_in(Client(), codes[3]).status_code == 302


@pytest.mark.parametrize("tried", [number(SECRET), "000000", "12345678"], ids=["right", "wrong", "too long"])
def test_with_the_key_lost_nobody_gets_in_and_is_told_the_way_out(client, rita, settings, tried):
    TOTP.activate(rita, SECRET)
    RecoveryCodes.activate(rita)
    settings.SECRET_KEY = "another key"
    answer = sign_in(client, tried)
    assert answer.status_code == 200 and LOST in answer.content.decode()
    assert "_auth_user_id" not in client.session
    assert told() == [("secrets", True)]
    assert "second factor: 0 locked anew" in relocked()
    settings.SECRET_KEY_FALLBACKS = ["only-for-tests-and-the-same-in-every-process-of-a-run"]
    assert told() == [] and "2 locked anew" in relocked()
    settings.SECRET_KEY_FALLBACKS = []
    assert told() == [] and sign_in(Client(), number(SECRET)).status_code == 302


def test_a_wrong_number_is_just_wrong_while_the_key_is_there(client, rita):
    TOTP.activate(rita, SECRET)
    assert LOST not in sign_in(client, "000000").content.decode()


def test_the_way_out_lets_the_person_in_again(client, rita, settings):
    TOTP.activate(rita, SECRET)
    settings.SECRET_KEY = "another key"
    second_factor.reset(rita, by=None, at=timezone.now())
    client.post("/accounts/login/", {"login": "rita@example.com", "password": PASSWORD})
    assert "_auth_user_id" in client.session and told() == []


@pytest.mark.parametrize("where", ["", "recovery-codes/", "recovery-codes/generate/"])
def test_no_page_breaks_by_a_lost_key(client, rita, settings, where):
    TOTP.activate(rita, SECRET)
    RecoveryCodes.activate(rita)
    settings.SECRET_KEY = "another key"
    client.force_login(rita)
    settings.REAUTHENTICATE = False
    assert client.get(f"/accounts/2fa/{where}").status_code == 200
    settings.REAUTHENTICATE = True
    again = client.post(f"/admin/people/user/{rita.pk}/change/", {"proof": "code", "proof-code": "000000"})
    assert again.status_code == 200 and LOST in again.content.decode()


def test_calendars_are_locked_by_the_command_too(rita):
    now = timezone.now()
    plain = {"host": "calendar.example", "entered_at": now, "next_read_at": now}
    BusyCalendar.objects.create(agent=AgentFactory(), address="https://calendar.example/a.ics", **plain)
    BusyCalendar.objects.create(agent=AgentFactory(), address=f"{secrets_at_rest.MARK}lost", **plain)
    assert sorted(told()) == [("secrets", True), ("secrets.plain", False)]
    assert "calendar address: 1 locked anew" in relocked()
    first, lost = BusyCalendar.objects.order_by("pk").values_list("address", flat=True)
    assert secrets_at_rest.unlock(first, "calendar address") == "https://calendar.example/a.ics"
    assert lost == f"{secrets_at_rest.MARK}lost"
