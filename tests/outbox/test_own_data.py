"""What we sent a person and what came from there, in that person's own data; nothing that opens anything."""

from datetime import timedelta

import pytest
from django.db.models import Q

from supportportal import links
from supportportal.outbox import inbound, mails, own_data
from supportportal.outbox.models import Inbound, Message
from tests.factories import ClientFactory, UserFactory
from tests.files import samples
from tests.support.own_data import assert_asks_the_same, holds, opened, said

from .helpers import NOON, owe
from .test_mails import eml

pytestmark = pytest.mark.django_db
AT = NOON + timedelta(days=1)


@pytest.fixture(autouse=True)
def own_rules(monkeypatch):
    """What a test registers holds for it alone."""
    monkeypatch.setattr(own_data, "_to_staff", set(own_data._to_staff))
    monkeypatch.setattr(own_data, "_about_others", list(own_data._about_others))


def sent(person, **fields):
    message = owe(person, **{name: fields.pop(name) for name in ("kind", "copy") if name in fields})
    Message.objects.filter(pk=message.pk).update(
        **{"state": "delivered", "sent_at": NOON, "sent_to": person.email, **fields}
    )
    return Message.objects.get(pk=message.pk)


def came(text="Hello", sender="zoe@client.example", verdict="pass", raw=None, **headers):
    raw = raw or eml(text, From=sender, **headers)
    kept = inbound.receive(raw, mails.read(raw), gateway="test", verdict=verdict, at=NOON)
    return inbound.handle(kept.pk, at=NOON)


def test_each_message_with_its_state_and_words(person):
    sent(person, subject="Your session", text="On Tuesday", html="<p>On Tuesday</p>")
    Message.objects.filter(pk=owe(person).pk).update(state="skipped", note="the session was cancelled")
    files = opened(person, AT)
    first, second = said(files, "messages", "sent")
    assert first == {
        "kind": "test_mail",
        "channel": "email",
        "state": "delivered",
        "why": "",
        "due_at": NOON.isoformat(),
        "sent_at": NOON.isoformat(),
        "delivered_at": None,
        "sent_to": person.email,
        "subject": "Your session",
        "text": "On Tuesday",
    }
    assert (second["state"], second["why"], second["text"]) == ("skipped", "the session was cancelled", "")


def test_overtaken_messages_never_went_and_are_left_out(person):
    sent(person, state="void", text="Canary")
    assert said(opened(person, AT), "messages", "sent") == []


def test_mails_that_the_person_wrote_with_their_files(person):
    from email.message import EmailMessage

    letter = EmailMessage()
    letter["From"], letter["Subject"], letter["Message-ID"] = person.email, "Files", "<a@client.example>"
    letter.set_content("Words")
    letter.add_attachment(samples.PNG, maintype="image", subtype="png", filename="../screen.png")
    letter.add_attachment(b"<script>", maintype="text", subtype="html", filename="page.html")
    came(raw=letter.as_bytes())
    files = opened(person, AT)
    (mail,) = said(files, "messages", "received")
    assert (mail["sender"], mail["subject"], mail["text"]) == (person.email, "Files", "Words")
    assert files[mail["files"][0]] == samples.PNG
    assert mail["files"] == ["files/messages/0001-screen.png"] and mail["files_not_kept"] == ["page.html"]
    assert not holds(files, "<script>")


def test_a_mail_whose_sender_nobody_confirms_is_nobodys(person):
    came("Canary", verdict="none")
    assert Inbound.objects.exists() and not holds(opened(person, AT), "Canary")


def test_links_and_reply_addresses_are_blanked(person, settings):
    settings.INBOUND_DOMAIN = "in.meridian.example"
    token, reply = links.token("booking", 7), links.address_token("reply", 7)
    quoted = f"> https://portal.example/s/{token}/change/\n> Reply+{reply}@in.meridian.example wrote:"
    own = links.token("own_data", person.pk)
    sent(person, text=f"https://portal.example/data/{own}/ {quoted}")
    came(f"See {quoted}")
    files = opened(person, AT)
    assert [holds(files, one) for one in (token, reply, own)] == [[], [], []]
    assert "/s/…/change/" in said(files, "messages", "received")[0]["text"]
    assert "reply+…@in.meridian.example" in said(files, "messages", "sent")[0]["text"].lower()


def test_what_is_about_a_colleague_is_told_without_its_words(person):
    own_data.leave_out_words(Q(copy="coordinator"))
    sent(person, copy="coordinator", subject="Canary subject", text="Canary text")
    sent(person, copy="other", text="About you")
    files = opened(person, AT)
    about_others, own = said(files, "messages", "sent")
    assert about_others["about"] == "somebody_else" and "text" not in about_others
    assert own["text"] == "About you"
    assert not holds(files, "Canary")


def test_what_went_to_staff_only_is_left_out_with_the_answers_to_it(person):
    own_data.leave_out("test_secret")
    asked = sent(person, kind="test_secret", text="Canary question", message_id="<q@portal.example>")
    came("Canary answer", In_Reply_To="<q@portal.example>", References="<q@portal.example>")
    came("Own words", Message_ID="<2@client.example>")
    assert Inbound.objects.filter(answers=asked).exists()
    files = opened(person, AT)
    assert not holds(files, "Canary")
    assert [one["text"] for one in said(files, "messages", "received")] == ["Own words"]


def test_names_of_colleagues_are_blanked(firm):
    person = ClientFactory(email="zoe@client.example")
    ClientFactory(name="Canary Colleague", account=person.account)
    sent(person, text="Canary Colleague attends", subject="Canary Colleague")
    came("Canary Colleague is ill", Subject="Canary Colleague")
    assert not holds(opened(person, AT), "Canary")


def test_nobody_elses_messages(person):
    other = UserFactory(email="other@client.example")
    sent(other, text="Canary sent")
    came("Canary received", sender=other.email)
    assert not holds(opened(person, AT), "Canary")
    for canary in ("Canary sent", "Canary received"):
        assert set(holds(opened(other, AT), canary)) == {"index.html", "data/messages.json"}


def test_as_many_questions_for_thirty_as_for_one(person):
    numbers = iter(range(1000))

    def make(count):
        for _count in range(count):
            sent(person)
            came(f"Hello {next(numbers)}", Message_ID=f"<{next(numbers)}@client.example>")

    assert_asks_the_same(person, make, AT)
