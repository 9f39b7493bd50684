"""The agent's day by keyboard alone, and feedback without signing in (B-12, B-19)."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from bookings import messages, messages_outcomes
from bookings.models import Booking, Feedback
from bookings.operations import outcomes
from supportportal.lattice import cell_at, instant_at
from tests.factories import AgentFactory, BookingFactory, ClientFactory

State = Booking.State


@pytest.fixture
def begun(db):
    """A session that began a quarter of an hour ago."""
    starts = instant_at(cell_at(timezone.now())) - timedelta(minutes=15)
    return BookingFactory(agent=AgentFactory(), client=ClientFactory(name="Ada Byron"), starts=starts)


def state(booking):
    return Booking.objects.get(pk=booking.pk).state


def test_the_agents_day_by_keyboard(page, sign_in, begun, axe):
    sign_in(begun.agent.user)
    page.goto(reverse("admin:index"))
    axe(page)
    current = page.locator(f"#session-{begun.pk}")
    page.keyboard.press("j")
    expect(current.get_by_role("link").first).to_be_focused()
    page.keyboard.press("1")
    expect(page.get_by_text("The session has begun.")).to_be_visible()
    expect(current.get_by_role("link").first).to_be_focused()
    page.keyboard.press("1")
    expect(page.get_by_text("Ada Byron: Attended.")).to_be_visible()
    assert state(begun) == State.ATTENDED
    page.keyboard.press("1")
    expect(page.get_by_text("Undone.")).to_be_visible()
    assert state(begun) == State.BOOKED


def test_the_keys_can_be_switched_off(page, sign_in, begun):
    sign_in(begun.agent.user)
    page.goto(reverse("admin:index"))
    page.keyboard.press("?")
    page.get_by_label("Use these keys on this device").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("j")
    page.keyboard.press("1")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_hidden()
    assert Booking.objects.get(pk=begun.pk).started_at is None
    page.get_by_role("button", name="Keys").click()
    expect(page.get_by_label("Use these keys on this device")).not_to_be_checked()


def test_the_card_counts_down_and_survives_a_reload(page, width, sign_in, begun, axe):
    sign_in(begun.agent.user)
    page.goto(reverse("admin:bookings_booking_change", args=[begun.pk]))
    axe(page)
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("button", name="Client dropped out").click()
    waiting = page.get_by_role("button", name="End as interrupted")
    for _again in range(2):
        expect(waiting).to_be_disabled()
        expect(waiting).to_have_text(re.compile(r"[45]:\d\d"))
        page.reload()
    at = timezone.now() - timedelta(minutes=5, seconds=-1)
    Booking.objects.filter(pk=begun.pk).update(dropped_at=at)  # a second or two are left
    page.reload()
    expect(waiting).to_be_enabled()
    waiting.click()
    expect(page.get_by_text("This can be undone until")).to_be_visible()
    assert state(begun) == State.INTERRUPTED
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_nobody_here_and_feedback_without_signing_in(page, width, begun, axe):
    page.goto(messages.manage_path(begun, "now"))
    axe(page)
    page.get_by_role("button", name="I'm here, and nobody else is").click()
    expect(page.get_by_text("You told us at")).to_be_visible()
    outcomes.mark(begun, State.ATTENDED, by=begun.agent.user, at=timezone.now())
    page.goto(messages_outcomes.feedback_path(begun))
    axe(page)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".error-summary")).to_be_focused()
    page.get_by_label("4 – good").check()
    page.get_by_label("What was good, what could be better?").fill("Quick and clear.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("You have answered.")).to_be_visible()
    axe(page)
    assert Feedback.objects.get().comment == "Quick and clear."
