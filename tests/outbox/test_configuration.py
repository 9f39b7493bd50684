"""Half a configuration stops the start with one clear sentence; none at all holds the messages back."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from supportportal import providers
from supportportal.environment import Environment
from supportportal.outbox import delivery, gateways
from supportportal.outbox.models import Gateway, Message

from .helpers import fresh, owe, state_of


def environment(**values):
    env = Environment()
    env.ENVIRON = values
    return env


@pytest.mark.parametrize(
    ("values", "demo", "backend"),
    [
        pytest.param({}, True, providers.DEMO_MAILBOX, id="demo"),
        pytest.param({}, False, providers.NONE, id="nothing set"),
        pytest.param({"EMAIL_URL": "smtp+tls://u:p@mail.example:587"}, True, providers.SMTP, id="SMTP, even in a demo"),
        pytest.param(
            {"EMAIL_BACKEND": "anymail.backends.mailgun.EmailBackend", "ANYMAIL_MAILGUN_API_KEY": "k"},
            False,
            "anymail.backends.mailgun.EmailBackend",
            id="anymail",
        ),
    ],
)
def test_the_way_out_for_e_mail(values, demo, backend):
    assert providers.email(environment(**values), demo=demo)["EMAIL_BACKEND"] == backend


def test_smtp_is_read_whole():
    found = providers.email(environment(EMAIL_URL="smtp+tls://user:secret@mail.example:587"), demo=False)
    wanted = {"EMAIL_HOST": "mail.example", "EMAIL_PORT": 587, "EMAIL_HOST_USER": "user", "EMAIL_USE_TLS": True}
    assert {name: found[name] for name in wanted} == wanted


def test_who_brings_incoming_mail_is_a_provider_that_exists():
    assert providers.inbound(environment()) == ""
    assert providers.inbound(environment(INBOUND_PROVIDER="Postmark")) == "postmark"
    for wrong in ("pigeons", "base.x", "../postmark"):
        with pytest.raises(ImproperlyConfigured, match="INBOUND_PROVIDER"):
            providers.inbound(environment(INBOUND_PROVIDER=wrong))


def test_every_way_out_has_a_time_out():
    found = providers.email(environment(ANYMAIL_WEBHOOK_SECRET="u:p"), demo=False)
    assert (found["EMAIL_TIMEOUT"], found["ANYMAIL"]["REQUESTS_TIMEOUT"]) == (10, 10)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        pytest.param({"EMAIL_URL": "smtp://"}, "EMAIL_URL", id="no host"),
        pytest.param({"EMAIL_URL": "carrier-pigeon://roof"}, "EMAIL_URL", id="no such way"),
        pytest.param({"EMAIL_URL": "consolemail://"}, "EMAIL_URL", id="nobody would read that"),
        pytest.param({"EMAIL_URL": "smtp://a", "EMAIL_BACKEND": "anymail.backends.x.Y"}, "both", id="two ways"),
        pytest.param({"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}, "anymail", id="dummy"),
        pytest.param({"ANYMAIL_MAILGUN_API_KEY": "k"}, "which provider", id="a key to nothing"),
        pytest.param({"EMAIL_URL": "smtp+tls://user@mail.example"}, "without a password", id="no password"),
        pytest.param({"EMAIL_URL": "smtp+tls://:secret@mail.example"}, "the other way round", id="no user"),
        pytest.param({"EMAIL_TIMEOUT": "0"}, "EMAIL_TIMEOUT", id="no time-out"),
        pytest.param({"EMAIL_TIMEOUT": "soon"}, "EMAIL_TIMEOUT", id="not a number"),
    ],
)
def test_wrong_e_mail_settings_name_themselves(values, words):
    with pytest.raises(ImproperlyConfigured, match=words):
        providers.email(environment(**values), demo=False)


def test_no_password_is_ever_shown():
    with pytest.raises(ImproperlyConfigured) as error:
        providers.email(environment(EMAIL_URL="smpt://user:hunter2@mail.example"), demo=False)
    assert "hunter2" not in str(error.value)


WHOLE = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_FROM": "+15005550006"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        pytest.param({**WHOLE, "TWILIO_AUTH_TOKEN": ""}, "TWILIO_AUTH_TOKEN is missing", id="no token"),
        pytest.param({**WHOLE, "TWILIO_ACCOUNT_SID": ""}, "TWILIO_ACCOUNT_SID is missing", id="no account"),
        pytest.param({**WHOLE, "TWILIO_FROM": ""}, "one sender", id="no sender"),
        pytest.param({**WHOLE, "TWILIO_MESSAGING_SERVICE_SID": "MG1"}, "one sender", id="two senders"),
        pytest.param({**WHOLE, "TWILIO_API_URL": "here"}, "TWILIO_API_URL", id="an address that is none"),
    ],
)
def test_half_a_twilio_names_what_is_missing(values, words):
    with pytest.raises(ImproperlyConfigured, match=words):
        providers.twilio(environment(**values))


@pytest.mark.parametrize(
    ("values", "demo", "gateway"),
    [
        pytest.param({}, True, "supportportal.demo.mailbox.SmsGateway", id="demo"),
        pytest.param({}, False, "supportportal.outbox.gateways.missing.SmsGateway", id="nothing set"),
        pytest.param(WHOLE, True, "supportportal.outbox.gateways.twilio.TwilioGateway", id="Twilio, even in a demo"),
    ],
)
def test_the_way_out_for_text_messages(values, demo, gateway):
    assert providers.sms_gateway(providers.twilio(environment(**values)), demo=demo) == gateway


def test_a_lease_is_ten_times_a_time_out_at_least():
    assert providers.lease(environment(), 10, 10) == 600
    with pytest.raises(ImproperlyConfigured, match="ten times"):
        providers.lease(environment(OUTBOX_LEASE="99"), 10, 5)


def test_a_provider_without_its_key_stops_the_start(settings):
    settings.EMAIL_BACKEND = "anymail.backends.mailgun.EmailBackend"
    settings.ANYMAIL = {}
    with pytest.raises(ImproperlyConfigured, match="MAILGUN_API_KEY"):
        gateways.check()


@pytest.mark.django_db
def test_without_a_way_out_messages_wait_and_say_why(person, clock, settings):
    settings.EMAIL_BACKEND = providers.NONE
    settings.OUTBOX_GATEWAYS = {
        **settings.OUTBOX_GATEWAYS,
        "sms": "supportportal.outbox.gateways.missing.SmsGateway",
    }
    waiting = [owe(person), owe(person, "test_sms")]
    for channel in ("email", "sms"):
        delivery.deliver_due(channel, clock=clock)
    assert [state_of(message) for message in waiting] == [Message.State.RETRYING] * 2
    assert "EMAIL_URL" in fresh(waiting[0]).note
    assert "TWILIO_ACCOUNT_SID" in fresh(waiting[1]).note
    assert Gateway.objects.count() == 2
