"""Deciding in a real browser: with precedents on a desktop, and a second manager who approves on a phone (R-3)."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from bookings.models import Booking
from conduct.models import Incident, Measure
from tests.factories import BookingFactory, ClientFactory, FirmFactory, StaffFactory
from tests.factories_conduct import limited, make_incident, make_measure

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)
FITS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture
def incident():
    FirmFactory()
    at = timezone.now()
    for days in (7, 14, 30):
        make_measure(limited(at - 90 * DAY, days=days), incident=make_incident(at=at - 90 * DAY), at=at - 90 * DAY)
    client = ClientFactory(name="Omar Offender", adjustments="Needs captions.")
    BookingFactory(client=client, starts=at + 3 * DAY, booked_at=at - DAY)
    return make_incident(at=at - DAY, client=client)


def test_a_manager_decides_with_precedents_in_view(page, sign_in, incident, axe):
    sign_in(StaffFactory(roles=["manager"]))
    page.goto(reverse("admin:conduct_incident_decide", args=[incident.pk]))
    expect(page.get_by_role("textbox", name="The facts")).to_have_value(re.compile("idiots"))
    expect(page.locator("#precedents li")).to_have_count(3)
    expect(page.get_by_text("Needs captions.")).to_be_visible()
    page.get_by_label("it happened as reported").check()
    page.get_by_label("serious").check()
    grounds = page.get_by_role("textbox", name="Our own part in it")
    page.get_by_role("radio", name="Written warning").check()
    expect(grounds).to_be_hidden()
    page.get_by_role("radio", name=re.compile("until a day")).check()
    expect(grounds).to_be_visible()
    page.get_by_label("Booking sessions").check()
    page.get_by_label("Last day").fill((timezone.localdate() + 10 * DAY).isoformat())
    axe(page)
    page.get_by_role("button", name="Look at what would follow").click()
    page.locator(".error-summary").wait_for()  # the grounds are still to be written
    axe(page)
    for label in ["Reasons", "Whose words", "Our own part", "Known vulnerability", "Earlier steps", "Why this step"]:
        page.get_by_role("textbox", name=re.compile(f"^{label}")).fill(f"{label}: as above.")
    page.get_by_role("textbox", name=re.compile("^What stays open")).fill("You can write to us.")
    page.get_by_role("button", name="Look at what would follow").click()
    expect(page.get_by_role("heading", name="The notice to the client")).to_be_visible()
    expect(page.get_by_text("They stand until somebody keeps or cancels each:")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_role("heading", name="Sessions already booked")).to_be_visible()
    axe(page)
    page.get_by_label("cancel").check()
    page.get_by_role("button", name="Do as chosen").click()
    expect(page.get_by_text("1 session is decided.")).to_be_visible()
    measure = Measure.objects.get(incident=incident)
    assert len(measure.assessment.precedents) == 3
    assert Booking.objects.get().cancel_reason == "measure"


@pytest.mark.parametrize("width", ["phone"], indirect=True)
def test_a_second_manager_approves_on_a_phone(page, width, language, sign_in, incident, axe):
    measure = make_measure(limited(timezone.now(), days=60), incident=Incident.objects.get(pk=incident.pk))
    assert measure.state == Measure.State.PROPOSED
    sign_in(StaffFactory(roles=["manager"], language=language))
    for address in [reverse("admin:conduct_approvals"), reverse("admin:conduct_measure_approve", args=[measure.pk])]:
        page.goto(address)
        axe(page)
        assert page.evaluate(FITS), address
    with page.expect_navigation():
        page.locator("button[value=approve]").click()
    measure.refresh_from_db()
    assert measure.state == Measure.State.TAKEN
