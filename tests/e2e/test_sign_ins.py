"""The page that says where somebody is signed in."""

import pytest
from django.test import Client

from tests.factories import ClientFactory, FirmFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_other_places_are_seen_and_ended(page, sign_in, language, width, axe):
    FirmFactory()
    person = ClientFactory(language=language)
    Client(headers={"User-Agent": "Mozilla/5.0 (Linux; Android 14) Chrome/131.0"}).force_login(person)
    Client().force_login(person)
    sign_in(person)
    page.goto("/profile/sign-ins/")
    assert page.locator("tbody tr").count() == 3
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        axe(page)
    page.locator("tbody form button").first.click()
    page.locator(".notice").wait_for()
    assert page.locator("tbody tr").count() == 2
    page.locator("form.actions button").click()
    page.locator("form.actions").wait_for(state="detached")
    assert page.locator("tbody tr").count() == 1
    axe(page)
