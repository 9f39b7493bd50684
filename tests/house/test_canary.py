"""Canaries: secrets and addresses that are planted, used and mistreated, and then looked for in everything logged."""

import io
import json
import logging
import logging.config
import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.conf import settings as configured
from django.db import IntegrityError, connection
from django.test import Client
from django.utils import timezone

from bookings import messages
from supportportal.logs import BlankTokens
from supportportal.outbox import delivery, operations
from supportportal.outbox.models import Message
from supportportal.outbox.operations import Owed
from supportportal.people import views as people_views
from tests.factories import BookingFactory, ClientFactory, FirmFactory
from tests.fakes.oidc import CLIENT_SECRET, fake_oidc
from tests.fakes.serving import Mode
from tests.fakes.smtp import fake_smtp

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS, NAME, PASSWORD = "canary.address@client.example", "Canaryname Surname", "canary-password-42"


@pytest.fixture(params=["text", "json"])
def written(request):
    """Everything that reaches the log, as the settings write it, from DEBUG up."""
    config = json.loads(json.dumps(configured.LOGGING))
    stream = io.StringIO()
    config["handlers"]["console"] |= {"formatter": request.param, "level": "DEBUG"}
    config["root"]["level"] = "DEBUG"
    before, level = logging.getLogger().handlers[:], logging.getLogger().level
    logging.config.dictConfig(config)
    logging.getLogger().handlers[0].setStream(stream)
    logging.getLogger("django.db.backends").setLevel("INFO")  # which logs statements where DEBUG is on, and only there
    yield stream
    logging.getLogger().handlers[:] = before
    logging.getLogger().setLevel(level)


@pytest.fixture
def anna():
    FirmFactory()
    return ClientFactory(email=ADDRESS, name=NAME, password=PASSWORD)


def secrets(*more):
    return [ADDRESS, NAME, PASSWORD, configured.SECRET_KEY, *more]


def assert_silent(written, *more):
    text = written.getvalue()
    assert text  # something was logged, so that a silence means something
    assert [one for one in secrets(*more) if one in text] == []


def test_signing_in_with_right_and_wrong_secrets(written, anna):
    client = Client()
    client.post("/accounts/login/", {"login": ADDRESS, "password": PASSWORD + "x"})
    client.post("/accounts/login/code/", {"email": ADDRESS})
    code = Message.objects.get(kind="sign_in_code").data["code"]
    client.post("/accounts/login/code/confirm/", {"code": "WRONG1"})
    client.post("/accounts/login/code/confirm/", {"code": code})
    client.get(f"/nowhere/?address={ADDRESS}")
    client.get(f"/nowhere/{ADDRESS}/")
    assert_silent(written, code)


def test_single_sign_on_with_a_provider_that_is_well_and_one_that_is_not(written, anna, settings):
    with fake_oidc() as fake:
        settings.OIDC, settings.SITE_URL = fake.settings, "http://testserver"
        fake.person |= {"sub": "canary-subject", "email": ADDRESS, "name": NAME}
        codes = []
        for break_it in (lambda: None, fake._codes.clear, lambda: fake.answers.update({"/userinfo": {"sub": ADDRESS}})):
            client = Client()
            page = unescape(client.post("/sign-on/").content.decode())
            back = requests.get(re.search(r'content="0; url=([^"]*)"', page)[1], allow_redirects=False, timeout=5)
            codes += parse_qs(urlsplit(back.headers["Location"]).query)["code"]
            break_it()
            client.get(back.headers["Location"].removeprefix("http://testserver"))
    assert "Single sign-on failed" in written.getvalue()
    assert_silent(written, CLIENT_SECRET, "canary-subject", *codes)


def test_links_good_and_bad(written, anna):
    booking = BookingFactory(client=anna)
    path = messages.manage_path(booking, "cancel")
    for one in (path, path.replace("/s/", "/s/x"), f"{path}more/", path.replace("cancel", "nothing")):
        Client().get(one)
        Client().post(one, {"reason": ADDRESS})
    token = path.split("/")[2]
    assert_silent(written, token, token.rpartition(".")[2])


def test_an_error_of_ours_that_tells_a_row(written, anna, monkeypatch):
    """PostgreSQL's own words hold the values that it refused."""

    def fail(*args, **kwargs):
        raise IntegrityError(f"duplicate key value\nDETAIL:  Key (name)=({NAME}) already exists for {ADDRESS}.")

    monkeypatch.setattr(people_views, "restrictions_on", fail)
    client = Client(raise_request_exception=False)
    client.force_login(anna)
    assert client.get("/plan/").status_code == 500
    assert "IntegrityError" in written.getvalue()
    assert_silent(written)


def test_the_databases_own_words(written, anna):
    client = Client(raise_request_exception=False)
    try:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO people_user SELECT * FROM people_user WHERE email = %s", [ADDRESS])
    except IntegrityError:
        logging.getLogger("portal").exception("A write was refused")
    client.get("/nowhere/")
    assert "A write was refused" in written.getvalue()
    assert_silent(written)


@pytest.mark.parametrize("mode", [Mode.REFUSE, Mode.BAD_LOGIN, Mode.DOWN, Mode.LOSE_ANSWER])
def test_a_provider_that_repeats_the_address(written, anna, settings, mode):
    with fake_smtp() as fake:
        fake.mode = mode
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", fake.port
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "portal", "canary-smtp-password"
        at = timezone.now()
        operations.plan([Owed("password_changed", anna.pk, at, recipient=anna)], at=at)
        delivery.deliver_due("email", clock=timezone.now)
    Client().get("/nowhere/")
    assert_silent(written, "canary-smtp-password")


@pytest.mark.parametrize(
    "address", ["/webhooks/twilio/inbound/", "/webhooks/twilio/status/", "/webhooks/mail/mailgun/tracking/"]
)
def test_webhooks_that_are_not_signed(written, anna, address):
    Client().post(address, {"From": "+393331112223", "Body": NAME}, headers={"Authorization": "Basic canary-token"})
    assert_silent(written, "+393331112223", "canary-token")


def test_the_canary_dies_where_nothing_is_blanked(written, anna):
    """The control: without the filter and the formatter, the address stands there."""
    handler = logging.getLogger().handlers[0]
    handler.filters[:] = [one for one in handler.filters if not isinstance(one, BlankTokens)]
    logging.getLogger("portal").warning("Not Found: /nowhere/%s/", ADDRESS)
    assert ADDRESS in written.getvalue()
