"""Reporting an incident from a session by the keyboard alone, in under a minute; the page of it; a list on a phone."""

import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone, translation
from django.utils.translation import gettext
from playwright.sync_api import expect

from conduct.models import Incident, StopRequest
from supportportal.lattice import cell_at
from supportportal.people import roles
from tests.factories import AgentFactory, BookingFactory, ClientFactory, FirmFactory, StaffFactory

pytestmark = pytest.mark.django_db(transaction=True)
FITS = "document.documentElement.scrollWidth <= innerWidth"
FASTEST = 60  # seconds that a report may take


@pytest.fixture(autouse=True)
def firm():
    for app in ("people", "bookings", "outbox", "conduct"):
        roles.sync_after_migrate(apps.get_app_config(app), "default")
    return FirmFactory()


@pytest.fixture
def words(language):
    """``words("Report")``: what stands on the page in the browser's language."""

    def words(text):
        with translation.override(language):
            return gettext(text)

    return words


@pytest.fixture
def session(language):
    """One that began half an hour ago, with an agent who reads the page's language and a client who reads Italian."""
    agent = AgentFactory(user=StaffFactory(name="Mario Bianchi", roles=["agent"], language=language))
    began = cell_at(timezone.now() - timedelta(minutes=30))
    return BookingFactory(agent=agent, client=ClientFactory(name="Carlo Verdi", language="it"), first_cell=began)


class Keys:
    """A person without a mouse: past the navigation by its link, then on with Tab until the control is reached."""

    def __init__(self, page):
        self.page, self.pressed = page, 0

    def skip_to_content(self):
        self.key("Tab")
        self.key("Enter")

    def key(self, name):
        self.page.keyboard.press(name)
        self.pressed += 1

    def to(self, control, most=40):
        control.wait_for(state="attached")
        for _press in range(most):
            if control.evaluate("one => one === document.activeElement"):
                return
            self.key("Tab")
        raise AssertionError(f"The keyboard does not reach {control}.")

    def type(self, control, text):
        self.to(control)
        self.page.keyboard.type(text)

    def press(self, control, name):
        self.to(control)
        self.key(name)


def test_reported_from_a_session_by_the_keyboard_alone(page, width, words, session, sign_in, axe):
    sign_in(session.agent.user)
    page.goto(f"/admin/bookings/booking/{session.pk}/change/")
    keys, began = Keys(page), timezone.now()
    keys.skip_to_content()
    with page.expect_navigation():
        keys.press(page.get_by_role("link", name=words("Report an incident")), "Enter")
    keys.skip_to_content()
    keys.press(page.locator("input[name=categories][value=language]"), "Space")
    keys.press(page.locator("input[name=categories][value=threat]"), "Space")
    keys.type(page.locator("#id_words"), "You are all idiots, I know where you work.")
    keys.press(page.locator("input[name=acceptable]").first, "Space")
    axe(page)
    assert page.evaluate(FITS)
    with page.expect_navigation():
        keys.press(page.get_by_role("button", name=words("Report"), exact=True), "Enter")
    assert timezone.now() - began < timedelta(seconds=FASTEST)
    assert keys.pressed < 60
    incident = Incident.objects.get()
    assert (incident.client, incident.booking, incident.channel) == (session.client, session, "session")
    expect(page).to_have_url(re.compile(re.escape(incident.get_absolute_url())))
    expect(page.get_by_text("You are all idiots")).to_be_visible()
    with page.expect_navigation():
        keys.press(page.get_by_role("button", name=words("Preview")), "Enter")
    expect(page.locator("#preview")).to_contain_text("Gentile Carlo Verdi")
    with page.expect_navigation():
        keys.press(page.get_by_role("button", name=words("Send it now")), "Enter")
    expect(page.get_by_text(words("Asked politely to stop"))).to_be_visible()
    assert StopRequest.objects.get().sent_by == session.agent.user
    axe(page)
    assert page.evaluate(FITS)
