import pytest

from supportportal.outbox import claiming, operations
from supportportal.outbox.models import Message
from supportportal.outbox.operations import Owed
from supportportal.trail.models import Entry

from .helpers import NOON, fresh, owe, state_of

pytestmark = pytest.mark.django_db
State = Message.State


def test_the_same_key_twice_is_one_message(person):
    owed = Owed("test_mail", person.pk, NOON, recipient=person)
    operations.plan([owed, owed], at=NOON)
    operations.plan([owed], at=NOON)
    assert Message.objects.count() == 1


def test_a_newer_version_is_a_message_of_its_own(person):
    for version in (1, 2):
        owe(person, version=version, copy="")
    assert Message.objects.count() == 2


def test_void_overtakes_only_what_is_unsent_and_older(person):
    planned, retrying, sent = (owe(person) for _ in range(3))
    newer = owe(person, version=2)
    Message.objects.filter(pk=retrying.pk).update(state=State.RETRYING)
    Message.objects.filter(pk=sent.pk).update(state=State.SENT)
    operations.void("people.user", person.pk, below_version=2)
    states = [state_of(message) for message in (planned, retrying, sent, newer)]
    assert states == [State.VOID, State.VOID, State.SENT, State.PLANNED]


def test_void_leaves_other_subjects_alone(person):
    other = owe(person, subject_id=person.pk + 1)
    operations.void("people.user", person.pk, below_version=9)
    assert state_of(other) == State.PLANNED


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN])
def test_what_is_being_sent_is_marked_not_to_be_tried_again(person, state):
    message = owe(person)
    Message.objects.filter(pk=message.pk).update(state=state)
    operations.void("people.user", person.pk, below_version=2)
    assert (fresh(message).state, fresh(message).overtaken) == (state, True)


def test_send_again_is_a_message_of_its_own_on_the_trail(person):
    message = owe(person, useful_until=NOON)
    Message.objects.filter(pk=message.pk).update(state=State.FAILED)
    again = operations.send_again(fresh(message), by=person, at=NOON)
    assert (again.state, again.due_at, again.useful_until) == (State.PLANNED, NOON, None)
    assert state_of(message) == State.FAILED
    assert Entry.objects.get(verb="message.sent_again").facts == {"again": again.pk}


def test_send_again_can_be_repeated(person):
    message = owe(person)
    Message.objects.filter(pk=message.pk).update(state=State.SENT)
    first = operations.send_again(fresh(message), by=person, at=NOON)
    Message.objects.filter(pk=first.pk).update(state=State.SENT)
    second = operations.send_again(fresh(first), by=person, at=NOON)
    assert len({message.key, first.key, second.key}) == 3


@pytest.mark.parametrize("state", [State.PLANNED, State.RETRYING, State.SENDING, State.UNKNOWN])
def test_what_is_on_its_way_is_not_sent_again(person, state):
    message = owe(person)
    Message.objects.filter(pk=message.pk).update(state=state)
    with pytest.raises(operations.SendAgainRefused):
        operations.send_again(fresh(message), by=person, at=NOON)


def test_preview_of_a_planned_message_is_written_now_without_keys(person):
    preview = operations.preview(owe(person))
    assert preview.subject == "Hello Zoë D'Angelo"
    assert preview.address == "zoe@client.example"
    assert not preview.as_sent
    assert "/s/…/change/" in preview.text
    assert "/s/…/change/" in preview.html


def test_claims_exclude_each_other(person):
    owe(person)
    first = claiming.claim("email", limit=5, at=NOON)
    assert len(first) == 1
    assert claiming.claim("email", limit=5, at=NOON) == []


def test_urgent_messages_go_first_then_by_due_time(person):
    later, earlier = owe(person), owe(person, at=NOON.replace(hour=9))
    code = owe(person, "test_secret", data={"code": "123456"})
    assert [message.pk for message in claiming.claim("email", limit=5, at=NOON)] == [code.pk, earlier.pk, later.pk]


def test_nothing_is_claimed_before_it_is_due(person):
    owe(person, at=NOON.replace(minute=1))
    assert claiming.claim("email", limit=5, at=NOON) == []
