"""What providers report: in any order, twice, about nothing, and with handlers that fail."""

from datetime import timedelta
from itertools import permutations

import pytest

from supportportal.outbox import events
from supportportal.outbox.models import DeliveryEvent, Message
from tests.factories import UserFactory

from .helpers import NOON, fresh, owe, state_of

pytestmark = pytest.mark.django_db
State = Message.State


@pytest.fixture
def sent(person):
    message = owe(person)
    Message.objects.filter(pk=message.pk).update(state=State.SENT, sent_at=NOON, provider_id="p-1")
    return fresh(message)


def report(kind, message, *, minutes=1, **rest):
    events.note(
        gateway="mailgun",
        event_id=f"{message.pk}:{kind}:{minutes}",
        kind=kind,
        at=NOON + timedelta(minutes=minutes),
        message_pk=message.pk,
        **rest,
    )


def handle():
    events.handle_pending(at=NOON + timedelta(hours=1))


@pytest.mark.parametrize(
    ("before", "kind", "after"),
    [
        pytest.param(State.SENT, "delivered", State.DELIVERED, id="sent, then delivered"),
        pytest.param(State.SENT, "bounced", State.FAILED, id="sent, then bounced"),
        pytest.param(State.SENT, "undelivered", State.FAILED, id="sent, then undelivered"),
        pytest.param(State.SENT, "sent", State.SENT, id="sent, then sent"),
        pytest.param(State.SENT, "opened", State.SENT, id="what means nothing to us"),
        pytest.param(State.DELIVERED, "sent", State.DELIVERED, id="delivered stays delivered"),
        pytest.param(State.DELIVERED, "bounced", State.DELIVERED, id="delivered stays delivered, the bounce noted"),
        pytest.param(State.UNKNOWN, "queued", State.SENT, id="unknown: the report settles it"),
        pytest.param(State.UNKNOWN, "delivered", State.DELIVERED, id="unknown: delivered"),
        pytest.param(State.RETRYING, "sent", State.SENT, id="it had got through: not sent again"),
        pytest.param(State.SENDING, "delivered", State.DELIVERED, id="quicker than our own mark"),
        pytest.param(State.VOID, "delivered", State.VOID, id="overtaken stays overtaken"),
        pytest.param(State.FAILED, "delivered", State.DELIVERED, id="it arrived after all"),
    ],
)
def test_states(sent, before, kind, after):
    Message.objects.filter(pk=sent.pk).update(state=before)
    report(kind, sent)
    handle()
    assert state_of(sent) == after


@pytest.mark.parametrize("order", list(permutations(["sent", "delivered", "bounced"])), ids=" ".join)
def test_the_order_of_reports_does_not_matter(sent, order):
    for minutes, kind in enumerate(order):
        report(kind, sent, minutes=minutes, detail="552 mailbox full" if kind == "bounced" else "")
        handle()
    kept = fresh(sent)
    assert kept.state == State.DELIVERED
    assert kept.note == "not delivered: 552 mailbox full"


def test_the_same_report_twice_is_one(sent, answers):
    for _ in range(2):
        report("delivered", sent)
        handle()
    assert answers.outcomes == [(sent.pk, "delivered")]


def test_reports_find_their_message_by_the_providers_id(sent):
    events.note(gateway="mailgun", event_id="x", kind="delivered", at=NOON, provider_id="p-1")
    handle()
    assert state_of(sent) == State.DELIVERED


@pytest.mark.parametrize("pk", [None, 987_654], ids=["no id", "an id of nothing"])
def test_a_report_about_no_message_of_ours_is_kept_and_harmless(db, pk):
    events.note(gateway="mailgun", event_id="x", kind="delivered", at=NOON, message_pk=pk, provider_id="elsewhere")
    handle()
    assert DeliveryEvent.objects.get().handled_at is not None


def test_a_failing_handler_undoes_no_mark_and_is_tried_again(sent, answers):
    answers.outcome_error = RuntimeError("the handler is broken")
    report("delivered", sent)
    handle()
    assert state_of(sent) == State.DELIVERED
    assert answers.outcomes == []
    answers.outcome_error = None
    handle()
    assert answers.outcomes == [(sent.pk, "delivered")]


def test_a_handler_that_always_fails_is_given_up_and_holds_up_no_other(sent, answers):
    other = owe(UserFactory(), "test_secret")
    answers.outcome_error = RuntimeError("the handler is broken")
    report("delivered", sent)
    for _ in range(events.MOST_ATTEMPTS + 2):
        handle()
    event = DeliveryEvent.objects.get()
    assert (event.attempts, event.handled_at) == (events.MOST_ATTEMPTS, None)
    answers.outcome_error = None
    report("sent", other)
    Message.objects.filter(pk=other.pk).update(state=State.UNKNOWN)
    handle()
    assert answers.outcomes == [(other.pk, "sent")]


def test_the_kind_is_told_of_what_we_sent_ourselves(person, smtp, clock, answers):
    from supportportal.outbox import delivery

    message = owe(person)
    delivery.deliver_due("email", clock=clock)
    assert answers.outcomes == []  # apart from sending
    handle()
    assert answers.outcomes == [(message.pk, "sent")]


def test_a_stop_withdraws_the_consent_of_everyone_with_the_number(person):
    twin = UserFactory(phone=person.phone, sms_consent_at=NOON)
    other = UserFactory(phone="+393330000000", sms_consent_at=NOON)
    events.note(gateway="twilio", event_id="s", kind=events.STOP, at=NOON, address=person.phone)
    handle()
    for one in (person, twin, other):
        one.refresh_from_db()
    assert [one.sms_consent_at for one in (person, twin, other)] == [None, None, NOON]
