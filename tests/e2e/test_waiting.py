"""In a real browser: a late cancellation undone, and an offer from the waiting list taken on a phone."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from bookings import availability, messages, operations
from bookings.models import Booking, Offer, Strike
from bookings.operations import waiting
from bookings.policy import POLICY
from supportportal.lattice import cell_from, instant_at
from supportportal.outbox import delivery
from tests.factories import AgentFactory, BookingFactory, ClientFactory, SessionTypeFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    client = ClientFactory()
    session_type = SessionTypeFactory(slug="quick", plans=[client.account.plan])
    return client, session_type, AgentFactory(session_types=[session_type], office_hours=True)


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_a_late_cancellation_is_undone_from_the_same_page(page, language, width, scene, axe):
    client, session_type, agent = scene
    soon = instant_at(cell_from(timezone.now() + timedelta(hours=5)))
    week_ago = timezone.now() - timedelta(days=7)
    booking = BookingFactory(client=client, session_type=session_type, agent=agent, starts=soon, booked_at=week_ago)
    page.goto(messages.manage_path(booking, "cancel"))
    assert page.get_by_text("This counts as a no-show").is_visible()
    axe(page)
    page.locator("[name=reason][value=other]").check()
    page.get_by_role("button", name="Cancel the session").click()
    page.get_by_role("button", name="Undo").wait_for()
    axe(page)
    assert Strike.objects.counting().exists()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("your session is back as it was").wait_for()
    axe(page)
    booking.refresh_from_db()
    assert booking.is_live and not Strike.objects.counting().exists()


@pytest.mark.parametrize("language", ["en", "it", "nl"], indirect=True)
@pytest.mark.parametrize("width", ["phone"], indirect=True)
def test_an_offer_is_taken_on_a_phone(page, language, width, scene, axe):
    client, session_type, agent = scene
    now = timezone.now()
    window = (cell_from(now + timedelta(hours=6)), cell_from(now + timedelta(days=14)))
    first, *_rest, last = availability.free_starts(session_type, window, now).cells()
    waits = ClientFactory(account=client.account, language=language)
    facts = {"session_type": session_type, "agent": agent, "topic": "VAT", "at": now - timedelta(hours=1)}
    freed = operations.book(client=client, by=client, first_cell=first, **facts)
    own = operations.book(client=waits, by=waits, first_cell=last, **facts)
    waiting.join_for_earlier(own, by=waits, at=now)
    operations.cancel(freed, reason="other", by=client, at=now - POLICY.undo)
    waiting.pass_on(now)
    delivery.deliver_due("email", clock=timezone.now)
    offered = next(sent for sent in mail.outbox if waits.email in sent.to and "/o/" in sent.body)

    page.goto(re.search(r"https?://\S+/o/[^/\s]+/", offered.body).group())
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    axe(page)
    page.locator("main form button[type=submit]").click()
    page.locator(".error-summary").wait_for()
    axe(page)
    page.locator("[name=answer][value=accept]").check()
    page.locator("main form button[type=submit]").click()
    page.wait_for_url(re.compile(r"/s/[^/]+/\?done=1$"))
    axe(page)
    assert Booking.objects.get(pk=own.pk).first_cell == first
    assert Offer.objects.get().state == Offer.State.ACCEPTED
    assert not Strike.objects.filter(client=waits).exists()  # who gave the slot up may have done so late
