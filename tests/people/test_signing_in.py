"""Signing in by code and by password, and what a stranger can find out by trying."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from supportportal.outbox.models import Message
from supportportal.people.models import User
from tests.factories import PASSWORD, StaffFactory, UserFactory

pytestmark = pytest.mark.django_db

ASK = "/accounts/login/code/"
CONFIRM = "/accounts/login/code/confirm/"
SIGN_IN = "/accounts/login/"


def ask_for_code(client, email, **posted):
    return client.post(ASK, {"email": email, **posted})


def only_message() -> Message:
    return Message.objects.get()


def is_signed_in(client) -> bool:
    return "_auth_user_id" in client.session


def test_a_code_signs_in(client, anna):
    ask_for_code(client, "Anna@Example.org")
    message = only_message()
    assert (message.kind, message.recipient) == ("sign_in_code", anna)
    assert timedelta(0) < message.useful_until - timezone.now() <= timedelta(minutes=15)
    client.post(CONFIRM, {"code": message.data["code"]})
    assert client.session["_auth_user_id"] == str(anna.pk)


def test_a_wrong_code_does_not(client, anna):
    ask_for_code(client, anna.email)
    client.post(CONFIRM, {"code": "AAAAAA"})
    assert not is_signed_in(client)


def test_a_code_is_worth_nothing_after_three_wrong_ones(client, anna):
    ask_for_code(client, anna.email)
    for _attempt in range(3):
        client.post(CONFIRM, {"code": "AAAAAA"})
    client.post(CONFIRM, {"code": only_message().data["code"]})
    assert not is_signed_in(client)


def test_a_code_is_worth_nothing_after_a_quarter_of_an_hour(client, anna, time_machine):
    time_machine.move_to("2026-11-24T10:00:00Z", tick=False)
    ask_for_code(client, anna.email)
    time_machine.shift(timedelta(minutes=15, seconds=1))
    client.post(CONFIRM, {"code": only_message().data["code"]})
    assert not is_signed_in(client)


def test_a_code_works_in_the_browser_that_asked_alone(client, anna):
    ask_for_code(client, anna.email)
    elsewhere = Client()
    elsewhere.post(CONFIRM, {"code": only_message().data["code"]})
    assert not is_signed_in(elsewhere)


def test_a_password_signs_in(client, anna):
    client.post(SIGN_IN, {"login": "ANNA@example.org", "password": PASSWORD})
    assert is_signed_in(client)


def test_the_session_gets_a_new_name_when_someone_signs_in(client, anna):
    client.get(SIGN_IN)
    ask_for_code(client, anna.email)
    before = client.session.session_key
    client.post(CONFIRM, {"code": only_message().data["code"]})
    assert is_signed_in(client)
    assert client.session.session_key != before


# -- nobody learns who has access --------------------------------------------------------------------------------------


def seen(client, address, posted):
    """What a stranger sees: the status, where it leads, and both pages without the address typed and its tokens."""
    first = client.post(address, posted)
    pages = [first.status_code, first.headers.get("Location", ""), first.content.decode()]
    if first.status_code == 302:
        pages.append(client.get(first.headers["Location"]).content.decode())
    texts = "\n".join(map(str, pages))
    texts = re.sub(r'csrfmiddlewaretoken" value="\w+"|x-csrftoken": "\w+"', "", texts)
    return texts.replace(posted.get("email", posted.get("login", "")), "ADDRESS")


@pytest.mark.parametrize(
    ("address", "posted"),
    [
        pytest.param(ASK, lambda email: {"email": email}, id="code"),
        pytest.param("/accounts/password/reset/", lambda email: {"email": email}, id="new password"),
        pytest.param(SIGN_IN, lambda email: {"login": email, "password": "wrong, wrong, wrong"}, id="password"),
    ],
)
@pytest.mark.parametrize("who", ["unknown", "switched off"])
def test_a_stranger_sees_the_same_for_known_and_unknown(client, anna, address, posted, who):
    other = "nobody@example.org"
    if who == "switched off":
        UserFactory(email=other, is_active=False)
    User.objects.filter(pk=anna.pk).update(language="en")
    assert seen(client, address, posted(anna.email)) == seen(Client(), address, posted(other))


def test_without_the_protection_a_stranger_would_see_the_difference(client, anna, settings):
    settings.ACCOUNT_PREVENT_ENUMERATION = False
    User.objects.filter(pk=anna.pk).update(language="en")
    assert seen(client, ASK, {"email": anna.email}) != seen(Client(), ASK, {"email": "nobody@example.org"})


def test_known_and_unknown_take_as_many_queries(anna):
    """Roughly as long, too: the same steps on both ways."""
    counts = []
    for email in (anna.email, "nobody@example.org"):
        visitor = Client()
        visitor.get(ASK)
        with CaptureQueriesContext(connection) as queries:
            ask_for_code(visitor, email)
        counts.append(len(queries))
    assert abs(counts[0] - counts[1]) <= 1


def test_an_unknown_address_is_told_how_to_ask_for_access_once_a_day(client, firm, time_machine):
    time_machine.move_to("2026-11-24T10:00:00Z", tick=False)
    ask_for_code(client, "nobody@example.org")
    client.post("/accounts/password/reset/", {"email": "Nobody@Example.org"})
    message = only_message()
    assert (message.kind, message.recipient, message.address) == ("account_access", None, "nobody@example.org")
    time_machine.move_to("2026-11-25T10:00:00Z", tick=False)
    ask_for_code(client, "nobody@example.org")
    assert Message.objects.count() == 2


def test_a_long_unknown_address_is_no_error(client, firm):
    address = f"{'a' * 60}@{'.'.join(['b' * 60] * 3)}.example"
    assert ask_for_code(client, address).status_code == 302
    assert only_message().address == address


def test_a_switched_off_person_cannot_sign_in(client, anna):
    User.objects.update(is_active=False)
    client.post(SIGN_IN, {"login": anna.email, "password": PASSWORD})
    ask_for_code(client, anna.email)
    assert not is_signed_in(client)
    assert [message.kind for message in Message.objects.all()] == ["account_access"]


def test_switching_someone_off_ends_the_session(client, anna):
    client.force_login(anna)
    User.objects.update(is_active=False)
    assert client.get("/profile/").status_code == 302


def test_a_code_asked_for_before_being_switched_off_is_worth_nothing(client, anna):
    ask_for_code(client, anna.email)
    code = only_message().data["code"]
    User.objects.update(is_active=False)
    client.post(CONFIRM, {"code": code})
    assert not is_signed_in(client)


# -- limits ------------------------------------------------------------------------------------------------------------


def test_codes_for_one_address_are_limited(anna):
    for _count in range(6):
        ask_for_code(Client(), anna.email)
    assert Message.objects.count() == 3


def test_without_limits_every_code_would_be_sent(anna, settings):
    settings.ACCOUNT_RATE_LIMITS = False
    for _count in range(6):
        ask_for_code(Client(), anna.email)
    assert Message.objects.count() == 6


def test_guessing_a_password_is_limited(client, anna):
    for _count in range(6):
        client.post(SIGN_IN, {"login": anna.email, "password": "wrong, wrong, wrong"})
    client.post(SIGN_IN, {"login": anna.email, "password": PASSWORD})
    assert not is_signed_in(client)


# -- ways that are closed ----------------------------------------------------------------------------------------------


def test_nobody_signs_up_alone(client, firm):
    posted = {"email": "new@example.org", "password1": PASSWORD, "name": "New"}
    client.post("/accounts/signup/", posted)
    assert not User.objects.exists()


def test_a_setting_opens_sign_up(client, firm, settings):
    settings.PEOPLE_SIGNUP_OPEN = True
    posted = {"email": "new@example.org", "password1": PASSWORD, "name": "New"}
    client.post("/accounts/signup/", posted)
    person = User.objects.get()
    assert (person.name, person.account, person.is_staff) == ("New", None, False)


@pytest.mark.parametrize("name", ["Ne\x07w", "Ne\u202ew", "\x1b[2J", "Ne\0w"])
def test_a_name_that_cannot_be_shown_signs_nobody_up(client, firm, settings, name):
    settings.PEOPLE_SIGNUP_OPEN = True
    answer = client.post("/accounts/signup/", {"email": "new@example.org", "password1": PASSWORD, "name": name})
    assert list(answer.context["form"].errors) == ["name"]
    assert not User.objects.exists()


@pytest.fixture
def open_to_all(settings):
    settings.PEOPLE_SIGNUP_OPEN = True
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True


def test_who_signs_up_proves_the_address_by_a_code(client, firm, open_to_all):
    client.post("/accounts/signup/", {"email": "new@example.org", "password1": PASSWORD, "name": "New"})
    assert not is_signed_in(client)
    message = only_message()
    assert message.kind == "address_code"
    client.post("/accounts/confirm-email/", {"code": message.data["code"]})
    assert is_signed_in(client)


def test_signing_up_tells_nobody_who_is_known(client, anna, open_to_all):
    User.objects.filter(pk=anna.pk).update(language="en")
    posted = {"password1": PASSWORD, "name": "New"}
    known = seen(client, "/accounts/signup/", {**posted, "email": anna.email})
    assert known == seen(Client(), "/accounts/signup/", {**posted, "email": "nobody@example.org"})
    assert {message.kind for message in Message.objects.all()} == {"already_known", "address_code"}


def test_nobody_changes_the_own_address(client, anna):
    client.force_login(anna)
    response = client.post("/accounts/email/", {"email": "other@example.org", "action_add": ""})
    assert response.url == reverse("people:profile")
    anna.refresh_from_db()
    assert list(anna.emailaddress_set.values_list("email", flat=True)) == ["anna@example.org"]


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        pytest.param("/profile/", "/profile/", id="a page of ours"),
        pytest.param("https://evil.example/", "/", id="another host"),
        pytest.param("//evil.example/", "/", id="another host without scheme"),
        pytest.param("/\\evil.example/", "/", id="a backslash"),
        pytest.param("javascript:alert(1)", "/", id="a script"),
    ],
)
def test_signing_in_leads_to_our_own_pages_alone(client, anna, asked, leads_to):
    response = client.post(SIGN_IN, {"login": anna.email, "password": PASSWORD, "next": asked})
    assert (response.status_code, response.headers["Location"]) == (302, leads_to)


def test_the_admin_has_no_sign_in_of_its_own(client, firm):
    assert client.get("/admin/login/").headers["Location"].startswith(SIGN_IN)
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith(SIGN_IN)


def test_clients_are_kept_out_of_the_admin(client, anna):
    client.force_login(anna)
    assert client.get("/admin/", follow=True).status_code == 403


# -- passwords ---------------------------------------------------------------------------------------------------------


def test_a_forgotten_password_is_replaced_by_the_link_in_the_mail(client, anna):
    client.post("/accounts/password/reset/", {"email": anna.email})
    path = only_message().data["path"]
    form = client.get(path, follow=True)
    new = "another long and unusual password"
    client.post(form.redirect_chain[-1][0], {"password1": new, "password2": new})
    anna.refresh_from_db()
    assert anna.check_password(new)
    assert [message.kind for message in Message.objects.order_by("pk")] == ["password_reset", "password_changed"]


def test_the_mails_name_our_own_address_whatever_host_was_asked(client, anna):
    client.post("/accounts/password/reset/", {"email": anna.email}, headers={"host": "localhost"})
    assert only_message().data["path"].startswith("/accounts/password/reset/key/")
    assert "localhost" not in settings.SITE_URL


@pytest.mark.parametrize("password", ["short", "password1234", "1234567890123", "anna@example.org"])
def test_weak_passwords_are_refused(client, anna, password):
    client.force_login(anna)
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": password, "password2": password})
    anna.refresh_from_db()
    assert anna.check_password(PASSWORD)


def test_staff_sign_in_the_same_way(client, firm):
    agent = StaffFactory(roles=["agent"])
    ask_for_code(client, agent.email)
    client.post(CONFIRM, {"code": only_message().data["code"]})
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("language", ["it", "nl"])
@pytest.mark.parametrize("name", ["logged_in", "logged_out", "email_confirmed", "password_set"])
def test_what_is_said_in_passing_is_as_formal_as_all_else(language, name):
    with translation.override(language):
        said = render_to_string(f"account/messages/{name}.txt", {"email": "anna@example.org", "user": UserFactory()})
    assert not re.search(r"\b(ti|tu|tuo|tua|hai|je|jij|jouw)\b", said, re.IGNORECASE)
