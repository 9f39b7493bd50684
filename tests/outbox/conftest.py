"""Models are imported inside the fixtures: pytest reads this file before Django is set up."""

from pathlib import Path

import pytest

from tests.fakes.serving import Mode
from tests.fakes.smtp import fake_smtp
from tests.fakes.web import FakeMailgun, FakeTwilio, fake_web

TEMPLATES = Path(__file__).parent / "templates"
PATIENT, SHORT = 10, 0.5  # seconds: the time-out, and that for a fake that hangs


@pytest.fixture(autouse=True)
def answers(monkeypatch, settings):
    """Kinds of messages that exist only here; what they say can be changed."""
    from supportportal.outbox import kinds

    from .helpers import Answers, test_kinds

    answers = Answers()
    monkeypatch.setattr(kinds, "_kinds", {**kinds._kinds, **{kind.code: kind for kind in test_kinds(answers)}})
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [*engine["DIRS"], TEMPLATES]}]
    settings.SITE_URL = "https://portal.example"
    return answers


@pytest.fixture
def clock():
    from .helpers import Clock

    return Clock()


@pytest.fixture
def firm(db):
    from tests.factories import FirmFactory

    return FirmFactory(contact_phone="+39 02 5550 1234")


@pytest.fixture
def person(db, firm):
    from tests.factories import UserFactory

    from .helpers import NOON

    return UserFactory(
        name="Zoë D'Angelo", email="zoe@client.example", phone="+393331234567", sms_consent_at=NOON, language="en"
    )


@pytest.fixture
def smtp(settings):
    with fake_smtp() as fake:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", fake.port, PATIENT
        yield fake


@pytest.fixture
def twilio(settings):
    with fake_web(FakeTwilio()) as fake:
        settings.OUTBOX_GATEWAYS = {
            **settings.OUTBOX_GATEWAYS,
            "sms": "supportportal.outbox.gateways.twilio.TwilioGateway",
        }
        settings.TWILIO = {
            "ACCOUNT_SID": "AC" + "0" * 32,
            "AUTH_TOKEN": "token-of-the-test",
            "FROM": "+15005550006",
            "MESSAGING_SERVICE_SID": "",
            "API_URL": fake.url,
        }
        settings.SMS_TIMEOUT = PATIENT
        yield fake


@pytest.fixture
def mailgun(settings):
    with fake_web(FakeMailgun()) as fake:
        settings.EMAIL_BACKEND = "anymail.backends.mailgun.EmailBackend"
        settings.ANYMAIL = {
            "MAILGUN_API_KEY": "key",
            "MAILGUN_API_URL": fake.url,
            "MAILGUN_SENDER_DOMAIN": "client.example",
            "WEBHOOK_SECRET": "user:password-of-the-test",
            "REQUESTS_TIMEOUT": PATIENT,
        }
        yield fake


@pytest.fixture
def wait_less(settings):
    """``wait_less(mode)``: whoever will not answer is soon left; others may take their time on a busy machine."""

    def wait_less(mode: Mode = Mode.HANG) -> None:
        if mode == Mode.HANG:
            settings.EMAIL_TIMEOUT = settings.SMS_TIMEOUT = SHORT
            settings.ANYMAIL = {**settings.ANYMAIL, "REQUESTS_TIMEOUT": SHORT}

    return wait_less
