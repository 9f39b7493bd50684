"""Text messages through Twilio's own client: never twice, and only to people who agreed (B-8, N-1, N-3)."""

from datetime import timedelta

import pytest

from supportportal.outbox import claiming, delivery, events, gsm, reconciling
from supportportal.outbox.models import Gateway, Message
from tests.factories import UserFactory
from tests.fakes.serving import Mode

from .helpers import LINK, NOON, fresh, owe, state_of

pytestmark = pytest.mark.django_db
State = Message.State


@pytest.fixture(autouse=True)
def own_time(twilio):
    twilio.created_at = NOON


def deliver(clock):
    delivery.deliver_due("sms", clock=clock)


def owe_sms(person, **rest):
    return owe(person, "test_sms", **rest)


def test_a_text_message_arrives(person, twilio, clock):
    message = owe_sms(person, useful_until=NOON + timedelta(minutes=30))
    deliver(clock)
    (request,) = twilio.requests
    assert (request["To"], request["From"]) == ("+393331234567", "+15005550006")
    assert request["Body"] == f"Ciao Zoe D'Angelo: at 12:00 {LINK}"
    assert gsm.is_gsm(request["Body"])
    assert request["StatusCallback"] == f"https://portal.example/webhooks/twilio/status/{message.pk}/"
    assert (state_of(message), fresh(message).provider_id) == (State.SENT, twilio.texts[0]["sid"])
    assert "/s/…/change/" in fresh(message).text


@pytest.mark.parametrize(
    ("left", "validity"),
    [
        pytest.param(timedelta(minutes=30), "1800", id="until the start"),
        pytest.param(timedelta(days=2), "36000", id="no longer than Twilio takes"),
        pytest.param(None, None, id="no limit"),
    ],
)
def test_twilio_gives_up_when_it_is_of_no_use(person, twilio, clock, left, validity):
    owe_sms(person, useful_until=left and NOON + left)
    deliver(clock)
    assert twilio.requests[0].get("ValidityPeriod") == validity


def test_a_messaging_service_may_send(person, twilio, clock, settings):
    settings.TWILIO = {**settings.TWILIO, "FROM": "", "MESSAGING_SERVICE_SID": "MG1"}
    owe_sms(person)
    deliver(clock)
    assert twilio.requests[0]["MessagingServiceSid"] == "MG1"
    assert "From" not in twilio.requests[0]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param({"sms_consent_at": None}, "no consent to text messages", id="no consent"),
        pytest.param({"phone": ""}, "no address to send it to", id="no number"),
    ],
)
def test_skipped_with_the_reason(firm, twilio, clock, fields, reason):
    person = UserFactory(**{"phone": "+393331234567", "sms_consent_at": NOON, **fields})
    message = owe_sms(person)
    deliver(clock)
    assert (state_of(message), fresh(message).note) == (State.SKIPPED, reason)
    assert twilio.requests == []


@pytest.mark.parametrize("code", [21211, 21614, 21612, 21408, 21610])
def test_what_is_the_numbers_own_fault_is_not_tried_again(person, twilio, clock, code):
    twilio.mode, twilio.refuse_with = Mode.REFUSE, code
    message = owe_sms(person)
    deliver(clock)
    assert state_of(message) == State.FAILED
    assert str(code) in fresh(message).note
    clock.advance(hours=1)
    deliver(clock)
    assert len(twilio.requests) == 1


@pytest.mark.parametrize(("code", "keeps"), [(21610, False), (21211, True)], ids=["opted out", "no number"])
def test_only_opting_out_withdraws_the_consent(person, twilio, clock, code, keeps):
    twilio.mode, twilio.refuse_with = Mode.REFUSE, code
    owe_sms(person)
    deliver(clock)
    events.handle_pending(at=clock())
    person.refresh_from_db()
    assert bool(person.sms_consent_at) is keeps


@pytest.mark.parametrize(
    ("mode", "state", "rest"),
    [
        pytest.param(Mode.BUSY, State.RETRYING, State.RETRYING, id="429: all wait"),
        pytest.param(Mode.DOWN, State.UNKNOWN, State.UNKNOWN, id="503: asked about"),
        pytest.param(Mode.HANG, State.UNKNOWN, State.RETRYING, id="no answer: asked about, the rest waits"),
        pytest.param(Mode.RESET, State.UNKNOWN, State.RETRYING, id="broken connection"),
        pytest.param(Mode.LOSE_ANSWER, State.UNKNOWN, State.RETRYING, id="taken without an answer"),
        pytest.param(Mode.BAD_LOGIN, State.RETRYING, State.RETRYING, id="401: all wait"),
    ],
)
def test_trouble(firm, twilio, clock, wait_less, mode, state, rest):
    wait_less(mode)
    first, second = (
        owe_sms(UserFactory(phone=phone, sms_consent_at=NOON), at=NOON - timedelta(minutes=10 - n))
        for n, phone in enumerate(["+393331234561", "+393331234562"])
    )
    twilio.mode = mode
    deliver(clock)
    assert (state_of(first), state_of(second)) == (state, rest)


@pytest.mark.parametrize("mode", [Mode.DOWN, Mode.HANG, Mode.RESET, Mode.LOSE_ANSWER])
def test_an_unclear_one_is_asked_about_and_arrives_exactly_once(person, twilio, clock, wait_less, mode):
    wait_less(mode)
    message = owe_sms(person)
    twilio.mode = mode
    deliver(clock)
    twilio.mode = Mode.ACCEPT
    for _ in range(30):
        clock.advance(seconds=20)
        reconciling.reconcile(clock=clock)
        deliver(clock)
    assert (state_of(message), len(twilio.texts)) == (State.SENT, 1)
    assert fresh(message).provider_id == twilio.texts[0]["sid"]


def test_while_twilio_cannot_be_asked_nothing_is_sent_again(person, twilio, clock):
    message = owe_sms(person)
    twilio.mode, twilio.lists = Mode.LOSE_ANSWER, False
    deliver(clock)
    twilio.mode = Mode.ACCEPT
    for _ in range(30):
        clock.advance(minutes=1)
        reconciling.reconcile(clock=clock)
        deliver(clock)
    assert (state_of(message), len(twilio.texts)) == (State.UNKNOWN, 1)


def test_without_asking_it_would_be_doubled(person, twilio, clock, monkeypatch):
    from supportportal.outbox.gateways.twilio import TwilioGateway

    monkeypatch.setattr(TwilioGateway, "find", lambda self, message: None)
    owe_sms(person)
    twilio.mode = Mode.LOSE_ANSWER
    deliver(clock)
    twilio.mode = Mode.ACCEPT
    for _ in range(10):
        clock.advance(seconds=20)
        reconciling.reconcile(clock=clock)
        deliver(clock)
    assert len(twilio.texts) == 2


def test_it_is_found_however_many_have_gone_to_that_number_since(person, twilio, clock):
    message = owe_sms(person)
    twilio.mode = Mode.LOSE_ANSWER
    deliver(clock)
    twilio.mode = Mode.ACCEPT
    twilio.texts += [{**twilio.texts[0], "sid": f"SMother{n}", "body": f"Another {n}"} for n in range(120)]
    clock.advance(minutes=2)
    reconciling.reconcile(clock=clock)
    assert fresh(message).provider_id == twilio.texts[0]["sid"]


def test_an_older_text_with_the_same_words_is_not_taken_for_it(person, twilio, clock):
    owe_sms(person)
    twilio.created_at = NOON - timedelta(days=1)
    deliver(clock)
    twilio.created_at = NOON
    message = owe_sms(person)
    twilio.mode = Mode.RESET
    deliver(clock)
    twilio.mode = Mode.ACCEPT
    for _ in range(10):
        clock.advance(seconds=20)
        reconciling.reconcile(clock=clock)
        deliver(clock)
    assert (state_of(message), len(twilio.texts)) == (State.SENT, 2)


def test_one_that_twilio_could_not_deliver_is_parked(person, twilio, clock):
    message = owe_sms(person)
    twilio.mode = Mode.LOSE_ANSWER
    deliver(clock)
    twilio.texts[0] |= {"status": "undelivered", "error_code": 30003, "error_message": "Unreachable handset"}
    clock.advance(minutes=2)
    reconciling.reconcile(clock=clock)
    assert (state_of(message), fresh(message).note) == (State.FAILED, "Unreachable handset")


def test_a_killed_sender_loses_and_doubles_nothing(person, twilio, clock, monkeypatch):
    def die(*args):
        raise KeyboardInterrupt

    message = owe_sms(person)
    with monkeypatch.context() as dying:
        dying.setattr(delivery, "_mark", die)
        with pytest.raises(KeyboardInterrupt):
            deliver(clock)
    clock.advance(seconds=claiming.lease().total_seconds())
    reconciling.reconcile(clock=clock)
    deliver(clock)
    assert (state_of(message), len(twilio.texts)) == (State.SENT, 1)


def test_refused_credentials_are_told_to_staff(person, twilio, clock):
    owe_sms(person)
    twilio.mode = Mode.BAD_LOGIN
    deliver(clock)
    gateway = Gateway.objects.get(name="twilio")
    assert "credentials" in gateway.note
    assert gateway.paused_until == NOON + timedelta(minutes=5)
