"""The owner words the Italian reminder, looks at it, and the client gets the mail with these words."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from bookings.messages import reminders
from supportportal.outbox import delivery
from supportportal.outbox.models import Message
from supportportal.outbox.operations import plan
from tests.factories import AgentFactory, BookingFactory, ClientFactory, FirmFactory, StaffFactory

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/outbox/wording/"


@pytest.fixture
def owner(sign_in):
    FirmFactory(name="Meridian")
    owner = StaffFactory(roles=["owner"], name="Olga Neri")
    sign_in(owner)
    return owner


def test_an_owner_words_the_italian_reminder_and_the_mail_has_the_words(page, owner, settings, axe, width):
    page.goto(LIST)
    axe(page)
    page.locator(f"a[href='{LIST}reminder_24h/it/']").click()
    page.get_by_label("Opening").fill("Buongiorno {nome}")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".field__error")).to_contain_text("There is no placeholder {nome}")
    page.get_by_label("Opening").fill("Buongiorno {name},\n\nsi ricordi la tazza di caffè.")
    page.get_by_role("button", name="Preview").click()
    page.get_by_text("which are not saved yet").wait_for()
    mail = page.frame_locator("iframe.mail-frame")
    expect(mail.get_by_text("Buongiorno Anna Rossi,")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved. The next message of this kind has these words.").wait_for()
    expect(mail.get_by_text("si ricordi la tazza di caffè.")).to_be_visible()

    settings.DEMO, settings.EMAIL_BACKEND = True, "supportportal.demo.mailbox.EmailBackend"
    client = ClientFactory(name="Bianca Ferri", language="it")
    starts = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
    remind(BookingFactory(client=client, agent=AgentFactory(office_hours=True), starts=starts))
    page.goto("/demo/mailbox/")
    page.get_by_role("link", name="Promemoria").first.click()
    expect(page.frame_locator("iframe").get_by_text("Buongiorno Bianca Ferri,")).to_be_visible()


def remind(booking) -> None:
    """Its reminder of 24 hours leaves now."""
    now = timezone.now()
    (owed,) = [one for one in reminders(booking, agreed_at=now) if one.kind == "reminder_24h"]
    plan([owed], at=now)
    Message.objects.update(due_at=now - timedelta(minutes=1), try_at=now - timedelta(minutes=1))
    delivery.deliver_due("email", clock=timezone.now)


@pytest.mark.parametrize(("spoken", "scheme"), [("en", "light"), ("it", "dark"), ("nl", "light")])
def test_the_pages_of_words_can_be_read_by_everyone(page, width, owner, axe, spoken, scheme):
    owner.language = spoken
    owner.save(update_fields=["language"])
    page.emulate_media(color_scheme=scheme)
    for address in (LIST, f"{LIST}reminder_24h/it/", f"{LIST}reminder_30m/nl/"):
        page.goto(address)
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
