"""How it looks is tested where it can be: contrast under any accent in light and dark, width of a phone, keys."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from supportportal.outbox import trials
from supportportal.outbox.models import Message
from supportportal.people.models import Firm, User
from tests.factories import (
    AccountFactory,
    AgentFactory,
    BookingFactory,
    ChannelFactory,
    ClientFactory,
    HolidayFactory,
    RestrictionFactory,
    StaffFactory,
    StrikeFactory,
)


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


@pytest.fixture
def some_of_everything(db):
    channel = ChannelFactory(name="A channel with quite a long name, as people give them")
    account = AccountFactory(name="Bottega Ferri, Figli e Nipoti di Castelnuovo")
    account.plan.channels.add(channel)
    client = ClientFactory(
        account=account, email="a-very-long-address-of-somebody@bottega-ferri-figli-e-nipoti.example"
    )
    booking = BookingFactory(client=client, agent=AgentFactory(office_hours=True))
    StrikeFactory(client=client)
    HolidayFactory()
    RestrictionFactory(user=client, starts_at=booking.starts_at)
    trials.owe("email", client, at=booking.starts_at - timedelta(days=1))
    Message.objects.update(
        state=Message.State.FAILED, note="550 5.1.1 <no.such.mailbox@and.a.long.address.example> unknown"
    )
    return booking


@pytest.mark.parametrize("spoken", ["en", "it", "nl"])
def test_no_list_of_the_staff_scrolls_sideways_on_a_phone(page, sign_in, staff, some_of_everything, spoken):
    User.objects.filter(pk=staff.pk).update(language=spoken)
    sign_in(staff)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(reverse("admin:index"))
    addresses = page.eval_on_selector_all(".staff-nav__link", "links => links.map(link => link.getAttribute('href'))")
    assert len(addresses) > 20
    seen = 0
    for address in addresses:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        scrolling = "frames => frames.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.className)"
        assert page.eval_on_selector_all(".results, .table-frame, .tabular", scrolling) == [], address
        seen += page.locator("#result_list tbody tr").count()
    assert seen > 5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_lists_and_the_forms_of_many_choices_can_be_read_by_everyone(
    page, width, sign_in, staff, axe, some_of_everything, scheme
):
    sign_in(staff)
    page.emulate_media(color_scheme=scheme)
    addresses = [
        reverse("admin:people_plan_change", args=[some_of_everything.client.account.plan_id]),
        reverse("admin:people_account_changelist"),
        reverse("admin:bookings_agent_changelist"),
        reverse("admin:outbox_message_changelist"),
        reverse("admin:bookings_sessiontype_change", args=[some_of_everything.session_type_id]),
    ]
    for address in addresses:
        page.goto(address)
        axe(page)


def test_on_a_phone_the_navigation_shows_where_one_is(page, sign_in, staff):
    sign_in(staff)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(reverse("admin:set_up"))
    expect(page.locator(".staff-nav [aria-current]")).to_be_in_viewport()


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
