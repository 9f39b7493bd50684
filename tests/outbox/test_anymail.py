"""A provider with a web API and reports, through anymail."""

import pytest

from supportportal.outbox import delivery, reconciling
from supportportal.outbox.models import Gateway, Message
from tests.factories import UserFactory
from tests.fakes.serving import Mode

from .helpers import NOON, fresh, owe, state_of

pytestmark = pytest.mark.django_db
State = Message.State


def deliver(clock):
    delivery.deliver_due("email", clock=clock)


def test_a_mail_carries_our_id_and_keeps_the_providers(person, mailgun, clock):
    message = owe(person)
    deliver(clock)
    (mail,) = mailgun.mails
    assert mail["v:message"] == str(message.pk)
    assert mail["h:Message-Id"] == fresh(message).message_id
    assert fresh(message).provider_id == "<mailgun-1@fake>"
    assert (state_of(message), fresh(message).gateway) == (State.SENT, "mailgun")


@pytest.mark.parametrize(
    ("mode", "state", "rest"),
    [
        pytest.param(Mode.REFUSE, State.FAILED, State.FAILED, id="400: parked"),
        pytest.param(Mode.BUSY, State.RETRYING, State.RETRYING, id="429: all wait"),
        pytest.param(Mode.DOWN, State.UNKNOWN, State.UNKNOWN, id="503: waits for the report"),
        pytest.param(Mode.HANG, State.UNKNOWN, State.RETRYING, id="no answer"),
        pytest.param(Mode.RESET, State.UNKNOWN, State.RETRYING, id="broken connection"),
        pytest.param(Mode.BAD_LOGIN, State.RETRYING, State.RETRYING, id="401: all wait"),
    ],
)
def test_trouble(firm, mailgun, clock, wait_less, mode, state, rest):
    wait_less(mode)
    first, second = owe(UserFactory(), at=NOON.replace(hour=9)), owe(UserFactory())
    mailgun.mode = mode
    deliver(clock)
    assert (state_of(first), state_of(second)) == (state, rest)


def test_nobody_there_costs_no_attempt(person, mailgun, clock, settings):
    settings.ANYMAIL = {**settings.ANYMAIL, "MAILGUN_API_URL": "http://127.0.0.1:1/v3"}
    message = owe(person)
    deliver(clock)
    assert (state_of(message), fresh(message).attempts) == (State.RETRYING, 0)
    assert Gateway.objects.get(name="mailgun").note == "the provider cannot be reached"


def test_a_lost_answer_waits_for_the_report_and_only_then_goes_again(person, mailgun, clock):
    message = owe(person)
    mailgun.mode = Mode.LOSE_ANSWER
    deliver(clock)
    mailgun.mode = Mode.ACCEPT
    for _ in range(9):
        clock.advance(minutes=1)
        reconciling.reconcile(clock=clock)
        deliver(clock)
    assert (state_of(message), len(mailgun.mails)) == (State.UNKNOWN, 1)
    for _ in range(4):
        clock.advance(minutes=1)
        reconciling.reconcile(clock=clock)
        deliver(clock)
    assert (state_of(message), len(mailgun.mails)) == (State.SENT, 2)
    assert mailgun.mails[0]["h:Message-Id"] == mailgun.mails[1]["h:Message-Id"]
