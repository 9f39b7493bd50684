"""Setting up a passkey and signing in with it, in a browser with a device that holds one."""

from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP

from supportportal.people import operations
from tests.factories import PASSWORD, FirmFactory, StaffFactory
from tests.people.one_time import AT, number

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def enforced(settings):
    settings.STAFF_MFA = settings.REAUTHENTICATE = True
    FirmFactory()


@pytest.fixture(autouse=True)
def clock_of_apps(monkeypatch):
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time", SimpleNamespace(time=lambda: AT))


@pytest.fixture
def staff(language):
    person = StaffFactory(
        email="rita@example.com", name="Rita Moro", roles=["agent"], password=PASSWORD, language=language
    )
    operations.keep_address(person)
    return person


@pytest.fixture
def phone(page):
    """A device that keeps passkeys and knows the person's finger."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return devtools, made["authenticatorId"]


def sign_in_with_password(page, person):
    page.goto("/accounts/login/?next=/admin/")
    page.locator("[name=login]").fill(person.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form.form button").first.click()


def arrive(page, path):
    page.wait_for_url(lambda url: urlsplit(url).path == path)


def looks_right(page, axe):
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        axe(page)


def test_a_passkey_is_set_up_and_signs_in(page, staff, phone, width, axe):
    sign_in_with_password(page, staff)
    arrive(page, "/accounts/2fa/")
    looks_right(page, axe)
    page.locator("a[href='/accounts/2fa/webauthn/add/']").click()
    arrive(page, "/accounts/2fa/webauthn/add/")
    looks_right(page, axe)
    page.locator("[data-passkey=create] button").click()
    arrive(page, "/accounts/2fa/recovery-codes/")
    assert page.locator(".codes li").count() == 10
    looks_right(page, axe)
    with page.expect_download() as saved:
        page.locator("a[download]").click()
    assert len(saved.value.path().read_text().split()) == 10
    page.locator("p a[href='/admin/']").click()
    arrive(page, "/admin/")
    assert page.locator("h1").count() == 1
    for address in ("/accounts/2fa/", "/accounts/2fa/webauthn/", "/accounts/2fa/recovery-codes/generate/"):
        page.goto(address)
        looks_right(page, axe)
    key = Authenticator.objects.get(type="webauthn")
    for address in (f"/accounts/2fa/webauthn/keys/{key.pk}/edit/", f"/accounts/2fa/webauthn/keys/{key.pk}/remove/"):
        page.goto(address)
        looks_right(page, axe)
    page.goto("/accounts/reauthenticate/?next=/profile/")
    looks_right(page, axe)
    page.goto("/accounts/2fa/webauthn/reauthenticate/?next=/profile/")
    looks_right(page, axe)
    page.locator("[data-passkey=get] button").click()
    arrive(page, "/profile/")

    page.context.clear_cookies()
    page.goto("/accounts/login/?next=/admin/people/user/")
    looks_right(page, axe)
    page.locator("#passkey_login").click()
    arrive(page, "/admin/people/user/")  # alone: no password, no second step

    page.context.clear_cookies()
    sign_in_with_password(page, staff)
    arrive(page, "/accounts/2fa/authenticate/")
    looks_right(page, axe)
    page.locator("#passkey button").click()
    arrive(page, "/admin/")


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_without_the_device_the_page_says_what_else_there_is(page, staff, phone):
    devtools, held = phone
    sign_in_with_password(page, staff)
    page.goto("/accounts/2fa/webauthn/add/")
    page.locator("[data-passkey=create] button").click()
    arrive(page, "/accounts/2fa/recovery-codes/")
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": held, "isUserVerified": False})
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    assert page.locator("[data-passkey-failed]").is_hidden()
    page.locator("#passkey_login").click()
    page.locator("[data-passkey-failed]").wait_for()
    assert page.url.endswith("/accounts/login/")


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_an_app_is_set_up(page, staff, width, axe):
    sign_in_with_password(page, staff)
    page.locator("a[href='/accounts/2fa/totp/activate/']").click()
    arrive(page, "/accounts/2fa/totp/activate/")
    looks_right(page, axe)
    page.locator("details summary").last.click()
    secret = page.locator(".key").inner_text()
    page.locator("[name=code]").fill(number(secret))
    page.locator("form.form button").first.click()
    arrive(page, "/accounts/2fa/recovery-codes/")
    page.goto("/accounts/2fa/totp/deactivate/")
    looks_right(page, axe)
    page.context.clear_cookies()
    sign_in_with_password(page, staff)
    arrive(page, "/accounts/2fa/authenticate/")
    looks_right(page, axe)


def test_a_grave_act_asks_and_goes_on_with_what_was_typed(page, sign_in, phone, language, width, axe):
    owner = StaffFactory(roles=["owner"], password=PASSWORD, language=language)
    operations.keep_address(owner)
    TOTP.activate(owner, SECRET)
    colleague = StaffFactory(name="Rita")
    sign_in(owner)
    page.goto(f"/admin/people/user/{colleague.pk}/change/")
    page.locator("[name=name]").fill("Rita Moro")
    page.locator("[name=_save]").click()
    page.locator("[name=proof-code]").wait_for()
    looks_right(page, axe)
    page.locator("[name=proof-password]").fill(PASSWORD)
    page.locator("form:has([name=proof-password]) button").click()
    arrive(page, "/admin/people/user/")
    colleague.refresh_from_db()
    assert colleague.name == "Rita Moro"
