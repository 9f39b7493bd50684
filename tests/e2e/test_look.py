"""How it looks is tested where it can be: contrast under any accent in light and dark, width of a phone, keys."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from supportportal.people.models import Firm
from tests.factories import AgentFactory, ClientFactory, StaffFactory


@pytest.fixture
def staff(db):
    return StaffFactory(is_superuser=True, name="Rosa Verdi")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("accent", ["#0f766e", "#ffee00", "#101010", "#e11d48"])
def test_every_component_can_be_read_under_any_accent(page, settings, axe, accent, scheme):
    settings.DEMO = True
    Firm.objects.create(name="Meridian", accent=accent)
    page.emulate_media(color_scheme=scheme)
    page.goto("/demo/components/")
    axe(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_staffs_pages_can_be_read_by_everyone(page, width, sign_in, staff, axe, scheme):
    AgentFactory(office_hours=True)
    sign_in(staff)
    page.emulate_media(color_scheme=scheme)
    agent = AgentFactory(office_hours=True)
    addresses = [
        reverse("admin:index"),
        reverse("admin:set_up"),
        reverse("admin:people_user_changelist"),
        reverse("admin:bookings_agent_change", args=[agent.pk]),
        reverse("admin:bookings_closure_add"),
    ]
    for address in addresses:
        page.goto(address)
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_no_page_is_wider_than_a_phone(page, settings, sign_in):
    settings.DEMO = True
    page.set_viewport_size({"width": 360, "height": 740})
    for address in ["/demo/", "/demo/components/", "/accounts/login/", "/accounts/login/code/", "/legal/privacy/"]:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    sign_in(ClientFactory())
    page.goto("/")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_keys_of_the_staffs_pages(page, sign_in, staff):
    ClientFactory.create_batch(3)
    sign_in(staff)
    page.goto(reverse("admin:people_user_changelist"))
    page.keyboard.press("/")
    expect(page.locator("#searchbar")).to_be_focused()
    page.keyboard.press("?")  # typed, not obeyed
    expect(page.locator("#searchbar")).to_have_value("?")
    page.locator("#searchbar").blur()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    rows = page.locator("#result_list tbody tr")
    page.keyboard.press("j")
    expect(rows.nth(0).locator("a")).to_be_focused()
    page.keyboard.press("j")
    expect(rows.nth(1).locator("a")).to_be_focused()
    page.keyboard.press("k")
    expect(rows.nth(0).locator("a")).to_be_focused()
    page.keyboard.press("g")
    expect(page).to_have_url(re.compile(re.escape(reverse("admin:index")) + "$"))


def test_a_menu_closes_by_key_and_by_pressing_elsewhere(page, sign_in):
    sign_in(ClientFactory(name="Ada Byron"))
    page.goto("/")
    menu = page.locator(".site-header details.menu").last
    menu.locator("summary").click()
    expect(menu.get_by_role("button")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu.get_by_role("button")).to_be_hidden()
    menu.locator("summary").click()
    page.locator("h1").click()
    expect(menu.get_by_role("button")).to_be_hidden()
