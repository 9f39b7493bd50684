"""The main way in a real browser: sign in, book, read the mail, move and cancel by its links."""

import re

import pytest
from django.core import mail
from django.utils import timezone

from bookings.models import Booking
from supportportal.outbox import delivery
from tests.factories import AgentFactory, ClientFactory, SessionTypeFactory, TermsVersionFactory

pytestmark = pytest.mark.django_db(transaction=True)

SAY = {
    "en": {"mailed": "Booked:", "cancelled": "Cancelled:"},
    "it": {"mailed": "Prenotata:", "cancelled": "Annullata:"},
    "nl": {"mailed": "Geboekt:", "cancelled": "Geannuleerd:"},
}


@pytest.fixture
def someone(language, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    client = ClientFactory(language=language, phone="+390612345678")
    session_type = SessionTypeFactory(slug="quick", plans=[client.account.plan])
    AgentFactory(session_types=[session_type], office_hours=True)
    TermsVersionFactory()
    return client


def mailed_to(person):
    """Hand over what is due now, and give the newest mail to that person."""
    delivery.deliver_due("email", clock=timezone.now)
    return next(sent for sent in reversed(mail.outbox) if person.email in sent.to)


def link_in(message, action: str) -> str:
    return re.search(rf"https?://\S+/{action}/", message.body).group()


def fits(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_book_move_and_cancel(page, language, width, sign_in, someone, axe):
    sign_in(someone)
    page.goto("/book/")
    assert fits(page)
    axe(page)
    page.locator("a.choice").first.click()
    page.locator("label.slot:visible").first.click()
    assert fits(page)
    axe(page)
    page.locator("form#picker button[type=submit]:visible").last.click()
    page.locator("[name=topic]").wait_for()
    axe(page)
    page.locator("form.with-aside button[type=submit]").click()
    page.locator(".error-summary").wait_for()
    axe(page)
    page.locator("[name=topic]").fill("VAT")
    page.locator("[name=terms]").check()
    page.locator("form.with-aside button[type=submit]").click()
    page.wait_for_url("**/sessions/*/")
    axe(page)
    booked = Booking.objects.get()

    confirmation = mailed_to(someone)
    assert confirmation.subject.startswith(SAY[language]["mailed"])
    page.context.clear_cookies()
    page.goto(link_in(confirmation, "change"))
    assert fits(page)
    axe(page)
    page.locator("label.slot:visible").nth(1).click()
    page.locator("[name=reason][value=other]").check()
    page.locator("form#picker button[type=submit]:visible").last.click()
    page.wait_for_url(re.compile(r"/s/[^/]+/\?done=1$"))
    moved = Booking.objects.get()
    assert moved.first_cell != booked.first_cell

    page.goto(link_in(confirmation, "cancel"))
    axe(page)
    page.locator("[name=reason][value=other]").check()
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url(re.compile(r"/s/[^/]+/\?done=1$"))
    axe(page)
    assert Booking.objects.get().state == Booking.State.CANCELLED
    assert mailed_to(someone).subject.startswith(SAY[language]["cancelled"])


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_the_way_by_keyboard_alone(page, language, sign_in, someone):
    sign_in(someone)
    page.goto("/book/")

    def tab_to(selector: str) -> None:
        for _press in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"No way to {selector} by keyboard.")

    tab_to("a.choice")
    page.keyboard.press("Enter")
    page.wait_for_url("**/book/quick/**")
    tab_to("input[name=start]")
    page.keyboard.press("Space")
    tab_to("form#picker button[type=submit]:not([form])")
    page.keyboard.press("Enter")
    page.wait_for_url("**/details/**")
    tab_to("[name=topic]")
    page.keyboard.type("VAT")
    tab_to("[name=terms]")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sessions/*/")
    assert Booking.objects.get().topic == "VAT"


class TestWithoutScripts:
    @pytest.fixture
    def browser_context_args(self, browser_context_args):
        return {**browser_context_args, "java_script_enabled": False}

    @pytest.mark.parametrize("language", ["en"], indirect=True)
    def test_the_way_with_scripts_off(self, page, language, width, sign_in, someone):
        sign_in(someone)
        page.goto("/book/")
        page.locator("a.choice").first.click()
        page.locator("label.slot:visible").first.click()
        page.locator("form#picker button[type=submit]:visible").last.click()
        page.locator("[name=topic]").fill("VAT")
        page.locator("[name=terms]").check()
        page.locator("form.with-aside button[type=submit]").click()
        page.wait_for_url("**/sessions/*/")
        assert Booking.objects.get().topic == "VAT"
