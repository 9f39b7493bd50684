"""Asking for a phone call in a real browser, and an agent taking it."""

import pytest
from django.urls import reverse

from bookings.models import Callback
from tests.factories import ChannelFactory, ClientFactory, FirmFactory, StaffFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def caller():
    FirmFactory()
    person = ClientFactory(name="Anna Neri", phone="+390612345678")
    ChannelFactory(code="callback", name="Phone callback", plans=[person.account.plan])
    return person


def test_a_client_asks_for_a_call_and_an_agent_takes_it(page, width, caller, sign_in, axe):
    sign_in(caller)
    page.goto(reverse("bookings:callback"))
    axe(page)
    page.get_by_text("The internet connection").click()
    assert page.get_by_text("they can measure the line").is_visible()
    page.get_by_role("link", name="Something in the product does not work").click()
    page.get_by_role("button", name="Ask for the call").click()
    page.get_by_role("link", name="Please describe in a sentence or two what the call is about.").wait_for()
    axe(page)
    page.get_by_label("What is it about?").fill("The export stops half-way.")
    page.get_by_role("button", name="Ask for the call").click()
    page.get_by_role("heading", name="We will call you").wait_for()
    axe(page)
    sign_in(StaffFactory(roles=["agent"]))
    page.goto(reverse("admin:index"))
    axe(page)
    page.get_by_role("button", name="Take it").click()
    page.get_by_text("You have taken this request.").wait_for()
    axe(page)
    page.get_by_role("button", name="Not answered").click()
    page.get_by_text("The call is logged.").wait_for()
    assert Callback.objects.get().attempts.get().result == "unanswered"


def test_the_plan_page_is_whole(page, width, caller, sign_in, axe):
    sign_in(caller)
    page.goto(reverse("people:plan"))
    axe(page)
    page.get_by_role("link", name="Phone callback").click()
    page.get_by_role("heading", name="What is the call about?").wait_for()
