"""Mail that comes in is never lost, never taken for somebody else's, and never answered into a loop (B-11)."""

import io
import json
import sys
from base64 import b64encode
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import OperationalError

from supportportal.outbox import inbound, mails, rendering
from supportportal.outbox.gateways import email as gateway
from supportportal.outbox.inbound import Handler, Outcome
from supportportal.outbox.models import Inbound, Message
from supportportal.people.models import Firm, Gate
from supportportal.trail.models import Entry
from tests.factories import RestrictionFactory, StaffFactory, UserFactory

from .helpers import NOON, owe
from .test_mails import RECEIVED, eml, results

pytestmark = pytest.mark.django_db
State = Inbound.State
DOMAIN = "in.meridian.example"
KNOWN = "zoe@client.example"


@pytest.fixture(autouse=True)
def _domain(settings, firm):
    settings.INBOUND_DOMAIN = DOMAIN


def take(raw: bytes, verdict="pass", at=NOON, handle=True, **told) -> Inbound:
    kept = inbound.receive(raw, mails.read(raw, **told), gateway="test", verdict=verdict, at=at)
    return inbound.handle(kept.pk, at=at) if handle else kept


def sent(person, **changes) -> Message:
    message = owe(person)
    message.message_id = rendering.message_id(message)
    message.state, message.sent_at = Message.State.SENT, NOON
    message.save(update_fields=["message_id", "state", "sent_at"])
    return message


def kept_bytes(kept: Inbound) -> bytes:
    with Inbound.objects.get(pk=kept.pk).raw.open() as file:
        return file.read()


def answers(address=KNOWN):
    found = Message.objects.filter(kind__startswith="mail_").order_by("pk")
    return [one for one in found if rendering.address_of(one) == address]


# -- kept --------------------------------------------------------------------------------------------------------------


def test_a_mail_is_kept_as_it_came_with_its_arrival(person):
    raw = eml("Hello", From=KNOWN, Message_ID="<1@client.example>")
    kept = take(raw)
    assert kept_bytes(kept) == raw
    assert (kept.sender, kept.person, kept.arrived_at, kept.text) == (KNOWN, person, NOON, "Hello")
    assert Path(kept.raw.path).is_relative_to(Path(storages["private"].location))


def test_the_same_mail_twice_is_one_row(person):
    raw = eml("Hello", From=KNOWN, Message_ID="<1@client.example>")
    assert take(raw).pk == take(b"Received: again\n" + raw).pk
    assert len(answers()) == 1


def test_a_mail_without_a_message_id_is_known_by_its_content(person):
    assert take(eml("Hello", From=KNOWN)).pk == take(eml("Hello", From=KNOWN)).pk
    assert take(eml("Hello!", From=KNOWN)).pk != take(eml("Hello", From=KNOWN)).pk


def test_of_a_mail_that_is_too_large_the_beginning_is_kept(person, settings):
    settings.INBOUND_MAX_BYTES = 2_000
    kept = take(eml("x" * 50 + "\n" + "y" * 5_000, From=KNOWN))
    assert len(kept_bytes(kept)) == 2_000
    assert kept.size > 2_000
    assert kept.note


# -- who wrote, and about what -----------------------------------------------------------------------------------------


def reply_to(message, text="Thursday, please", sender=KNOWN, **headers):
    address = inbound.reply_address(message, Firm.current())
    return eml(text, From=sender, To=headers.pop("To", address), **headers)


def test_a_reply_lands_on_what_our_message_was_about(person):
    message = sent(person)
    kept = take(reply_to(message))
    assert (kept.answers, kept.subject_type, kept.subject_id) == (message, message.subject_type, message.subject_id)
    assert (kept.state, kept.person) == (State.WAITING, person)
    assert answers() == []


def test_the_signed_address_survives_capitals(person):
    message = sent(person)
    address = inbound.reply_address(message, Firm.current())
    assert take(reply_to(message, To=address.upper())).answers == message


def test_from_somebody_else_the_address_still_names_the_message_but_nobody_is_known(person):
    message = sent(person)
    kept = take(reply_to(message, sender="colleague@client.example"), verdict="none")
    assert (kept.answers, kept.person, kept.state) == (message, None, State.WAITING)


@pytest.mark.parametrize("damage", ["x", "0", ""])
def test_a_forged_address_names_nothing(person, damage):
    local, domain = inbound.reply_address(sent(person), Firm.current()).split("@")
    forged = f"{local[:-1]}{damage}@{domain}" if damage != local[-1] else f"{local[:-2]}{damage}@{domain}"
    assert take(eml(From=KNOWN, To=forged)).answers is None


def test_headers_of_a_reply_count_from_the_recipient_alone(person):
    message = sent(person)
    UserFactory(email="other@client.example")
    copied = {"In_Reply_To": message.message_id, "References": message.message_id}
    assert take(eml("1", From=KNOWN, **copied)).answers == message
    assert take(eml("2", From="other@client.example", **copied)).answers is None
    assert take(eml("3", From=KNOWN, **copied), verdict="none").answers is None


@pytest.mark.parametrize("verdict", ["none", "fail"])
def test_a_sender_is_known_only_with_the_providers_verdict(person, verdict):
    kept = take(eml(From=KNOWN), verdict=verdict)
    assert (kept.person, kept.state) == (None, State.UNMATCHED)


def test_without_an_inbound_domain_replies_go_to_the_contact_address(person, settings):
    settings.INBOUND_DOMAIN = ""
    assert inbound.reply_address(sent(person), Firm.current()) == "help@meridian.example"


def test_our_mails_carry_the_reply_address_and_the_mark_against_loops(person):
    message = sent(person)
    parcel = rendering.write(message, person, firm=Firm.current())
    mail = gateway.build(parcel)
    assert mail.reply_to == [inbound.reply_address(message, Firm.current())]
    assert mail.message()["X-Loop"] == "portal.example"


# -- answers -----------------------------------------------------------------------------------------------------------


def test_an_unknown_sender_gets_one_answer_a_day_that_helps():
    first = take(eml("1", From="who@else.example", Message_ID="<m@else.example>"), verdict="none")
    take(eml("2", From="who@else.example"), verdict="none")
    (answer,) = answers("who@else.example")
    assert first.state == State.UNMATCHED
    assert answer.data["in_reply_to"] == "<m@else.example>"
    take(eml("3", From="who@else.example"), verdict="none", at=NOON + timedelta(days=1))
    assert len(answers("who@else.example")) == 2


def test_an_answer_is_written_and_says_what_it_answers(person):
    take(eml(From=KNOWN, Message_ID="<m@client.example>"))
    (answer,) = answers()
    parcel = rendering.write(answer, Inbound.objects.get(), firm=Firm.current())
    mail = gateway.build(parcel).message()
    assert (mail["In-Reply-To"], mail["Auto-Submitted"]) == ("<m@client.example>", "auto-replied")
    assert "https://portal.example/" in parcel.text


def test_a_known_sender_without_a_match_is_answered_and_put_before_staff(person):
    assert take(eml(From=KNOWN)).state == State.WAITING
    assert len(answers()) == 1


def test_a_forged_sender_is_not_answered(person):
    assert take(eml(From=KNOWN), verdict="fail").state == State.UNMATCHED
    assert answers() == []


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Auto_Submitted": "auto-replied"}, id="absence note"),
        pytest.param({"X_Loop": "portal.example"}, id="our mark"),
        pytest.param({"From": "help@meridian.example"}, id="from our own address"),
        pytest.param({"From": f"reply+x@{DOMAIN}"}, id="from our inbound domain"),
    ],
)
def test_machines_and_our_own_mails_are_kept_and_not_answered(person, headers):
    kept = take(eml(**{"From": KNOWN, **headers}))
    assert kept.state == State.AUTOMATIC
    assert not Message.objects.filter(kind__startswith="mail_").exists()


def test_a_mail_of_ours_that_comes_back_is_known_by_its_id(person):
    assert take(eml(From="who@else.example", Message_ID=sent(person).message_id)).state == State.AUTOMATIC


def test_an_absence_note_on_a_reply_address_does_not_ask_for_anybody(person):
    message = sent(person)
    kept = take(reply_to(message, Auto_Submitted="auto-replied"))
    assert (kept.state, kept.answers) == (State.AUTOMATIC, message)


def test_mail_of_a_restricted_sender_is_kept_aside_and_answered_with_the_notice(person):
    RestrictionFactory(user=person, gates=[Gate.MAIL.value], starts_at=NOON, notice="Mail is closed until Monday.")
    kept = take(reply_to(sent(person)))
    assert kept.state == State.REFUSED
    (answer,) = answers()
    parcel = rendering.write(answer, kept, firm=Firm.current())
    assert "Mail is closed until Monday." in parcel.text


# -- handlers ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def handled(monkeypatch):
    """A handler of everything; what it does can be changed."""
    seen = []

    def handle(mail, at):
        seen.append(mail.inbound.pk)
        return Outcome(State.HANDLED)

    monkeypatch.setattr(inbound, "_handlers", {"all": Handler("all", lambda mail: True, lambda *facts: handle(*facts))})
    return seen


def test_a_mail_is_handled_once(person, handled):
    kept = take(eml(From=KNOWN))
    inbound.handle(kept.pk, at=NOON)
    inbound.handle_pending(at=NOON)
    assert handled == [kept.pk]


def test_trouble_with_one_mail_holds_up_no_other_and_ends_before_staff(person, monkeypatch):
    def explode(mail, at):
        raise ValueError("no")

    explosive = Handler("all", lambda mail: mail.inbound.subject == "Boom", explode)
    monkeypatch.setattr(inbound, "_handlers", {"all": explosive})
    broken = take(eml(From=KNOWN, Subject="Boom"), handle=False)
    other = take(eml("2", From=KNOWN), handle=False)
    for _tick in range(inbound.MOST_ATTEMPTS):
        inbound.handle_pending(at=NOON)
    broken.refresh_from_db()
    other.refresh_from_db()
    assert (broken.state, broken.attempts) == (State.WAITING, inbound.MOST_ATTEMPTS)
    assert other.state == State.WAITING


def test_what_another_worker_handled_meanwhile_is_undone_here(person, monkeypatch):
    kept = take(eml(From=KNOWN), handle=False)

    def overtaken(mail, at):
        UserFactory(email="made@meanwhile.example")
        Inbound.objects.filter(pk=kept.pk).update(state=State.HANDLED)
        return Outcome(State.WAITING)

    monkeypatch.setattr(inbound, "_handlers", {"all": Handler("all", lambda mail: True, overtaken)})
    inbound.handle(kept.pk, at=NOON)
    assert not type(person).objects.filter(email="made@meanwhile.example").exists()


def test_staff_take_a_mail_off_the_list_and_put_it_back(person):
    kept, agent = take(eml(From=KNOWN)), StaffFactory(roles=["agent"])
    inbound.mark_done(kept, by=agent, at=NOON)
    inbound.mark_done(kept, by=agent, at=NOON)
    kept.refresh_from_db()
    assert (kept.state, kept.handled_by) == (State.HANDLED, agent)
    inbound.put_back(kept, by=agent, at=NOON)
    kept.refresh_from_db()
    assert (kept.state, kept.handled_by) == (State.WAITING, None)
    assert list(Entry.objects.order_by("pk").values_list("verb", flat=True)) == ["mail.done", "mail.put_back"]


# -- the two ways in ---------------------------------------------------------------------------------------------------


def pipe(monkeypatch, raw: bytes, *options: str) -> str:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    out = io.StringIO()
    call_command("receive_mail", *options, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_a_pipe_from_the_mail_server(person, monkeypatch):
    raw = f"{results('dmarc=pass')}\n{RECEIVED}".encode() + eml("Hello", From=KNOWN)
    pipe(monkeypatch, raw)
    kept = Inbound.objects.get()
    assert (kept.person, kept.gateway, kept.verdict) == (person, "pipe", "pass")


def test_what_the_sender_claims_in_the_pipe_counts_nothing(person, monkeypatch):
    pipe(monkeypatch, RECEIVED.encode() + f"{results('dmarc=pass')}\n".encode() + eml("Hello", From=KNOWN))
    assert Inbound.objects.get().verdict == "none"


def test_the_server_may_tell_its_verdict_itself(person, monkeypatch):
    pipe(monkeypatch, eml("Hello", From=KNOWN), "--verdict", "pass", "--sender", KNOWN)
    assert Inbound.objects.get().person == person
    pipe(monkeypatch, eml("Hi", From=f"{KNOWN}, other@else.example"), "--verdict", "pass")
    assert Inbound.objects.order_by("-pk")[0].verdict == "none"


def test_a_bounce_in_the_pipe(person, monkeypatch):
    pipe(monkeypatch, eml("Hello", From=KNOWN), "--verdict", "pass", "--sender", "")
    assert Inbound.objects.get().state == State.AUTOMATIC


@pytest.mark.parametrize(
    "error",
    [pytest.param(OperationalError("locked"), id="database"), pytest.param(OSError("disk full"), id="disk")],
)
def test_what_cannot_be_kept_stays_with_the_server(person, monkeypatch, error):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(inbound, "receive", fail)
    with pytest.raises(SystemExit) as exit:
        pipe(monkeypatch, eml(From=KNOWN))
    assert exit.value.code == 75


def test_no_mail_is_said(monkeypatch):
    with pytest.raises(SystemExit) as exit:
        pipe(monkeypatch, b"\n")
    assert exit.value.code == 65


def test_trouble_after_keeping_is_not_the_servers_business(person, monkeypatch):
    def fail(pk, at):
        raise OperationalError("locked")

    monkeypatch.setattr(inbound, "handle", fail)
    pipe(monkeypatch, eml(From=KNOWN))
    assert Inbound.objects.get().state == State.NEW


def postmark(client, secret="user:password-of-the-test", **changes):
    named = {"From": f"Zoe <{KNOWN}>", "To": "help@meridian.example", "Subject": "Hi", "TextBody": "Hello"}
    headers = [
        {"Name": "Return-Path", "Value": f"<{KNOWN}>"},
        {"Name": "Message-ID", "Value": "<p1@client.example>"},
        {"Name": "Received-SPF", "Value": "Pass (sender SPF authorized) identity=mailfrom"},
    ]
    body = {
        **named,
        "FromFull": {"Email": KNOWN, "Name": "Zoe"},
        "ToFull": [{"Email": "help@meridian.example", "Name": ""}],
        "MessageID": "x",
        "Headers": headers,
        "Attachments": [],
        **changes,
    }
    return client.post(
        "/webhooks/mail/postmark/inbound/",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Basic {b64encode(secret.encode()).decode()}"},
        secure=True,
    )


@pytest.fixture
def _secret(settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": "user:password-of-the-test"}
    settings.INBOUND_PROVIDER = "postmark"


@pytest.mark.usefixtures("_secret")
def test_a_providers_webhook(client, person):
    assert postmark(client).status_code == 200
    assert postmark(client).status_code == 200
    kept = Inbound.objects.get()
    assert (kept.sender, kept.text, kept.gateway, kept.state) == (KNOWN, "Hello", "postmark", State.NEW)
    assert inbound.handle(kept.pk, at=NOON).person == person


@pytest.mark.usefixtures("_secret")
def test_a_webhook_without_the_secret_is_refused(client, person):
    assert postmark(client, secret="user:wrong").status_code == 400
    assert not Inbound.objects.exists()


@pytest.mark.usefixtures("_secret")
def test_an_address_of_a_provider_that_brings_us_no_mail_does_not_exist(client, person, settings):
    settings.INBOUND_PROVIDER = "sendgrid"
    assert postmark(client).status_code == 404
    assert not Inbound.objects.exists()


def test_a_mail_with_files_keeps_them_in_the_raw_mail_alone(person):
    mail = EmailMessage()
    mail["From"], mail["Subject"] = KNOWN, "With a file"
    mail.set_content("Words")
    mail.add_attachment(b"PK\x03\x04" + bytes(1000), maintype="application", subtype="zip", filename="bomb.zip")
    assert take(mail.as_bytes()).text == "Words"
