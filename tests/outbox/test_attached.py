"""Files that came with a mail: given out as downloads, to whoever may see the mail, once they are looked at."""

from email.message import EmailMessage

import pytest
from django.core.management import call_command
from django.urls import reverse

from supportportal.outbox import attached, inbound, mails
from supportportal.outbox.inbound import Handler, Outcome
from supportportal.outbox.models import Inbound
from tests.factories import ClientFactory, StaffFactory
from tests.files import samples

from .helpers import NOON

pytestmark = pytest.mark.django_db
PAGE = b"<html><script>alert(1)</script></html>"


@pytest.fixture
def mail(firm):
    letter = EmailMessage()
    letter["From"], letter["Subject"], letter["Message-ID"] = "zoe@client.example", "Files", "<a@client.example>"
    letter.set_content("Words")
    letter.add_attachment(samples.PNG, maintype="text", subtype="html", filename="../../sc\u202ereen.png")
    letter.add_attachment(PAGE, maintype="image", subtype="png", filename="page.png")
    raw = letter.as_bytes()
    return inbound.receive(raw, mails.read(raw), gateway="test", verdict="pass", at=NOON)


@pytest.fixture
def agent(client):
    call_command("migrate", verbosity=0)  # gives the roles what each app grants
    person = StaffFactory(roles=["agent"])
    client.force_login(person)
    return person


def address(mail, number):
    return reverse("admin:outbox_inbound_file", args=[mail.pk, number])


def test_a_file_is_a_download_under_a_harmless_name(client, agent, mail):
    page = client.get(reverse("admin:outbox_inbound_change", args=[mail.pk])).content.decode()
    assert address(mail, 0) in page
    answer = client.get(address(mail, 0))
    assert b"".join(answer.streaming_content) == samples.PNG
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert answer["Content-Disposition"] == 'attachment; filename="screen.png"'


def test_what_would_not_be_taken_on_a_page_is_not_given_out(client, agent, mail):
    page = client.get(reverse("admin:outbox_inbound_change", args=[mail.pk])).content.decode()
    assert address(mail, 1) not in page
    assert "page.png" in page
    assert client.get(address(mail, 1)).status_code == 404
    assert client.get(address(mail, 2)).status_code == 404


@pytest.mark.parametrize(
    ("make", "status"),
    [
        pytest.param(lambda: StaffFactory(roles=["agent"]), 200, id="agent"),
        pytest.param(lambda: StaffFactory(), 404, id="staff without a role"),
        pytest.param(lambda: ClientFactory(), 302, id="client"),
        pytest.param(lambda: None, 302, id="nobody"),
    ],
)
def test_who_may_not_see_the_mail_gets_none_of_its_files(client, agent, mail, make, status):
    client.logout()
    if person := make():
        client.force_login(person)
    assert client.get(address(mail, 0)).status_code == status


def test_a_mail_that_an_app_keeps_from_somebody_keeps_its_files_too(client, agent, mail, monkeypatch):
    hidden = Handler(
        "all",
        lambda mail: True,
        lambda mail, at: Outcome(Inbound.State.WAITING),
        visible_to=lambda queryset, user: queryset.none(),
    )
    monkeypatch.setattr(inbound, "_handlers", {"all": hidden})
    assert client.get(address(mail, 0)).status_code == 404


def test_a_mail_without_files_has_none(firm):
    raw = b"From: zoe@client.example\r\nSubject: Words\r\n\r\nWords"
    assert attached.files_of(inbound.receive(raw, mails.read(raw), gateway="test", verdict="pass", at=NOON)) == []
