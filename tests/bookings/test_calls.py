"""The queue of phone callbacks: one open request per client, one agent per request, what each step owes."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from bookings import messages_calls
from bookings.models import CallAttempt, Callback
from bookings.operations import calls
from bookings.refusals import (
    CallClaimed,
    CallClosed,
    CallNotClaimed,
    NoContact,
    NoDescription,
    NotGranted,
    OutOfScope,
    TermsNotAccepted,
)
from supportportal.outbox.models import Message
from supportportal.people.models import Account, Gate
from tests.factories import (
    MONDAY_TEN,
    ChannelFactory,
    ClientFactory,
    RestrictionFactory,
    StaffFactory,
    TermsVersionFactory,
)
from tests.support.racing import at_once

AT = MONDAY_TEN
WORDS = {"number": "+390612345678", "contact": "Anna Neri", "description": "The export stops half-way."}
State = Callback.State


@pytest.fixture
def caller(db):
    client = ClientFactory(phone="+390612345678")
    ChannelFactory(code="callback", plans=[client.account.plan], gate=Gate.CALLBACK)
    return client


@pytest.fixture
def agent(db):
    return StaffFactory(roles=["agent"])


def ask(client, at=AT, **changes):
    return calls.ask(client, **{**WORDS, **changes}, by=client, at=at)


def kinds(callback):
    about = Message.objects.about(messages_calls.SUBJECT_TYPE, callback.pk).exclude(state=Message.State.VOID)
    return list(about.order_by("pk").values_list("kind", flat=True))


def test_a_request_joins_the_queue_and_is_confirmed(caller):
    callback = ask(caller)
    assert (callback.state, callback.requested_at) == (State.WAITING, AT)
    assert kinds(callback) == ["callback_received"]


def test_what_is_sent_more_is_added_to_the_open_request(caller):
    first = ask(caller)
    second = ask(caller, at=AT + timedelta(hours=1), description="It says: try later.", number="+390687654321")
    assert second.pk == first.pk
    assert second.description == WORDS["description"]
    assert [one.text for one in second.additions.all()] == ["It says: try later."]
    assert (second.number, second.requested_at) == ("+390687654321", AT)
    assert kinds(first) == ["callback_received", "callback_received"]


def test_the_same_words_twice_are_one_request(caller):
    first = ask(caller)
    assert ask(caller).pk == first.pk
    assert not first.additions.exists()
    assert kinds(first) == ["callback_received"]


def test_after_one_is_closed_another_is_taken(caller):
    first = ask(caller)
    calls.cancel(first, by=caller, at=AT)
    assert ask(caller).pk != first.pk


def test_the_database_itself_refuses_a_second_open_request(caller):
    ask(caller)
    with pytest.raises(IntegrityError), transaction.atomic():
        Callback.objects.create(client=caller, requested_at=AT, **WORDS)


def test_a_request_that_came_without_a_lock_is_added_to(caller, monkeypatch):
    first = ask(caller)
    monkeypatch.setattr(calls, "_open_of", lambda client: None)
    assert ask(caller, description="More words.").pk == first.pk
    assert first.additions.get().text == "More words."


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        pytest.param({"contact": " "}, NoContact, id="nobody to ask for"),
        pytest.param({"description": "\n"}, NoDescription, id="no words"),
        pytest.param({"topic": "migration"}, OutOfScope, id="out of scope"),
    ],
)
def test_what_cannot_become_a_request_changes_nothing(caller, changes, refusal):
    with pytest.raises(refusal):
        ask(caller, **changes)
    assert not Callback.objects.exists()


def test_only_a_plan_that_includes_it_gets_calls(caller):
    stranger = ClientFactory()
    with pytest.raises(NotGranted) as refused:
        ask(stranger)
    assert refused.value.access.plan == caller.account.plan


def test_only_an_active_subscription_gets_calls(caller):
    Account.objects.update(subscription=Account.Subscription.SUSPENDED)
    with pytest.raises(NotGranted):
        ask(caller)


def test_a_restriction_closes_the_desk_too(caller):
    RestrictionFactory(user=caller, gates=[Gate.CALLBACK.value], starts_at=AT, notice="Not until Monday.")
    with pytest.raises(NotGranted, match="Not until Monday"):
        ask(caller)


def test_the_terms_in_force_have_to_be_accepted_once(caller):
    terms = TermsVersionFactory()
    with pytest.raises(TermsNotAccepted):
        ask(caller)
    first = ask(caller, terms=terms)
    calls.cancel(first, by=caller, at=AT)
    ask(caller)
    assert caller.terms_acceptances.get().accepted_at == AT


def test_an_agent_takes_calls_and_closes(caller, agent):
    callback = calls.claim(ask(caller), by=agent, at=AT)
    calls.log_attempt(callback, CallAttempt.Result.ANSWERED, by=agent, at=AT)
    done = calls.finish(callback, by=agent, at=AT + timedelta(minutes=9), note="Settled.")
    assert (done.state, done.note, done.closed_at) == (State.DONE, "Settled.", AT + timedelta(minutes=9))


def test_two_agents_cannot_take_one_request(caller, agent):
    callback = ask(caller)
    calls.claim(callback, by=agent, at=AT)
    calls.claim(callback, by=agent, at=AT)
    with pytest.raises(CallClaimed, match=str(agent)):
        calls.claim(callback, by=StaffFactory(roles=["agent"]), at=AT)


def test_a_released_request_keeps_its_place(caller, agent):
    callback = calls.release(calls.claim(ask(caller), by=agent, at=AT), by=agent, at=AT)
    assert (callback.state, callback.claimed_by, callback.requested_at) == (State.WAITING, None, AT)


def test_nobody_logs_a_call_on_what_somebody_else_has(caller, agent):
    callback = ask(caller)
    with pytest.raises(CallNotClaimed):
        calls.log_attempt(callback, CallAttempt.Result.ANSWERED, by=agent, at=AT)
    calls.claim(callback, by=agent, at=AT)
    with pytest.raises(CallClaimed):
        calls.finish(callback, by=StaffFactory(roles=["agent"]), at=AT)


def test_the_third_unanswered_call_closes_the_request_and_tells_the_client(caller, agent):
    callback = calls.claim(ask(caller), by=agent, at=AT)
    for hours in range(2):
        callback = calls.log_attempt(callback, CallAttempt.Result.UNANSWERED, by=agent, at=AT + timedelta(hours=hours))
        assert callback.state == State.CLAIMED
    callback = calls.log_attempt(callback, CallAttempt.Result.UNANSWERED, by=agent, at=AT + timedelta(hours=3))
    assert callback.state == State.UNREACHED
    assert kinds(callback)[-1] == "callback_unreached"


def test_out_of_scope_is_closed_with_the_answer(caller, agent):
    callback = calls.close_as_out_of_scope(ask(caller), "hardware", by=agent, at=AT, note="Ask your dealer.")
    assert (callback.state, callback.topic) == (State.OUT_OF_SCOPE, "hardware")
    assert kinds(callback)[-1] == "callback_out_of_scope"


def test_closing_overtakes_a_confirmation_that_has_not_gone_out(caller):
    callback = calls.cancel(ask(caller), by=caller, at=AT)
    assert kinds(callback) == ["callback_cancelled"]


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda one, who: calls.claim(one, by=who, at=AT), id="claim"),
        pytest.param(lambda one, who: calls.release(one, by=who, at=AT), id="release"),
        pytest.param(lambda one, who: calls.finish(one, by=who, at=AT), id="finish"),
        pytest.param(lambda one, who: calls.log_attempt(one, "answered", by=who, at=AT), id="log"),
        pytest.param(lambda one, who: calls.close_as_out_of_scope(one, "api", by=who, at=AT), id="out of scope"),
        pytest.param(lambda one, who: calls.edit(one, **WORDS, day_part="any", by=who, at=AT), id="edit"),
    ],
)
def test_a_closed_request_is_left_as_it_is(caller, agent, act):
    callback = calls.cancel(ask(caller), by=caller, at=AT)
    with pytest.raises(CallClosed):
        act(callback, agent)
    assert calls.cancel(callback, by=caller, at=AT).version == callback.version


def test_the_client_edits_an_open_request(caller):
    callback = ask(caller)
    calls.edit(
        callback, **{**WORDS, "description": "Now it works on one screen."}, day_part="morning", by=caller, at=AT
    )
    callback.refresh_from_db()
    assert (callback.description, callback.day_part) == ("Now it works on one screen.", "morning")


# -- at once -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_become_one(caller):
    for number in range(5):
        first, second = at_once(
            lambda n=number: ask(caller, description=f"a{n}"), lambda n=number: ask(caller, description=f"b{n}")
        )
        assert first.pk == second.pk
        said = {first.description, *first.additions.values_list("text", flat=True)}
        assert said == {f"a{number}", f"b{number}"}
        calls.cancel(first, by=caller, at=AT)


@pytest.mark.django_db(transaction=True)
def test_two_agents_at_once_one_call(caller, agent):
    rival = StaffFactory(roles=["agent"])
    for _round in range(5):
        callback = ask(caller)
        rivals = [partial(calls.claim, callback, by=who, at=AT) for who in (agent, rival)]
        results = at_once(*rivals)
        assert sorted(type(one).__name__ for one in results) == ["CallClaimed", "Callback"]
        calls.cancel(callback, by=caller, at=AT)


@pytest.mark.django_db(transaction=True)
def test_a_cancellation_against_an_agent_leaves_one_story(caller, agent):
    for _round in range(5):
        callback = calls.claim(ask(caller), by=agent, at=AT)
        results = at_once(
            partial(calls.cancel, callback, by=caller, at=AT), partial(calls.finish, callback, by=agent, at=AT)
        )
        assert sum(isinstance(one, CallClosed) for one in results) == 1
        callback.refresh_from_db()
        assert callback.state in (State.CANCELLED, State.DONE)
