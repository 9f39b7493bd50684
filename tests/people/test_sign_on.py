"""Single sign-on: who comes in by the firm's own provider, who does not, and what others cannot make of it."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.utils import timezone

from supportportal.outbox.models import Message
from supportportal.people import operations, sign_on_adapter, sign_on_session
from supportportal.people.models import User
from supportportal.trail.models import Entry
from tests.factories import PASSWORD, ClientFactory, RestrictionFactory, StaffFactory
from tests.fakes.oidc import fake_oidc
from tests.fakes.serving import Mode

pytestmark = pytest.mark.django_db
START, CALLBACK = "/sign-on/", "/sign-on/callback/"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def provider(settings, firm):
    with fake_oidc() as fake:
        settings.OIDC = fake.settings
        settings.SITE_URL = "http://testserver"
        yield fake


@pytest.fixture
def rita(provider):
    person = StaffFactory(email="rita@example.com", name="Rita Moro", roles=["agent"])
    operations.keep_address(person)
    return person


def leave(client, **sent) -> str:
    """Where the page that leads on leads to."""
    page = client.post(START, sent)
    assert page.status_code == 200, page.content
    return unescape(re.search(r'content="0; url=([^"]*)"', page.content.decode())[1])


def way_back(client, **sent) -> str:
    """The portal's address with which the provider sends the browser back."""
    answer = requests.get(leave(client, **sent), allow_redirects=False, timeout=60)
    return answer.headers["Location"].removeprefix("http://testserver")


def come(client, **sent):
    return client.get(way_back(client, **sent))


def who(client) -> int | None:
    return int(client.session["_auth_user_id"]) if "_auth_user_id" in client.session else None


def is_refused(answer, words: str = "") -> bool:
    names = [one.name for one in answer.templates]
    return (
        "people/sign_on_failed.html" in names and answer.status_code in (400, 403) and words in answer.content.decode()
    )


# -- where there is none -----------------------------------------------------------------------------------------------


def test_without_a_provider_there_is_no_trace_of_it(client, firm, settings):
    assert settings.OIDC == {}
    assert "sign-on" not in client.get("/accounts/login/").content.decode()
    assert {client.get(CALLBACK).status_code, client.get(START).status_code, client.post(START).status_code} == {404}


@pytest.mark.parametrize("part", ["", "login/cancelled/", "login/error/", "signup/"])
def test_pages_of_allauth_that_nobody_needs_are_not_there(client, provider, part):
    assert client.get(f"/accounts/3rdparty/{part}").status_code == 404
    assert client.get("/accounts/oidc/portal/login/").status_code == 404


# -- who comes in ------------------------------------------------------------------------------------------------------


def test_staff_come_in_by_a_press_on_the_sign_in_page(client, provider, rita):
    page = client.get("/accounts/login/?next=/profile/").content.decode()
    assert f'action="{START}"' in page and "Continue with Rossi account" in page
    answer = come(client, next="/profile/")
    assert (answer.status_code, answer.headers["Location"], who(client)) == (302, "/profile/", rita.pk)
    rita.refresh_from_db()
    assert rita.is_staff and rita.roles == {"agent"} and not rita.has_usable_password()


def test_the_first_time_is_told_and_kept(client, provider, rita):
    come(client)
    told = Message.objects.get(kind="sign_on")
    assert (told.recipient, told.data["what"]) == (rita, "joined")
    assert Entry.objects.filter(verb="person.sign_on_joined", subject_id=rita.pk).count() == 1
    account = SocialAccount.objects.get()
    assert (account.user, account.provider, account.uid, account.extra_data) == (rita, provider.url, "rita-1", {})
    come(Client())
    assert Message.objects.filter(kind="sign_on").count() == 1


def test_a_look_begins_nothing(client, provider):
    assert client.get(START).status_code == 405
    assert provider.paths == []


def test_a_press_from_another_site_begins_nothing(provider):
    assert Client(enforce_csrf_checks=True).post(START).status_code == 403


@pytest.mark.parametrize(
    "address", ["rita@example.com", "Rita@Example.COM"], ids=["as in the portal", "other capitals"]
)
def test_addresses_are_compared_as_everywhere(client, provider, rita, address):
    provider.person["email"] = address
    come(client)
    assert who(client) == rita.pk


@pytest.mark.parametrize("said", [True, "true"])
def test_some_providers_write_yes_as_a_word(client, provider, rita, said):
    provider.person["email_verified"] = said
    come(client)
    assert who(client) == rita.pk


@pytest.mark.parametrize("said", [False, None, "false", "False", "", 1, "1", [True], {}], ids=repr)
def test_an_address_that_the_provider_has_not_checked_joins_nobody(client, provider, rita, said):
    provider.person["email_verified"] = said
    assert is_refused(come(client), "has checked")
    assert who(client) is None and not SocialAccount.objects.exists()


def test_an_address_of_one_answer_is_not_proven_by_the_other(client, provider, rita):
    """The ID token vouches for eve's address, the other answer names rita's and vouches for nothing."""
    provider.answers["/userinfo"] = {"sub": "rita-1", "email": "rita@example.com"}
    provider.tokens = {"email": "eve@example.com", "email_verified": True}
    assert is_refused(come(client))


@pytest.mark.parametrize(
    "address",
    [
        "rita@exam\u212ale.com",
        "rit\u212a@example.com",
        "r\u0131ta@example.com",
        "rita@example.com\x00",
        '"rita\x0b"@example.com',
        "rita",
        "",
        5,
        ["rita@example.com"],
    ],
    ids=ascii,
)
def test_an_address_that_only_looks_alike_joins_nobody(client, provider, rita, address):
    provider.person["email"] = address
    assert is_refused(come(client))


def test_after_the_first_time_the_identity_counts_and_the_address_no_more(client, provider, rita):
    come(client)
    boss = StaffFactory(email="boss@example.com", roles=["owner"])
    provider.person |= {"email": boss.email}
    again = Client()
    come(again)
    assert who(again) == rita.pk
    provider.person |= {"email": "new@example.org", "email_verified": False}
    again = Client()
    come(again)
    assert who(again) == rita.pk


def test_another_identity_with_the_same_address_takes_nothing_over(client, provider, rita):
    """The address was given to somebody else at the provider."""
    come(client)
    provider.person["sub"] = "successor-2"
    other = Client()
    assert is_refused(come(other), "somebody else comes in by your address")
    assert who(other) is None


def test_the_same_name_at_another_provider_is_somebody_else(client, provider, rita, settings):
    come(client)
    with fake_oidc() as other:
        settings.OIDC = other.settings
        other.person["email"] = "eve@example.com"
        assert is_refused(come(Client()))


def test_what_the_provider_says_of_roles_counts_for_nothing(client, provider, settings):
    settings.PEOPLE_SIGNUP_OPEN = True
    claims = {"is_staff": True, "is_superuser": True, "groups": ["owner", "manager"], "roles": ["admin"]}
    provider.person |= {"sub": "eve", "email": "eve@example.com", "name": "Eve\nStone", **claims}
    come(client)
    eve = User.objects.get(email="eve@example.com")
    assert (who(client), eve.is_staff, eve.is_superuser, eve.groups.count(), eve.account) == (
        eve.pk,
        False,
        False,
        0,
        None,
    )
    assert eve.name == "Eve Stone" and not eve.has_usable_password()


def test_where_nobody_signs_up_a_stranger_is_told_how_to_get_access(client, provider):
    answer = come(client)
    assert is_refused(answer, "nobody here with the address rita@example.com")
    assert User.objects.count() == 0


def test_somebody_switched_off_stays_outside(client, provider, rita):
    User.objects.update(is_active=False)
    assert is_refused(come(client), "switched off") and who(client) is None
    User.objects.update(is_active=True)
    come(client)
    User.objects.update(is_active=False)
    again = Client()
    come(again)
    assert who(again) is None


def test_a_restricted_client_comes_in(client, provider, anna):
    RestrictionFactory(user=anna, account=None)
    provider.person["email"] = anna.email
    come(client)
    assert who(client) == anna.pk


def test_a_password_of_whoever_signed_up_with_the_address_unproven_is_gone(client, provider, anna):
    EmailAddress.objects.filter(user=anna).update(verified=False)
    provider.person["email"] = anna.email
    come(client)
    anna.refresh_from_db()
    assert who(client) == anna.pk and not anna.has_usable_password()


def test_a_proven_persons_password_stays(client, provider, anna):
    provider.person["email"] = anna.email
    come(client)
    anna.refresh_from_db()
    assert anna.check_password(PASSWORD)


def test_a_changed_address_ends_the_identity_of_who_had_the_one_before(client, provider, rita):
    come(client)
    rita.email = "rita.moro@example.com"
    rita.save()
    operations.change_address(rita, before="rita@example.com", at=timezone.now())
    assert client.get("/profile/").status_code == 302
    assert is_refused(come(Client()))


def test_it_is_removed_on_the_profile(client, provider, rita):
    come(client)
    assert "You also sign in with Rossi account" in client.get("/profile/").content.decode()
    assert client.get("/profile/sign-on/remove/").status_code == 405
    client.post("/profile/sign-on/remove/")
    assert not SocialAccount.objects.exists()
    assert Message.objects.filter(kind="sign_on").last().data["what"] == "removed"
    assert "Rossi" not in client.get("/profile/").content.decode().split("</header>")[-1].split("messages")[-1]


# -- the second factor -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trusts", [False, True])
def test_the_portals_own_factor_is_asked_unless_the_firm_trusts_the_providers(client, provider, rita, settings, trusts):
    settings.STAFF_MFA, settings.OIDC = True, {**provider.settings, "TRUST_MFA": trusts}
    come(client)
    assert client.get("/profile/").status_code == (200 if trusts else 302)
    TOTP.activate(rita, SECRET)
    other = Client()
    assert come(other).headers["Location"].endswith("/2fa/authenticate/") is not trusts
    assert (who(other) == rita.pk) is trusts


def test_who_comes_another_way_needs_the_factor_all_the_same(client, provider, rita, settings):
    settings.STAFF_MFA, settings.OIDC = True, {**provider.settings, "TRUST_MFA": True}
    come(Client())
    client.force_login(rita)
    assert client.get("/profile/").headers["Location"] == "/accounts/2fa/"


# -- is it you? --------------------------------------------------------------------------------------------------------


@pytest.fixture
def owner(client, provider, rita, settings, time_machine):
    settings.REAUTHENTICATE = True
    time_machine.move_to("2026-11-24T10:00:00Z")
    from django.contrib.auth.models import Group

    rita.groups.add(Group.objects.get_or_create(name="owner")[0])
    come(client)
    time_machine.move_to("2026-11-24T10:20:00Z")
    return rita


def grave(client, person):
    return client.post(f"/admin/people/user/{person.pk}/second-factor/", {"proof": "sign_on"})


def is_asking(answer) -> bool:
    return "people/confirm.html" in [one.name for one in answer.templates]


def test_before_a_grave_act_the_provider_is_asked_to_ask_again(client, provider, owner):
    colleague = StaffFactory()
    assert is_asking(grave(client, colleague))
    answer = come(client, again="1")
    assert (provider.asked[-1]["prompt"], provider.asked[-1]["max_age"]) == ("login", "0")
    assert "people/sign_on_confirmed.html" in [one.name for one in answer.templates]
    assert not is_asking(grave(client, colleague))


def test_a_provider_that_has_not_asked_again_is_no_proof(client, provider, owner):
    provider.reauthenticates = False
    assert is_refused(come(client, again="1"))
    assert is_asking(grave(client, StaffFactory()))


IN_MILLISECONDS = 1_700_000_000_000


@pytest.mark.parametrize("said", [0, "1790000000", True, None, -1, 1764000000.5, IN_MILLISECONDS, 1e300], ids=repr)
def test_an_old_or_senseless_time_of_asking_is_no_proof(client, provider, owner, said):
    provider.tokens = {"auth_time": said}
    come(client, again="1")
    assert is_asking(grave(client, StaffFactory()))


PASSWORD_FORM = {"password1": "bought-by-a-visitor", "password2": "bought-by-a-visitor"}


@pytest.mark.parametrize(
    ("address", "sent"), [("/accounts/password/set/", PASSWORD_FORM), ("/profile/sign-on/remove/", {})], ids=str
)
def test_an_open_screen_is_not_enough_to_change_what_is_asked_for(client, provider, owner, address, sent):
    """Else the password that was just set would prove it, or nothing would be left to ask for."""
    client.post(address, sent)
    owner.refresh_from_db()
    assert not owner.has_usable_password() and SocialAccount.objects.filter(user=owner).exists()


def test_who_has_just_proved_it_sets_a_password(client, provider, owner):
    come(client, again="1")
    client.post("/accounts/password/set/", PASSWORD_FORM)
    owner.refresh_from_db()
    assert owner.has_usable_password()


def test_another_persons_identity_is_no_proof_and_signs_nobody_in(client, provider, owner):
    provider.person |= {"sub": "eve", "email": "eve@example.com"}
    ClientFactory(email="eve@example.com")
    assert is_refused(come(client, again="1"), "somebody else")
    assert who(client) == owner.pk and is_asking(grave(client, StaffFactory()))
    assert not SocialAccount.objects.filter(uid="eve").exists()


def test_what_came_back_for_a_proof_is_no_sign_in(client, provider, owner):
    back = way_back(client, again="1")
    client.logout()
    assert is_refused(client.get(back)) and who(client) is None


# -- attacks -----------------------------------------------------------------------------------------------------------


def test_what_is_asked_of_the_provider(client, provider, rita):
    asked = {name: value for name, (value,) in parse_qs(urlsplit(leave(client)).query).items()}
    assert asked["redirect_uri"] == "http://testserver/sign-on/callback/"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert set(asked["scope"].split()) == {"openid", "email", "profile"}
    assert len(asked["state"]) >= 16 and len(asked["nonce"]) == 32 and len(asked["code_challenge"]) == 43


@pytest.mark.parametrize("query", ["", "?code=x", "?code=x&state=", "?code=x&state=x", "?state=x&error=y"])
def test_an_answer_that_nobody_asked_for(client, provider, rita, query):
    assert is_refused(client.get(CALLBACK + query))
    assert provider.paths == []


def test_an_answer_in_another_browser(client, provider, rita):
    back = way_back(client)
    other = Client()
    leave(other)
    assert is_refused(other.get(back)) and who(other) is None


def test_an_answer_counts_once(client, provider, rita):
    back = way_back(client)
    client.get(back)
    client.logout()
    assert is_refused(client.get(back)) and who(client) is None


def test_a_code_is_nothing_without_the_state_it_was_given_for(client, provider, rita):
    stolen = parse_qs(urlsplit(way_back(Client())).query)["code"][0]
    state = parse_qs(urlsplit(leave(client)).query)["state"][0]
    assert is_refused(client.get(CALLBACK, {"code": stolen, "state": state}))  # another verifier (PKCE)


def test_an_answer_that_took_too_long(client, provider, rita, time_machine):
    time_machine.move_to("2026-11-24T10:00:00Z")
    back = way_back(client)
    time_machine.move_to("2026-11-24T10:11:00Z")
    assert is_refused(client.get(back))


@pytest.mark.parametrize(
    "tokens",
    [
        *({"iss": "https://evil.example"}, {"aud": "another-client"}, {"exp": 1}, {"iss": None}, {"aud": None}),
        *({"nonce": "x" * 32}, {"nonce": None}, {"nonce": 5}, {"sub": "another"}, {"sub": None}, {"sub": 5}),
        *({"sub": "a\x00b"}, {"exp": "soon"}, {"aud": 5}, {"exp": None}, {"exp": float("inf")}, {"nonce": "\ud800"}),
        *({"aud": ["portal", "another"]}, {"aud": ["another"]}, {"aud": ["portal"], "azp": "another"}),
        *({"aud": ["portal", "another"], "azp": "another"}, {"azp": "another"}, {"azp": ["portal"]}, {"azp": ""}),
        *({"aud": ["portal", "portal", 5]}, {"aud": []}, {"aud": {"portal": 1}}),
    ],
    ids=ascii,
)
def test_a_token_that_is_not_for_this_question(client, provider, rita, tokens):
    provider.tokens = tokens
    assert is_refused(come(client)) and who(client) is None


@pytest.mark.parametrize(
    "tokens",
    [{"aud": ["portal"]}, {"azp": "portal"}, {"aud": ["another", "portal"], "azp": "portal"}],
    ids=repr,
)
def test_a_token_that_is_for_us(client, provider, rita, tokens):
    provider.tokens = tokens
    come(client)
    assert who(client) == rita.pk


def test_the_slash_at_the_end_of_an_issuer_is_not_left_out(client, provider, rita):
    provider.tokens = {"iss": f"{provider.url}/"}
    assert is_refused(come(client)) and who(client) is None


ABOUT = "/.well-known/openid-configuration"


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        *((ABOUT, answer) for answer in (b"", b"<html>", [], None, {}, b"[" * 100_000)),
        *(("/token", answer) for answer in (b"\xff\xfe", ["access_token"], 5, {}, {"access_token": 5, "id_token": 5})),
        *(("/token", {"access_token": "x", **more}) for more in ({}, {"id_token": "a.b.c"}, {"expires_in": "soon"})),
        *(("/userinfo", answer) for answer in (b"", "text", [], None, {"sub": {"a": 1}}, b"\xff\xfe")),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_provider_that_answers_rubbish(client, provider, rita, path, answer):
    back = way_back(client)
    provider.answers[path] = answer
    assert is_refused(client.get(back)) and who(client) is None


@pytest.mark.parametrize("mode", [Mode.DOWN, Mode.RESET, Mode.HANG])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_provider_that_does_not_answer(client, provider, rita, settings, mode, when):
    back = way_back(client)
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 0.2
    provider.mode = mode
    assert is_refused(client.get(back) if when == "after" else client.post(START), "does not answer")


@pytest.mark.parametrize("path", [ABOUT, "/token", "/userinfo"])
def test_a_provider_that_never_comes_to_an_end(client, provider, rita, monkeypatch, caplog, path):
    """Each byte comes in time, and the last one never."""
    back = way_back(client)
    monkeypatch.setattr(sign_on_session, "SECONDS", 0.3)
    provider.answers[path] = b" " * 36_000
    provider.drips = 0.1  # an hour in all
    assert is_refused(client.get(back), "does not answer") and who(client) is None
    assert "Single sign-on failed" in caplog.text


@pytest.mark.parametrize("path", [ABOUT, "/token", "/userinfo"])
def test_a_provider_that_says_too_much(client, provider, rita, monkeypatch, caplog, path):
    monkeypatch.setattr(sign_on_session, "BYTES", 2000)
    back = way_back(client)
    provider.answers[path] = b"{" + b" " * 2000 + b"}"
    assert is_refused(client.get(back), "does not answer") and who(client) is None
    assert "TooLarge" in caplog.text


def test_the_log_says_what_is_wrong_with_a_token_and_nothing_of_it(client, provider, rita, caplog):
    for tokens in ({"exp": None}, {"azp": "another"}, {"aud": "another"}):
        provider.tokens = tokens
        come(Client())
    assert [one.getMessage() for one in caplog.records if "sign_on" in one.name] == [
        "Single sign-on failed: OAuth2Error id_token_without_exp",
        "Single sign-on failed: OAuth2Error id_token_for_somebody_else",
        "Single sign-on failed: InvalidAudienceError ",
    ]


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ({"issuer": "http://127.0.0.1:9"}, "another address"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "https"),
        ({"token_endpoint": "ftp://127.0.0.1/token"}, "https"),
        ({"jwks_uri": None}, "no sense"),
    ],
)
def test_a_provider_that_says_odd_things_about_itself(client, provider, rita, about, told):
    provider.answers["/.well-known/openid-configuration"] = {**provider._about(), **about}
    assert is_refused(client.post(START))
    assert told in sign_on_adapter.trouble()


def test_the_provider_leads_us_nowhere_else(client, provider, rita):
    """It need not be https there, and the secret and the code would go along."""
    about = provider._about()
    provider.answers["/.well-known/openid-configuration"] = {**about, "token_endpoint": f"{provider.url}/moved"}
    back = way_back(client)
    assert is_refused(client.get(back)) and who(client) is None
    assert provider.paths[-1] == "/moved"


def test_people_who_change_their_mind(client, provider, rita):
    provider.refuses = "access_denied"
    assert is_refused(come(client), "changed your mind")


def test_the_log_gets_the_providers_word_and_no_more(client, provider, rita, caplog):
    provider.refuses = "invalid_scope"
    assert is_refused(come(client))
    provider.refuses = ""
    provider._codes.clear()
    back = way_back(client)
    provider._codes.clear()
    client.get(back)
    assert [one.getMessage() for one in caplog.records if "sign_on" in one.name] == [
        "Single sign-on failed: sent back invalid_scope",
        "Single sign-on failed: OAuth2Error invalid_grant",
    ]


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_led_elsewhere(client, provider, rita, target):
    assert come(client, next=target).headers["Location"].startswith("/") and who(client) == rita.pk
    assert "evil" not in client.get("/").headers.get("Location", "")


@pytest.mark.parametrize(
    "sent", [{"process": "connect"}, {"auth_params": "prompt=none"}, {"scope": "admin"}, {"again": "1"}]
)
def test_nobody_changes_what_is_asked(client, provider, rita, sent):
    assert client.post(f"{START}?process=connect&scope=admin&auth_params=prompt%3Dnone").status_code == 200
    asked = {name: value for name, (value,) in parse_qs(urlsplit(leave(client, **sent)).query).items()}
    assert "prompt" not in asked and "admin" not in asked["scope"]


def test_the_session_is_a_new_one_after_signing_in(client, provider, rita):
    back = way_back(client)
    before = client.session.session_key
    client.get(back)
    assert who(client) == rita.pk and client.session.session_key != before


def test_beginning_again_and_again_ends(client, provider, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "3/m/ip"}
    assert [client.post(START).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
