"""The pages that belong to no app: who sees what, and what a visitor may change."""

import sqlite3

import pytest
from django.db import InterfaceError, OperationalError
from django.urls import reverse
from redis import RedisError

from supportportal.pages import views
from supportportal.people.models import Firm
from tests.factories import ClientFactory, FirmFactory, StaffFactory

pytestmark = pytest.mark.django_db


def test_a_visitor_reads_what_the_portal_does_and_how_to_get_access(client):
    FirmFactory()
    text = client.get("/").content.decode()
    assert reverse("account_login") in text
    assert "help@meridian.example" in text


def test_in_the_demo_a_visitor_starts_at_the_doors(client, settings):
    settings.DEMO = True
    assert client.get("/").url == reverse("demo:start")


def test_a_client_sees_the_own_home(client):
    client.force_login(ClientFactory(name="Ada Byron"))
    assert "Hello Ada" in client.get("/").content.decode()


def test_staff_go_to_their_work(client):
    client.force_login(StaffFactory())
    assert client.get("/").url == reverse("admin:index")


def test_health_asks_nothing_of_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/healthz").content == b"ok"


@pytest.mark.parametrize("code", ["privacy", "accessibility", "imprint"])
def test_legal_pages(client, code):
    assert client.get(f"/legal/{code}/").status_code == 200


def test_an_unknown_legal_page(client):
    assert client.get("/legal/other/").status_code == 404


# -- language and zone -------------------------------------------------------------------------------------------------


def test_a_visitor_reads_on_in_another_language(client):
    answer = client.post("/language/", {"language": "nl", "next": "/legal/imprint/"})
    assert answer.url == "/legal/imprint/"
    assert 'lang="nl"' in client.get("/legal/imprint/").content.decode()


def test_the_language_is_kept_with_the_person(client):
    person = ClientFactory(language="en")
    client.force_login(person)
    client.post("/language/", {"language": "it"})
    person.refresh_from_db()
    assert person.language == "it"


def test_the_zone_is_kept_with_the_person(client):
    person = ClientFactory()
    client.force_login(person)
    client.post("/zone/", {"time_zone": "Europe/London"})
    person.refresh_from_db()
    assert person.time_zone == "Europe/London"


@pytest.mark.parametrize(
    ("path", "data"),
    [
        pytest.param("/language/", {"language": "xx"}, id="a language that is not there"),
        pytest.param("/zone/", {"time_zone": "Moon/Base"}, id="a zone that is not there"),
        pytest.param("/zone/", {"time_zone": "EST5EDT"}, id="a zone that is not offered"),
    ],
)
def test_nonsense_changes_nothing(client, path, data):
    person = ClientFactory()
    client.force_login(person)
    client.post(path, data)
    before = person.language, person.time_zone
    person.refresh_from_db()
    assert (person.language, person.time_zone) == before


@pytest.mark.parametrize("path", ["/language/", "/zone/", "/demo/sign-in-as/", "/demo/refresh/"])
def test_nothing_is_changed_by_opening_an_address(client, settings, path):
    settings.DEMO = True
    assert client.get(path).status_code == 405


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_switching_never_leads_to_another_site(client, elsewhere):
    assert client.post("/language/", {"language": "en", "next": elsewhere}).url == "/"


# -- the firm's looks --------------------------------------------------------------------------------------------------


def test_the_accent_is_served_as_a_stylesheet_that_may_be_kept(client):
    Firm.objects.create(accent="#7c3aed")
    answer = client.get("/firm.css?v=7c3aed")
    assert answer["Content-Type"] == "text/css"
    assert "immutable" in answer["Cache-Control"]
    assert b"--firm-light: #7c3aed" in answer.content


def test_the_pages_ask_for_the_accent_of_now(client):
    Firm.objects.create(accent="#7c3aed")
    assert "/firm.css?v=7c3aed" in client.get("/accounts/login/").content.decode()


def test_a_firm_without_a_logo_has_none(client):
    assert client.get("/firm/logo").status_code == 404


# -- what goes wrong ---------------------------------------------------------------------------------------------------


def test_an_unknown_address(client):
    answer = client.get("/no-such-page/")
    assert answer.status_code == 404
    assert "There is no page here" in answer.content.decode()


def test_a_form_without_its_token_is_told_what_to_do():
    from django.test import Client

    answer = Client(enforce_csrf_checks=True).post("/language/", {"language": "it"})
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.content.decode()


def test_an_unforeseen_error_gives_a_reference_that_the_log_has_too(client, monkeypatch, caplog):
    def fail():
        raise RuntimeError("secret detail")

    monkeypatch.setattr(Firm, "current", staticmethod(fail))
    client.raise_request_exception = False
    answer = client.get("/firm.css")
    assert answer.status_code == 500
    reference = answer.content.decode().split("<code>")[1].split("</code>")[0]
    assert reference in caplog.text
    assert "secret detail" not in answer.content.decode()


def test_an_address_begins_no_line_of_its_own_in_the_log(rf, caplog):
    views.server_error(rf.get("/x%0a2026-11-22 ERROR forged%1b[31m"))
    (said,) = (one.getMessage() for one in caplog.records if "reference given" in one.getMessage())
    assert "forged" in said and "\n" not in said and "\x1b" not in said


def made_by(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "status", "again"),
    [
        pytest.param(RedisError("gone"), 503, "30", id="Redis"),
        pytest.param(OperationalError("gone"), 503, "30", id="the database"),
        pytest.param(InterfaceError("closed"), 503, "30", id="a connection that was cut"),
        pytest.param(made_by(OperationalError(), sqlite3.OperationalError("no column")), 500, None, id="own fault"),
        pytest.param(KeyError("name"), 500, None, id="another own fault"),
    ],
)
def test_what_could_not_be_reached_may_be_asked_again_soon(client, monkeypatch, error, status, again):
    def fail():
        raise error

    monkeypatch.setattr(Firm, "current", staticmethod(fail))
    client.raise_request_exception = False
    answer = client.get("/firm.css")
    assert (answer.status_code, answer.get("Retry-After")) == (status, again)
    assert "Try again in a minute" in answer.content.decode()
