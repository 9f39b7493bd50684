"""What may go wrong on the way to a mail provider: nothing is lost, and nothing doubled that need not be (N-1, N-3)."""

from datetime import timedelta

import pytest

from supportportal.outbox import claiming, delivery, reconciling
from supportportal.outbox.models import Gateway, Message
from tests.factories import UserFactory
from tests.fakes.serving import Mode

from .helpers import NOON, fresh, owe, state_of

pytestmark = pytest.mark.django_db
State = Message.State


def deliver(clock):
    delivery.deliver_due("email", clock=clock)


def run_for(clock, **span):
    """Let the ticks run, each as often as in life would do."""
    end = clock.at + timedelta(**span)
    while clock.at < end:
        deliver(clock)
        reconciling.reconcile(clock=clock)
        clock.advance(seconds=20)


def crowd(good=3, bad=1):
    """Messages to ``bad`` people among ``good`` ones; the bad come first."""
    troubled = [owe(UserFactory(email=f"bad{n}@client.example"), at=NOON - timedelta(hours=1)) for n in range(bad)]
    return troubled, [owe(UserFactory()) for _ in range(good)]


@pytest.mark.parametrize(
    ("mode", "state", "others"),
    [
        pytest.param(Mode.REFUSE, State.FAILED, State.SENT, id="refused: parked"),
        pytest.param(Mode.DOWN, State.RETRYING, State.SENT, id="another time: tried again"),
        pytest.param(Mode.BUSY, State.RETRYING, State.RETRYING, id="too busy: all wait"),
        pytest.param(Mode.RESET, State.UNKNOWN, State.RETRYING, id="connection broken: unknown, all wait"),
        pytest.param(Mode.HANG, State.UNKNOWN, State.RETRYING, id="no answer: unknown, all wait"),
        pytest.param(Mode.LOSE_ANSWER, State.UNKNOWN, State.RETRYING, id="taken without an answer: unknown"),
    ],
)
def test_trouble_over_smtp(firm, smtp, clock, wait_less, mode, state, others):
    wait_less(mode)
    (troubled,), fine = crowd()
    smtp.modes["bad0@client.example"] = mode
    deliver(clock)
    assert state_of(troubled) == state
    assert {state_of(message) for message in fine} == {others}


@pytest.mark.parametrize("mode", [Mode.DOWN, Mode.BUSY, Mode.RESET, Mode.HANG])
def test_when_the_provider_is_well_again_everything_arrives_once(firm, smtp, clock, wait_less, mode):
    wait_less(mode)
    troubled, fine = crowd()
    smtp.modes["bad0@client.example"] = mode
    deliver(clock)
    smtp.modes.clear()
    run_for(clock, minutes=5)
    assert {state_of(message) for message in troubled + fine} == {State.SENT}
    assert sorted(smtp.message_ids().values()) == [1, 1, 1, 1]


def test_a_lost_answer_repeats_the_mail_under_the_same_message_id(firm, smtp, clock):
    (troubled,), _ = crowd()
    smtp.modes["bad0@client.example"] = Mode.LOSE_ANSWER
    deliver(clock)
    smtp.modes.clear()
    run_for(clock, minutes=5)
    assert state_of(troubled) == State.SENT
    assert smtp.message_ids()[fresh(troubled).message_id] == 2
    assert sorted(smtp.message_ids().values()) == [1, 1, 1, 2]


def test_a_timeout_pauses_the_channel(firm, smtp, clock, wait_less):
    wait_less()
    crowd()
    smtp.mode = Mode.HANG
    deliver(clock)
    gateway = Gateway.objects.get(name="smtp")
    assert (gateway.failures, gateway.paused_until) == (1, NOON + timedelta(seconds=10))
    smtp.mode = Mode.ACCEPT
    deliver(clock)
    assert smtp.accepted == []
    clock.advance(seconds=11)
    deliver(clock)
    assert len(smtp.accepted) == 3
    assert Gateway.objects.get(name="smtp").paused_until is None


def test_what_was_released_has_not_used_up_an_attempt(firm, smtp, clock, wait_less):
    wait_less()
    _, fine = crowd()
    smtp.modes["bad0@client.example"] = Mode.HANG
    deliver(clock)
    assert {fresh(message).attempts for message in fine} == {0}


def test_a_server_that_cannot_be_reached_costs_no_message_an_attempt(firm, smtp, clock, settings):
    _, fine = crowd(bad=0)
    settings.EMAIL_PORT = 1
    deliver(clock)
    assert {(state_of(message), fresh(message).attempts) for message in fine} == {(State.RETRYING, 0)}
    assert "cannot be reached" in Gateway.objects.get(name="smtp").note


def test_a_refused_sign_in_stops_the_channel_for_five_minutes(firm, smtp, clock, settings):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "portal", "wrong"
    smtp.mode = Mode.BAD_LOGIN
    _, fine = crowd(bad=0)
    deliver(clock)
    assert {state_of(message) for message in fine} == {State.RETRYING}
    assert Gateway.objects.get(name="smtp").paused_until == NOON + timedelta(minutes=5)


def test_a_run_of_refusals_stops_the_channel_and_not_row_by_row(firm, smtp, clock):
    troubled, fine = crowd(bad=delivery.RUN_OF_TROUBLE, good=2)
    for n in range(len(troubled)):
        smtp.modes[f"bad{n}@client.example"] = Mode.REFUSE
    deliver(clock)
    assert {state_of(message) for message in troubled + fine} == {State.RETRYING}
    assert "in a row" in Gateway.objects.get(name="smtp").note


def test_a_refusal_that_is_repeated_is_believed(firm, smtp, clock):
    troubled, fine = crowd(bad=delivery.RUN_OF_TROUBLE, good=2)
    for n in range(len(troubled)):
        smtp.modes[f"bad{n}@client.example"] = Mode.REFUSE
    run_for(clock, minutes=10)
    assert {state_of(message) for message in troubled} == {State.FAILED}
    assert {state_of(message) for message in fine} == {State.SENT}


def test_what_never_works_is_parked_with_the_answer(person, smtp, clock):
    smtp.mode = Mode.DOWN
    message = owe(person, useful_until=NOON + timedelta(minutes=30))
    run_for(clock, minutes=31)
    assert state_of(message) == State.FAILED
    assert fresh(message).note == "451 try later"


def test_tries_grow_apart(person, smtp, clock):
    smtp.mode = Mode.DOWN
    message = owe(person)
    pauses = []
    for _ in range(4):
        deliver(clock)
        pauses.append((fresh(message).try_at - clock.at).total_seconds())
        clock.at = fresh(message).try_at
    assert all(0.8 * wanted <= pause <= 1.2 * wanted for pause, wanted in zip(pauses, [10, 30, 60, 300], strict=True))


# -- senders that die --------------------------------------------------------------------------------------------------


def test_a_claim_that_was_never_fenced_is_due_again_when_its_lease_is_over(person, smtp, clock):
    message = owe(person)
    claiming.claim("email", limit=5, at=clock())
    clock.advance(seconds=claiming.lease().total_seconds())
    reconciling.reconcile(clock=clock)
    assert (state_of(message), fresh(message).attempts) == (State.RETRYING, 0)
    deliver(clock)
    assert smtp.recipients == ["zoe@client.example"]


def test_a_mail_fenced_and_never_marked_goes_again_under_the_same_message_id(person, smtp, clock, monkeypatch):
    message = owe(person)
    with monkeypatch.context() as dying:
        dying.setattr(delivery, "_mark", _die)
        with pytest.raises(KeyboardInterrupt):
            deliver(clock)
    run_for(clock, minutes=12)
    assert state_of(message) == State.SENT
    assert smtp.message_ids() == {fresh(message).message_id: 2}


def test_before_the_lease_is_over_nobody_touches_it(person, smtp, clock, monkeypatch):
    message = owe(person)
    with monkeypatch.context() as dying:
        dying.setattr(delivery, "_mark", _die)
        with pytest.raises(KeyboardInterrupt):
            deliver(clock)
    run_for(clock, minutes=9)
    assert (state_of(message), len(smtp.accepted)) == (State.SENDING, 1)


def test_an_unknown_mail_that_is_of_no_use_any_more_stays_unknown(person, smtp, clock):
    message = owe(person, useful_until=NOON + timedelta(minutes=2))
    smtp.mode = Mode.LOSE_ANSWER
    deliver(clock)
    clock.advance(minutes=3)
    run_for(clock, minutes=5)
    assert (state_of(message), len(smtp.accepted)) == (State.UNKNOWN, 1)


def _die(*args):
    raise KeyboardInterrupt
