"""Where people are signed in: what they see of it, and how they end it."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from supportportal.people import sign_ins, signals
from supportportal.people.models import SignIn
from tests.factories import PASSWORD, ClientFactory, StaffFactory

pytestmark = pytest.mark.django_db
PAGE = "/profile/sign-ins/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1"
    " Mobile/15E148 Safari/604.1"
)
CHROME = "(KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"


def signed_in(person, agent=FIREFOX) -> Client:
    browser = Client(headers={"User-Agent": agent})
    browser.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    assert is_in(browser)
    return browser


def is_in(browser) -> bool:
    return browser.get("/profile/").status_code == 200


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (FIREFOX, "Firefox on Windows"),
        (IPHONE, "Safari on iPhone"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 {CHROME}", "Chrome on Mac"),
        (f"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 {CHROME} Edg/131.0", "Edge on Windows"),
        (f"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 {CHROME}", "Chrome on Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox on Linux"),
        ("curl/8", "An unknown device"),
        ("", "An unknown device"),
    ],
    ids=lambda value: value[-20:],
)
def test_a_device_is_named_in_plain_words(anna, agent, device):
    signed_in(anna, agent)
    with override("en"):
        assert SignIn.objects.get().device == device


def test_the_page_says_where_and_which_is_this_one(anna):
    here, _there = signed_in(anna), signed_in(anna, IPHONE)
    anna.language = "en"
    anna.save()
    page = here.get(PAGE).content.decode()
    assert "Firefox on Windows" in page and "Safari on iPhone" in page
    assert page.count("this one, now") == 1


def test_one_is_ended_the_others_go_on(anna):
    here, there, third = signed_in(anna), signed_in(anna, IPHONE), signed_in(anna)
    ended = SignIn.objects.get(browser="Safari")
    here.post(PAGE, {"which": str(ended.pk)})
    assert [is_in(one) for one in (here, there, third)] == [True, False, True]


def test_all_others_are_ended_at_once(anna):
    here, there, third = signed_in(anna), signed_in(anna, IPHONE), signed_in(anna)
    here.post(PAGE, {"which": "others"})
    assert [is_in(one) for one in (here, there, third)] == [True, False, False]


def test_nobody_ends_what_is_somebody_elses(anna, firm):
    other = ClientFactory(password=PASSWORD)
    there = signed_in(other)
    signed_in(anna).post(PAGE, {"which": str(SignIn.objects.get(person=other).pk)})
    assert is_in(there)


@pytest.mark.parametrize("which", ["", "0", "-1", "9" * 30, "²", "a\x00b", "this"])
def test_what_makes_no_sense_ends_nothing(anna, which):
    here, there = signed_in(anna), signed_in(anna)
    assert here.post(PAGE, {"which": which}).status_code == 302
    assert is_in(there)


def test_nobody_signs_out_of_this_page_by_mistake(anna):
    here = signed_in(anna)
    here.post(PAGE, {"which": str(SignIn.objects.get().pk)})
    assert is_in(here)


def test_a_look_ends_nothing(anna):
    here, there = signed_in(anna), signed_in(anna)
    here.get(PAGE, {"which": "others"})
    assert is_in(there)


def test_what_has_run_out_is_not_shown_and_swept_away(anna, client):
    signed_in(anna)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert sign_ins.of(anna, at=timezone.now()) == []
    assert sign_ins.sweep(at=timezone.now()) == 1
    assert not Session.objects.exists()


def test_what_is_in_use_is_not_swept_away(anna):
    here = signed_in(anna)
    assert sign_ins.sweep(at=timezone.now()) == 0
    assert is_in(here)


def test_a_new_password_ends_the_others_on_the_list_too(anna):
    signed_in(anna)
    anna.set_password("another long password")
    anna.save()
    assert sign_ins.of(anna, at=timezone.now()) == []


def test_a_lost_second_factor_that_is_taken_away_ends_all(anna):
    from allauth.mfa.totp.internal.auth import TOTP

    from supportportal.people import second_factor

    there = signed_in(anna)
    TOTP.activate(anna, "JBSWY3DPEHPK3PXP")
    second_factor.reset(anna, by=None, at=timezone.now())
    assert not is_in(there)


# -- what it costs -----------------------------------------------------------------------------------------------------


def writes(browser) -> list[str]:
    with CaptureQueriesContext(connection) as asked:
        browser.get("/profile/")
    return [one["sql"] for one in asked if one["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


def test_a_request_writes_nothing(anna):
    here = signed_in(anna)
    assert writes(here) == writes(here) == []


def test_use_is_written_down_once_in_a_quarter_of_an_hour(anna, monkeypatch):
    here = signed_in(anna)
    SignIn.objects.update(last_used_at=timezone.now() - timedelta(hours=1))
    later = sign_ins.time.monotonic() + sign_ins.EVERY
    monkeypatch.setattr(sign_ins.time, "monotonic", lambda: later)
    assert len(writes(here)) == 1
    assert writes(here) == []
    assert timezone.now() - SignIn.objects.get().last_used_at < timedelta(minutes=1)


def test_a_page_is_not_lost_when_it_cannot_be_written(anna, monkeypatch, caplog):
    here = signed_in(anna)
    monkeypatch.setattr(signals, "seen", lambda request: (_ for _ in ()).throw(DatabaseError("full")))
    assert is_in(here)
    assert "session was used" in caplog.text


def test_the_page_asks_as_often_for_thirty_as_for_one(client, firm):
    person = StaffFactory(password=PASSWORD)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        return len(queries)

    client.force_login(person)
    for_one = asked()
    for _other in range(29):
        Client().force_login(person)
    assert SignIn.objects.count() == 30
    assert asked() == for_one


def test_whoever_signs_in_over_somebody_else_is_on_the_own_list_alone(anna, firm):
    """As one person after the other does at one computer: Django ends the first one's session before."""
    browser, bea = signed_in(anna), ClientFactory()
    browser.force_login(bea, backend="django.contrib.auth.backends.ModelBackend")
    assert browser.get("/profile/").status_code == 200
    assert list(SignIn.objects.filter(session_key=browser.session.session_key).values_list("person", flat=True)) == [
        bea.pk
    ]
