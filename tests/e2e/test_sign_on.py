"""Signing in by the firm's single sign-on, in a browser that holds to the pages' own policy."""

from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from supportportal.people import operations
from tests.factories import FirmFactory, StaffFactory
from tests.fakes.oidc import fake_oidc

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def provider(settings):
    FirmFactory()
    with fake_oidc() as fake:
        settings.OIDC = fake.settings
        yield fake


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_staff_sign_in_and_land_on_their_page(browser, browser_context_args, provider, axe, scripts):
    rita = StaffFactory(email="rita@example.com", name="Rita Moro", roles=["agent"])
    operations.keep_address(rita)
    page = browser.new_context(**browser_context_args, java_script_enabled=scripts).new_page()
    page.goto("/accounts/login/")
    if scripts:
        axe(page)
    page.get_by_role("button", name="Continue with Rossi account").click()
    page.wait_for_url(lambda url: urlsplit(url).path == "/admin/")
    assert page.locator("h1").count() == 1
    page.context.close()
    rita.refresh_from_db()
    assert rita.last_login <= timezone.now()


def test_a_grave_act_is_confirmed_beside_what_was_typed(page, provider, sign_in, settings, axe):
    settings.REAUTHENTICATE = True
    owner = StaffFactory(email="rita@example.com", roles=["owner"])
    colleague = StaffFactory(name="Bruno")
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Continue with Rossi account").click()
    page.wait_for_url(lambda url: urlsplit(url).path == "/admin/")
    page.context.clear_cookies()
    sign_in(owner)  # which is no proof, as if long ago
    page.goto(f"/admin/people/user/{colleague.pk}/change/")
    page.locator("[name=name]").fill("Bruno Sala")
    page.locator("[name=_save]").click()
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Confirm with Rossi account").click()
    opened.value.get_by_role("heading", name="Thank you: it is you").wait_for()
    axe(opened.value)
    axe(page)
    page.get_by_role("button", name="I have done so: go on").click()
    page.wait_for_url(lambda url: urlsplit(url).path == "/admin/people/user/")
    colleague.refresh_from_db()
    assert colleague.name == "Bruno Sala"
