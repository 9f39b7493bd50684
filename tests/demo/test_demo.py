"""The demo: doors, other people's eyes, data of today; unknown outside the demo."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from supportportal.demo import builders
from supportportal.demo.people import STAFF
from supportportal.demo.people import build as build_people
from supportportal.people.models import Account, Firm, User
from tests.factories import ClientFactory

pytestmark = pytest.mark.django_db
SIGN_INS = {"client", "agent", "manager", "manager2", "senior", "senior2", "owner", "late", "restricted", "twice"}


@pytest.fixture
def demo(settings, at):
    settings.DEMO = True
    build_people(at)


def test_the_first_page_has_a_door_for_each_thing_to_see(client, demo):
    text = client.get("/demo/").content.decode()
    for address in ("client@demo.example", "agent@demo.example", reverse("demo:mailbox")):
        assert address in text


def test_a_door_signs_in_and_opens(client, demo):
    answer = client.post("/demo/sign-in-as/", {"person": "client@demo.example", "next": "/legal/imprint/"})
    assert answer.url == "/legal/imprint/"
    assert client.get("/legal/imprint/").wsgi_request.user.email == "client@demo.example"


def test_nobody_else_can_be_signed_in_as(client, demo):
    ClientFactory(email="real@firm.example")
    assert client.post("/demo/sign-in-as/", {"person": "real@firm.example"}).status_code == 404


@pytest.mark.parametrize("person", ["client\0@demo.example", "\ud800@demo.example"], ids=["NUL", "half a character"])
def test_a_person_who_cannot_be_written_is_nobody(client, demo, person):
    sent = urlencode({"person": person}, errors="surrogatepass")
    answer = client.post("/demo/sign-in-as/", sent, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 404


def test_a_door_never_leads_to_another_site(client, demo):
    answer = client.post("/demo/sign-in-as/", {"person": "client@demo.example", "next": "//evil.example"})
    assert answer.url == "/"


@pytest.mark.parametrize("path", ["/demo/", "/demo/components/"])
def test_outside_the_demo_its_pages_do_not_exist(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/demo/sign-in-as/", "/demo/refresh/"])
def test_outside_the_demo_nothing_can_be_done(client, demo, settings, path):
    settings.DEMO = False
    assert client.post(path, {"person": "client@demo.example"}).status_code == 404
    assert "_auth_user_id" not in client.session


def test_the_demo_password_works_in_the_demo_alone(client, demo, settings):
    assert client.login(username="client@demo.example", password="demo")
    client.logout()
    settings.DEMO = False
    assert not client.login(username="client@demo.example", password="demo")


def test_the_bar_says_who_one_is_and_is_gone_outside_the_demo(client, demo, settings):
    client.force_login(User.objects.get(email="client@demo.example"))
    assert "demo-bar" in client.get("/legal/imprint/").content.decode()
    settings.DEMO = False
    assert "demo-bar" not in client.get("/legal/imprint/").content.decode()


def test_the_people_of_the_demo(demo):
    assert {user.email.split("@")[0] for user in User.objects.filter(email__endswith="@demo.example")} == SIGN_INS
    assert Firm.current().logo is not None
    assert len(set(Account.objects.values_list("plan", flat=True))) == 3
    assert sum(role == "agent" for *_rest, role in STAFF) == 6


def test_making_the_people_anew_keeps_their_rows_and_their_language(demo, at):
    person = User.objects.get(email="client@demo.example")
    User.objects.filter(pk=person.pk).update(language="it", name="Somebody")
    build_people(at + timedelta(days=3))
    again = User.objects.get(email="client@demo.example")
    assert (again.pk, again.language, again.name) == (person.pk, "it", person.name)


def test_whoever_brings_the_demo_to_today_stays_signed_in(client, demo):
    client.force_login(User.objects.get(email="client@demo.example"))
    client.post("/demo/refresh/", {"next": "/demo/"})
    assert "_auth_user_id" in client.session


@pytest.mark.parametrize("command", ["demo_refresh", "demo_reset"])
def test_no_command_touches_data_that_are_not_a_demos(command):
    ClientFactory()
    with pytest.raises(CommandError, match="not a demo"):
        call_command(command)
    assert User.objects.count() == 1


def test_builders_clear_in_reverse_and_build_in_order(settings, at, monkeypatch):
    settings.DEMO = True
    monkeypatch.setattr(builders, "_builders", {})
    done = []
    for code, position in (("second", 2), ("first", 1)):
        builders.register(
            code,
            lambda at, code=code: done.append(f"build {code}"),
            clear=lambda code=code: done.append(f"clear {code}"),
            position=position,
        )
    builders.bring_to(at)
    assert done == ["clear second", "clear first", "build first", "build second"]
