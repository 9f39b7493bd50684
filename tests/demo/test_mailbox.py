"""The demo's mailbox: what would have been sent, shown as it would arrive; unknown outside the demo."""

import pytest
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse

from supportportal.demo import mailbox
from supportportal.demo.models import DemoMail
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(settings):
    settings.DEMO = True
    return UserFactory(name="Giulia Ferri", email="giulia@client.example", phone="+393331234567")


@pytest.fixture
def mail(person):
    mail = EmailMultiAlternatives("Perché <no>?", "Testo: https://portal.example/s/1/", "Firm <a@firm.example>")
    mail.to = [person.email.upper()]
    mail.attach_alternative("<html><head></head><body><p>Ciao <script>alert(1)</script></p></body></html>", "text/html")
    mail.attach("session.ics", "BEGIN:VCALENDAR", "text/calendar; method=REQUEST")
    mailbox.EmailBackend().send_messages([mail])
    return DemoMail.objects.get()


def page(client, name, *args, **query):
    return client.get(reverse(f"demo:{name}", args=args), query)


def test_a_persons_mails_and_texts_stand_together(client, person, mail):
    DemoMail.objects.create(channel="sms", address=person.phone, subject="Inizia alle 10", raw=b"Inizia alle 10")
    text = page(client, "mailbox", of=person.email).content.decode()
    assert "Giulia Ferri" in text
    assert "Perché &lt;no&gt;?" in text
    assert "Inizia alle 10" in text


def test_an_address_of_nobody_has_a_box_of_its_own(client, mail):
    DemoMail.objects.create(channel="email", address="stranger@client.example", subject="Access", raw=b"")
    assert "stranger@client.example" in page(client, "mailbox").content.decode()


def test_an_empty_mailbox_says_what_would_be_here(client, person):
    assert page(client, "mailbox").status_code == 200


def test_a_mail_is_shown_in_a_frame_that_can_do_nothing(client, mail):
    text = page(client, "mail", mail.pk).content.decode()
    assert f'src="{reverse("demo:mail_html", args=[mail.pk])}"' in text
    html = page(client, "mail_html", mail.pk)
    assert "Ciao <script>" in html.content.decode()  # as it arrives; the policy keeps it from running
    policy = html["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy + text
    assert html.get("X-Frame-Options") is None


def test_its_links_lead_out_of_the_frame(client, mail):
    assert '<base target="_top">' in page(client, "mail_html", mail.pk).content.decode()


def test_its_text_and_its_files_can_be_seen(client, mail):
    text = page(client, "mail", mail.pk).content.decode()
    assert 'href="https://portal.example/s/1/"' in text
    file = page(client, "mail_file", mail.pk, 0)
    assert file["Content-Disposition"] == 'attachment; filename="session.ics"'
    assert (file["Content-Type"], file["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert file.content == b"BEGIN:VCALENDAR"
    assert page(client, "mail_file", mail.pk, 1).status_code == 404


def test_opening_a_mail_reads_it(client, person, mail):
    assert mailbox.unread_count(person.email) == 1
    page(client, "mail", mail.pk)
    assert mailbox.unread_count(person.email) == mailbox.unread_count_of(person) == 0


def test_all_can_be_marked_as_read_at_once(client, mail):
    assert client.get(reverse("demo:mailbox_read")).status_code == 405
    client.post(reverse("demo:mailbox_read"))
    assert mailbox.unread_count() == 0


def test_unread_counts_are_per_person(person, mail):
    other = UserFactory()
    DemoMail.objects.create(channel="sms", address=person.phone, raw=b"x")
    assert (mailbox.unread_count_of(person), mailbox.unread_count_of(other), mailbox.unread_count()) == (2, 0, 2)


@pytest.mark.parametrize("name", ["mailbox", "mail", "mail_html", "mail_file", "mailbox_read"])
def test_outside_the_demo_there_is_no_such_page(client, mail, settings, name):
    settings.DEMO = False
    arguments = {"mail": [mail.pk], "mail_html": [mail.pk], "mail_file": [mail.pk, 0]}.get(name, [])
    address = reverse(f"demo:{name}", args=arguments)
    answer = client.post(address) if name == "mailbox_read" else client.get(address)
    assert answer.status_code == 404


def test_the_list_costs_the_same_queries_for_one_and_for_thirty_mails(client, person, mail):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    page(client, "mailbox", of=person.email)
    with CaptureQueriesContext(connection) as one:
        page(client, "mailbox", of=person.email)
    for _ in range(29):
        DemoMail.objects.create(channel="email", address=person.email, subject="More", raw=b"")
    with CaptureQueriesContext(connection) as thirty:
        page(client, "mailbox", of=person.email)
    assert len(one) == len(thirty)
