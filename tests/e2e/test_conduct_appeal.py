"""An appeal in a real browser, on a phone: from the link of the notice's mail to another manager's decision (R-7)."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from conduct import messages
from conduct.models import Appeal, Measure
from supportportal.outbox import rendering
from supportportal.outbox.models import Message
from supportportal.people.models import Firm, Gate
from tests.factories import ClientFactory, FirmFactory, StaffFactory
from tests.factories_conduct import limited, make_incident, make_measure

pytestmark = pytest.mark.django_db(transaction=True)
FITS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture
def width() -> str:
    return "phone"


@pytest.fixture
def measure(language) -> Measure:
    """Booking is closed since yesterday to a client who reads the language; the notice has gone."""
    FirmFactory()
    at = timezone.now() - timedelta(days=1)
    client = ClientFactory(language=language, name="Carla Conti")
    step = limited(at, gates=[Gate.BOOKING, Gate.MAIL])
    made = make_measure(step, at=at, incident=make_incident(at=at, client=client))
    Measure.objects.filter(pk=made.pk).update(told_at=at)
    made.refresh_from_db()
    return made


def link_in_the_mail() -> str:
    message = Message.objects.get(kind="conduct_notice")
    subject = rendering.load_subjects([message])[message.pk]
    parcel = rendering.write(message, subject, firm=Firm.current())
    return re.search(r"https?://\S+(/m/\S+)", parcel.text)[1]


def test_a_client_appeals_from_the_mail_and_another_manager_decides(page, width, language, measure, sign_in, axe):
    page.goto(link_in_the_mail())
    expect(page.locator("html")).to_have_attribute("lang", language)
    axe(page)
    assert page.evaluate(FITS)
    page.locator("form[enctype] button[type=submit], form[enctype] button:not([type])").last.click()
    expect(page.locator(".error-summary, [role=alert]").first).to_be_visible()
    page.locator("textarea[name=reasons]").fill("It was my brother who called.")
    with page.expect_navigation():
        page.locator("form[enctype] button[type=submit], form[enctype] button:not([type])").last.click()
    expect(page.locator("#your-appeal-title")).to_be_visible()
    axe(page)
    assert page.evaluate(FITS)

    appeal = Appeal.objects.get()
    sign_in(StaffFactory(roles=["manager"], name="Rita Neutral", language=language))
    page.goto(appeal.get_absolute_url())
    axe(page)
    assert page.evaluate(FITS)
    page.locator("input[name=outcome][value=varied]").check()
    page.locator("input[name=gates][value=mail]").uncheck()
    page.locator("form[action$='/decide/'] textarea[name=reasons]").fill("Mail may stay open.")
    with page.expect_navigation():
        page.locator("form[action$='/decide/'] button").click()
    expect(page.locator("#decision")).to_be_visible()
    axe(page)
    assert Measure.objects.get().gates == [Gate.BOOKING]

    page.context.clear_cookies()
    page.goto(messages.appeal_path(measure))
    expect(page.get_by_text("Mail may stay open.")).to_be_visible()
    axe(page)
