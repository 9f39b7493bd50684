"""After two no-shows in a real browser: choose a time with the fee, or one that is free; ask to look at it again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bookings import messages
from bookings.models import Booking, Fee, Strike, StrikeReview
from bookings.rules import add_months
from tests.factories import AgentFactory, BookingFactory, ClientFactory, SessionTypeFactory, StrikeFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sanctioned():
    """Free again in ten days or so: within what can be booked ahead."""
    client = ClientFactory()
    session_type = SessionTypeFactory(slug="quick", plans=[client.account.plan])
    AgentFactory(session_types=[session_type], office_hours=True)
    noon = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)
    newest = noon - timedelta(days=200)
    while add_months(newest.date(), 6) < (noon + timedelta(days=10)).date():
        newest += timedelta(days=1)
    for start in (newest - timedelta(days=60), newest):
        StrikeFactory(client=client, starts=start)
    return client


def fits(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def finish(page):
    page.locator("[name=topic]").fill("VAT")
    page.locator("form.with-aside button[type=submit]").click()


def go_on(page):
    page.locator("form#picker button[type=submit]:visible").last.click()
    page.locator("[name=topic]").wait_for()


def test_a_time_with_a_fee_needs_the_tick(page, width, sign_in, sanctioned, axe):
    sign_in(sanctioned)
    page.goto("/book/quick/")
    assert fits(page)
    axe(page)
    page.locator("label.slot--costs:visible").first.click()
    assert "fee" in page.locator("[data-chosen-rule]").inner_text()
    go_on(page)
    axe(page)
    finish(page)
    page.locator(".error-summary").wait_for()
    assert not Fee.objects.exists()
    page.locator("[name=fee]").check()
    finish(page)
    page.wait_for_url("**/sessions/*/")
    assert fits(page)
    axe(page)
    assert Fee.objects.get().state == "accepted"


def test_a_free_date_needs_nothing(page, width, sign_in, sanctioned, axe):
    sign_in(sanctioned)
    page.goto("/book/quick/")
    page.locator(".picker .notice a").click()
    page.locator("label.slot:not(.slot--costs):visible").first.wait_for()
    axe(page)
    page.locator("label.slot:not(.slot--costs):visible").first.click()
    go_on(page)
    assert page.locator("[name=fee]").count() == 0
    finish(page)
    page.wait_for_url("**/sessions/*/")
    assert Booking.objects.live().count() == 1 and not Fee.objects.exists()


def test_a_late_cancellation_is_said_counted_shown_and_questioned(page, width, sign_in, axe):
    client = ClientFactory()
    booking = BookingFactory(client=client, starts=timezone.now().replace(second=0, microsecond=0) + timedelta(hours=5))
    sign_in(client)
    page.goto(messages.manage_path(booking, "cancel"))
    assert page.get_by_text("This counts as a no-show, the first within 12 months.").is_visible()
    axe(page)
    page.get_by_label("The problem is solved").check()
    page.locator("main form button[type=submit]").click()
    page.get_by_role("heading", level=1, name="This session is cancelled").wait_for()
    page.goto("/sessions/")
    assert fits(page)
    axe(page)
    with page.expect_navigation():
        page.locator("section[aria-labelledby=no-shows] a").first.click()
    axe(page)
    page.locator("[name=text]").fill("The train stood still.")
    page.locator("main form button[type=submit]").click()
    page.get_by_text("Until then it has no consequences").first.wait_for()
    axe(page)
    assert (Strike.objects.count(), StrikeReview.objects.count()) == (1, 1)
