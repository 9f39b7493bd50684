"""Only what is signed is believed; nothing that comes in makes an error page."""

import base64
import json

import pytest
from django.test import Client
from django.urls import reverse
from twilio.request_validator import RequestValidator

from supportportal.outbox import events
from supportportal.outbox.models import DeliveryEvent, Message

from .helpers import NOON, fresh, owe, state_of

pytestmark = pytest.mark.django_db
State = Message.State


@pytest.fixture
def client():
    return Client(enforce_csrf_checks=True, headers={"host": "localhost"})


@pytest.fixture
def sent(person, twilio):
    message = owe(person, "test_sms")
    Message.objects.filter(pk=message.pk).update(state=State.SENT, sent_at=NOON)
    return fresh(message)


def sign(path, form, token="token-of-the-test"):
    return RequestValidator(token).compute_signature(f"https://portal.example{path}", form)


def post(client, path, form, signature):
    headers = {} if signature is None else {"X-Twilio-Signature": signature}
    return client.post(path, form, headers=headers)


def status_form(status="delivered", sid="SM1"):
    return {"MessageSid": sid, "MessageStatus": status, "To": "+393331234567"}


def handle():
    events.handle_pending(at=NOON)


def test_a_signed_status_is_believed(client, sent):
    path = reverse("twilio_status", args=[sent.pk])
    assert post(client, path, status_form(), sign(path, status_form())).status_code == 204
    handle()
    assert (state_of(sent), fresh(sent).provider_id) == (State.DELIVERED, "SM1")


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param(lambda path, form: None, id="missing"),
        pytest.param(lambda path, form: "", id="empty"),
        pytest.param(lambda path, form: "ünsinn", id="nonsense"),
        pytest.param(lambda path, form: sign(path, form, "another token"), id="another key"),
        pytest.param(lambda path, form: sign(path, {**form, "MessageStatus": "sent"}), id="of other content"),
        pytest.param(lambda path, form: sign("/webhooks/twilio/status/987654/", form), id="of another address"),
    ],
)
@pytest.mark.parametrize("name", ["twilio_status", "twilio_inbound"])
def test_anything_else_is_refused(client, sent, signature, name):
    path = reverse(name, args=[sent.pk] if name == "twilio_status" else [])
    form = {**status_form(), "From": "+393331234567", "Body": "STOP"}
    answer = post(client, path, form, signature(path, form))
    assert answer.status_code == 403
    assert not DeliveryEvent.objects.exists()


def test_without_twilio_an_empty_key_signs_nothing(client, sent, settings):
    settings.TWILIO = {**settings.TWILIO, "AUTH_TOKEN": ""}
    path = reverse("twilio_status", args=[sent.pk])
    assert post(client, path, status_form(), sign(path, status_form(), "")).status_code == 403


def test_reading_changes_nothing(client, sent):
    assert client.get(reverse("twilio_status", args=[sent.pk])).status_code == 405


def test_a_replay_changes_nothing(client, sent):
    path = reverse("twilio_status", args=[sent.pk])
    for status in ("sent", "delivered", "sent", "delivered"):
        post(client, path, status_form(status), sign(path, status_form(status)))
    handle()
    assert (state_of(sent), DeliveryEvent.objects.count()) == (State.DELIVERED, 2)


@pytest.mark.parametrize(
    ("body", "extra", "withdrawn"),
    [
        pytest.param("STOP", {}, True, id="STOP"),
        pytest.param(" stop ", {}, True, id="any case"),
        pytest.param("Ferma", {"OptOutType": "STOP"}, True, id="a word that Twilio was taught"),
        pytest.param("Please stop the music", {}, False, id="stop within a sentence"),
        pytest.param("Grazie!", {}, False, id="something else"),
        pytest.param("", {}, False, id="nothing"),
    ],
)
def test_a_stop_withdraws_the_consent(client, person, twilio, body, extra, withdrawn):
    form = {"MessageSid": "SM7", "From": person.phone, "Body": body, **extra}
    path = reverse("twilio_inbound")
    answer = post(client, path, form, sign(path, form))
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/xml")
    handle()
    person.refresh_from_db()
    assert (person.sms_consent_at is None) is withdrawn


# -- e-mail providers --------------------------------------------------------------------------------------------------


def tracking(client, message_pk, event="delivered", secret="user:password-of-the-test"):
    import hashlib
    import hmac

    signature = {"timestamp": "1795518000", "token": "a" * 50}
    signed = (signature["timestamp"] + signature["token"]).encode()
    signature["signature"] = hmac.new(b"key", signed, hashlib.sha256).hexdigest()
    data = {
        "event": event,
        "id": f"event-{event}",
        "timestamp": 1795518000.0,
        "recipient": "zoe@client.example",
        "message": {"headers": {"message-id": "mailgun-1@fake"}},
        "user-variables": {"message": message_pk},
    }
    headers = {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()} if secret else {}
    body = json.dumps({"signature": signature, "event-data": data})
    return client.post("/webhooks/mail/mailgun/tracking/", body, content_type="application/json", headers=headers)


def test_an_e_mail_providers_report_is_believed(client, person, mailgun):
    message = owe(person)
    Message.objects.filter(pk=message.pk).update(state=State.UNKNOWN)
    assert tracking(client, str(message.pk)).status_code == 200
    handle()
    assert state_of(message) == State.DELIVERED


@pytest.mark.parametrize("secret", ["", "user:wrong"], ids=["missing", "wrong"])
def test_but_only_with_the_secret(client, person, mailgun, secret):
    message = owe(person)
    assert tracking(client, str(message.pk), secret=secret).status_code == 400
    assert not DeliveryEvent.objects.exists()


@pytest.mark.parametrize(
    ("sends", "brings", "live"),
    [
        pytest.param("mailgun.EmailBackend", "", {"mailgun/tracking", "mailgun/inbound"}, id="one for both"),
        pytest.param("mailgun.EmailBackend", "postmark", {"mailgun/tracking", "postmark/inbound"}, id="two"),
        pytest.param("mandrill.EmailBackend", "", {"mandrill"}, id="one address for both"),
        pytest.param("", "postmark", {"postmark/inbound"}, id="SMTP sends"),
        pytest.param("", "", set(), id="SMTP alone"),
    ],
)
def test_only_our_own_providers_addresses_exist(client, settings, sends, brings, live):
    settings.EMAIL_BACKEND = f"anymail.backends.{sends}" if sends else "django.core.mail.backends.smtp.EmailBackend"
    settings.INBOUND_PROVIDER = brings
    settings.ANYMAIL = {"WEBHOOK_SECRET": "user:password-of-the-test", "MAILGUN_API_KEY": "k", "MANDRILL_API_KEY": "k"}
    settings.ANYMAIL["MANDRILL_WEBHOOK_KEY"] = "k"
    providers = ("mailgun", "postmark", "sendgrid", "mailjet")
    addresses = {f"{one}/{kind}" for one in providers for kind in ("tracking", "inbound")} | {"mandrill"}
    found = {one for one in addresses if client.post(f"/webhooks/mail/{one}/").status_code != 404}
    assert found == live


@pytest.mark.parametrize("ours", ["", "x", "-1", "9" * 40, "１２"], ids=["none", "word", "minus", "huge", "wide"])
def test_strange_ids_are_no_error(client, person, mailgun, ours):
    assert tracking(client, ours).status_code == 200
    handle()
    assert DeliveryEvent.objects.get().message is None
