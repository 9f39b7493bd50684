"""Requests for a call that come by mail (B-16), and replies about sessions (B-11)."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import translation

from bookings import intake, messages, messages_calls, operations, reading_mail
from bookings.models import Callback
from bookings.operations import calls
from supportportal.lattice import cell_at
from supportportal.outbox import inbound, mails, rendering
from supportportal.outbox.models import Inbound, Message
from supportportal.people.models import Firm
from tests.factories import MONDAY_TEN, ChannelFactory, ClientFactory, FirmFactory, StaffFactory, TermsVersionFactory
from tests.outbox.test_mails import eml

AT = MONDAY_TEN
FULL = "Numero: +39 06 1234 5678\nReferente: Anna Neri\nDescrizione: La stampa si ferma\na pagina due.\n"


# -- reading -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "language"),
    [
        pytest.param("Assistenza telefonica", "it", id="Italian"),
        pytest.param("phone assistance", "en", id="English, small"),
        pytest.param("TELEFONISCHE ONDERSTEUNING", "nl", id="Dutch, capitals"),
        pytest.param("Re: R: Fwd: Assistenza  telefonica", "it", id="prefixes"),
        pytest.param("I: [EXTERNAL] AW: Antw: Phone Assistance – urgent", "en", id="more prefixes, and words after it"),
        pytest.param("RE[2]: Assistenza telefonica: stampa", "it", id="a numbered prefix"),
        pytest.param("Assistenza telefonicamente", "", id="a longer word"),
        pytest.param("La vostra assistenza telefonica", "", id="in the middle"),
        pytest.param("", "", id="empty"),
        pytest.param("Re:" * 60, "", id="prefixes alone"),
    ],
)
def test_the_subject_that_asks_for_a_call(subject, language):
    assert reading_mail.language_of(subject) == language


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(FULL, ("+390612345678", "Anna Neri", "La stampa si ferma\na pagina due."), id="Italian labels"),
        pytest.param(
            "Phone number: +44 20 7946 0018\nContact person: Tom Reid\nShort description: It stops.",
            ("+442079460018", "Tom Reid", "It stops."),
            id="English labels",
        ),
        pytest.param(
            "Telefoonnummer: 06 12345678\nContactpersoon: Piet\nOmschrijving: Het stopt.\nDagdeel: ochtend",
            ("+31612345678", "Piet", "Het stopt."),
            id="Dutch labels, a number without a country",
        ),
        pytest.param(
            "- *Tel.*: +39 06 1234 5678\n- *Nome*: Anna\n- *Problema*: Stampa",
            ("+390612345678", "Anna", "Stampa"),
            id="a list in bold",
        ),
        pytest.param(
            "Telefono:\n+39 06 1234 5678\nContatto:\nAnna Neri\nDescrizione:\nNon stampa.",
            ("+390612345678", "Anna Neri", "Non stampa."),
            id="values below their labels",
        ),
        pytest.param(
            "+39 333 123 4567\nAnna Neri\nNon riesco a stampare le fatture.",
            ("+393331234567", "Anna Neri", "Non riesco a stampare le fatture."),
            id="three lines without labels",
        ),
        pytest.param(
            f"{FULL}\n-- \nAnna Neri\nTel: +39 02 999",
            ("+390612345678", "Anna Neri", "La stampa si ferma\na pagina due."),
            id="a signature",
        ),
        pytest.param(
            f"{FULL}\nIl giorno 3 nov 2026 Support ha scritto:\n> Descrizione: altro",
            ("+390612345678", "Anna Neri", "La stampa si ferma\na pagina due."),
            id="a quoted mail",
        ),
        pytest.param("Potete chiamarmi?", ("", "", "Potete chiamarmi?"), id="only words"),
        pytest.param("Numero: 12\nReferente: Anna", ("", "Anna", ""), id="a number that is none"),
        pytest.param("", ("", "", ""), id="nothing"),
    ],
)
def test_what_the_mail_says(text, said):
    country = "NL" if "Dagdeel" in text else "IT"
    found = reading_mail.read(text, country)
    assert (found.number, found.contact, found.description) == said


def test_the_part_of_the_day_is_read_too():
    assert reading_mail.read("Fascia oraria: la mattina presto").day_part == "morning"
    assert reading_mail.read("Voorkeur: 's middags").day_part == "afternoon"
    assert reading_mail.read("Preferred time: whenever").day_part == "any"


# -- taken in ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def caller(db):
    FirmFactory()
    client = ClientFactory(email="anna@client.example", name="Anna Neri")
    ChannelFactory(code="callback", plans=[client.account.plan])
    return client


def take(text=FULL, subject="Assistenza telefonica", verdict="pass", at=AT, **headers):
    raw = eml(text, Subject=subject, **headers)
    kept = inbound.receive(raw, mails.read(raw), gateway="test", verdict=verdict, at=at)
    return inbound.handle(kept.pk, at=at + timedelta(seconds=5))


def answered():
    found = Message.objects.filter(kind="callback_not_made").order_by("-pk").first()
    return found and rendering.write(
        found, messages_calls._load_mails([found.subject_id])[found.subject_id], firm=Firm.current()
    )


def test_a_complete_mail_becomes_a_request_from_its_arrival(caller):
    kept = take()
    callback = Callback.objects.get()
    assert (callback.client, callback.number, callback.contact) == (caller, "+390612345678", "Anna Neri")
    assert (callback.source, callback.requested_at) == ("mail", AT)
    assert (kept.state, kept.subject_id) == (Inbound.State.HANDLED, callback.pk)
    assert Message.objects.get().kind == "callback_received"


def test_the_same_mail_twice_is_one_request(caller):
    take(Message_ID="<1@client.example>")
    take(Message_ID="<1@client.example>")
    assert not Callback.objects.get().additions.exists()


def test_a_second_mail_is_added(caller):
    take()
    take(FULL.replace("La stampa", "Anche la posta"))
    assert Callback.objects.get().additions.get().text.startswith("Anche la posta")


def test_what_lacks_in_a_second_mail_is_known_from_the_first(caller):
    take()
    take("Ora succede anche con le etichette.")
    callback = Callback.objects.get()
    assert (callback.number, callback.additions.get().text) == ("+390612345678", "Ora succede anche con le etichette.")


def test_an_incomplete_mail_gets_the_form_with_what_it_said(caller, client, settings):
    kept = take("Referente: Anna Neri\nDescrizione: Non stampa.")
    assert not Callback.objects.exists()
    answer = answered()
    assert "the phone number" in answer.text
    assert f"/callback/details/?mail={kept.pk}" in answer.text
    client.force_login(caller)
    page = client.get(f"/callback/details/?mail={kept.pk}").content.decode()
    assert "Non stampa." in page


def test_a_second_incomplete_mail_of_the_day_is_put_before_staff(caller):
    assert take("Descrizione: Non stampa.").state == Inbound.State.UNMATCHED
    assert take("Descrizione: Non stampa ancora.").state == Inbound.State.WAITING
    assert Message.objects.filter(kind="callback_not_made").count() == 1


def test_nobody_else_reads_what_a_mail_said(caller, client):
    kept = take("Referente: Anna Neri\nDescrizione: Non stampa.")
    other = ClientFactory(account=caller.account)
    client.force_login(other)
    for pk in (kept.pk, "0", "x", "9" * 30):
        assert "Non stampa." not in client.get(f"/callback/details/?mail={pk}").content.decode()


@pytest.mark.parametrize("verdict", ["none", "fail"])
def test_a_sender_who_is_not_confirmed_asks_for_nothing(caller, verdict):
    assert take(verdict=verdict).state == Inbound.State.UNMATCHED
    assert not Callback.objects.exists()
    answer = answered()
    if verdict == "none":
        assert answer.message.language == "it"
        assert answer.address == "anna@client.example"
        assert "/callback/" in answer.text
    else:
        assert answer is None


def test_a_plan_without_calls_is_told_so_in_words(caller):
    other = ClientFactory(email="tom@client.example", language="en")
    take(From="tom@client.example")
    assert not Callback.objects.filter(client=other).exists()
    assert "does not include this" in answered().text


def test_terms_that_were_never_accepted_lead_to_the_form(caller):
    TermsVersionFactory()
    take()
    assert not Callback.objects.exists()
    assert "accept the current support terms" in answered().text


def test_an_absence_note_with_that_subject_asks_for_nothing(caller):
    assert take(Auto_Submitted="auto-replied").state == Inbound.State.AUTOMATIC
    assert not Callback.objects.exists()


def test_a_reply_to_our_confirmation_is_added_to_the_open_request(caller, settings):
    settings.INBOUND_DOMAIN = "in.meridian.example"
    take()
    message = Message.objects.get(kind="callback_received")
    address = inbound.reply_address(message, Firm.current())
    take("Meglio dopo le tre.\n\n> We will call you", subject="Re: We will call you", To=address)
    assert Callback.objects.get().additions.get().text == "Meglio dopo le tre."


def test_a_reply_to_a_closed_request_is_for_a_person(caller, settings):
    settings.INBOUND_DOMAIN = "in.meridian.example"
    take()
    callback = Callback.objects.get()
    address = inbound.reply_address(Message.objects.get(kind="callback_received"), Firm.current())
    calls.cancel(callback, by=caller, at=AT)
    kept = take("Ancora una cosa", subject="Re: cancelled", To=address)
    assert (kept.state, kept.subject_id) == (Inbound.State.WAITING, callback.pk)


def test_a_reply_about_a_session_lands_on_it_and_its_arrival_leads_to_acting(cast, client, settings):
    settings.INBOUND_DOMAIN = "in.meridian.example"
    FirmFactory()
    start = cell_at(AT + timedelta(days=3))
    booking = operations.book(
        session_type=cast.session_type, client=cast.client, first_cell=start, topic="VAT", by=cast.client, at=AT
    )
    message = Message.objects.get(kind="booking_confirmed")
    address = inbound.reply_address(message, Firm.current())
    kept = take("A day later, please", subject="Re: Confirmed", From=cast.client.email, To=address)
    assert (kept.state, kept.arrived_at) == (Inbound.State.WAITING, AT)
    assert (kept.subject_type, kept.subject_id) == (messages.SUBJECT_TYPE, booking.pk)
    handler = inbound.handler_of(kept.subject_type)
    assert booking.reference in handler.about(kept)
    move = handler.actions(kept)[0].url
    assert f"/{booking.pk}/move/?asked_at=2026-11-23T10%3A00%3A00%2B00%3A00" in move
    client.force_login(StaffFactory(roles=["agent"]))
    with time_machine.travel(AT + timedelta(hours=5), tick=False):
        page = client.get(move)
    assert page.context["form"].initial["asked_at"] == AT
    address = reverse("admin:bookings_booking_change", args=[booking.pk])
    assert "A day later, please" in client.get(address).content.decode()
    assert Message.objects.filter(kind__startswith="mail_").count() == 0


@pytest.mark.parametrize("language", ["en", "it", "nl"])
def test_every_message_about_calls_can_be_written(caller, language):
    caller.language = language
    caller.save()
    take()
    callback = Callback.objects.get()
    firm = Firm.current()
    for kind in ("callback_received", "callback_unreached", "callback_out_of_scope", "callback_cancelled"):
        callback.topic = "migration" if kind == "callback_out_of_scope" else ""
        callback.save()
        owed = messages_calls.owed(kind, callback, at=AT)
        message = Message(kind=kind, channel="email", recipient=caller, due_at=owed.due_at, version=1, data={})
        with translation.override(language):
            parcel = rendering.write(message, messages_calls._load([callback.pk])[callback.pk], firm=firm)
        assert parcel.subject and "La stampa si ferma" in parcel.text and "La stampa si ferma" in parcel.html


def test_words_of_a_mail_are_escaped_in_html(caller):
    take(FULL.replace("La stampa", "<script>alert(1)</script>"))
    message = Message.objects.get(kind="callback_received")
    callback = Callback.objects.get()
    parcel = rendering.write(message, messages_calls._load([callback.pk])[callback.pk], firm=Firm.current())
    assert "<script>" not in parcel.html


def test_intake_knows_no_country_for_a_person_without_an_account(caller):
    caller.account = None
    assert intake.said_in(Inbound(text="Numero: 06 1234 5678"), caller).number == ""
