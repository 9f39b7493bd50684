"""A mail of the demo's mailbox can be answered, and the answer comes in like any other."""

import pytest

from supportportal.demo.models import DemoMail
from supportportal.outbox.models import Inbound
from tests.factories import ClientFactory, FirmFactory

pytestmark = pytest.mark.django_db
REPLY = {"subject": "Re: Booked", "text": "A day later, please."}


@pytest.fixture
def mail():
    FirmFactory()
    ClientFactory(email="anna@client.example")
    raw = b"From: Help <help@meridian.example>\r\nMessage-ID: <1@portal.example>\r\n\r\nYour session\r\n"
    return DemoMail.objects.create(
        channel=DemoMail.Channel.EMAIL, address="anna@client.example", subject="Booked", raw=raw
    )


def test_a_reply_comes_in_from_the_mailboxs_person(client, settings, mail):
    settings.DEMO = True
    assert client.post(f"/demo/mailbox/{mail.pk}/", REPLY).status_code == 302
    kept = Inbound.objects.get()
    assert (kept.sender, kept.text, kept.references) == (
        "anna@client.example",
        "A day later, please.",
        "<1@portal.example>",
    )
    assert kept.verdict == Inbound.Verdict.PASS


def test_an_empty_reply_is_not_sent(client, settings, mail):
    settings.DEMO = True
    assert client.post(f"/demo/mailbox/{mail.pk}/", {**REPLY, "text": ""}).status_code == 200
    assert not Inbound.objects.exists()


def test_outside_the_demo_nobody_writes_in_anothers_name(client, mail):
    assert client.post(f"/demo/mailbox/{mail.pk}/", REPLY).status_code == 404
    assert not Inbound.objects.exists()
