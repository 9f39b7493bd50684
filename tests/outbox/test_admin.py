"""Messages in the staff's admin: found, read, looked at, sent again; never changed by hand."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from supportportal.outbox import delivery, kinds, trials
from supportportal.outbox.models import Gateway, Message
from supportportal.people.models import User
from tests.factories import ClientFactory, StaffFactory, UserFactory

from .helpers import NOON, owe

pytestmark = pytest.mark.django_db
State = Message.State
LIST = "/admin/outbox/message/"


@pytest.fixture
def agent(client, firm):
    agent = StaffFactory(roles=["agent"])
    client.force_login(agent)
    return agent


def change(message, **fields):
    Message.objects.filter(pk=message.pk).update(**fields)
    return Message.objects.get(pk=message.pk)


def test_the_list_shows_state_and_reason_in_words(client, agent, person):
    change(owe(person), state=State.SKIPPED, note="too late to be of use")
    page = client.get(f"{LIST}?trouble=all").content.decode()
    assert "skipped" in page
    assert "too late to be of use" in page
    assert "Test mail" in page
    assert "Zoë D&#x27;Angelo" in page


@pytest.mark.parametrize("query", ["", "?trouble=all"], ids=["as it opens", "all"])
def test_the_list_costs_the_same_queries_for_one_and_for_thirty(client, agent, firm, query):
    counts = []
    for many in (1, 30):
        for _ in range(many):
            change(owe(UserFactory(), at=timezone.now()), state=State.FAILED)
        client.get(LIST)
        with CaptureQueriesContext(connection) as captured:
            assert len(client.get(LIST + query).context["cl"].result_list) >= many
        counts.append(len(captured))
    assert counts[0] == counts[1]


def listed(client, query=""):
    return list(client.get(LIST + query).context["cl"].result_list)


DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("state", "due", "shown"),
    [
        pytest.param(State.FAILED, -DAY, True, id="failed"),
        pytest.param(State.FAILED, -31 * DAY, False, id="failed long ago"),
        pytest.param(State.UNKNOWN, -MINUTE, True, id="unknown"),
        pytest.param(State.RETRYING, -MINUTE, True, id="trying again"),
        pytest.param(State.PLANNED, -11 * MINUTE, True, id="due for longer than it should take"),
        pytest.param(State.PLANNED, -MINUTE, False, id="just due"),
        pytest.param(State.PLANNED, DAY, False, id="planned"),
        pytest.param(State.SENDING, -MINUTE, False, id="sending"),
        pytest.param(State.SENT, -MINUTE, False, id="sent"),
        pytest.param(State.DELIVERED, -MINUTE, False, id="delivered"),
        pytest.param(State.SKIPPED, -MINUTE, False, id="skipped"),
        pytest.param(State.VOID, -MINUTE, False, id="overtaken"),
    ],
)
def test_it_opens_on_what_needs_attention(client, agent, person, state, due, shown):
    message = change(owe(person, at=timezone.now() + due), state=state)
    assert listed(client) == ([message] if shown else [])
    assert listed(client, "?trouble=all") == [message]


def test_what_was_sent_again_needs_attention_no_more(client, agent, person):
    message = change(owe(person, at=timezone.now() - DAY), state=State.FAILED)
    client.post(f"{LIST}{message.pk}/again/")
    again = Message.objects.exclude(pk=message.pk).get()
    assert listed(client) == []
    change(again, state=State.FAILED)
    assert listed(client) == [again]
    client.post(f"{LIST}{again.pk}/again/")
    assert listed(client) == []


def test_all_begins_with_what_is_in_trouble_then_with_what_goes_next(client, agent, person):
    now = timezone.now()
    rows = [
        change(owe(person, at=now + due), state=state)
        for state, due in [
            (State.FAILED, -DAY),
            (State.UNKNOWN, -2 * DAY),
            (State.PLANNED, MINUTE),
            (State.PLANNED, DAY),
            (State.SENT, -MINUTE),
            (State.DELIVERED, -DAY),
        ]
    ]
    assert listed(client, "?trouble=all") == rows
    assert listed(client, "?trouble=all&o=-0") == sorted(rows, key=lambda row: row.due_at, reverse=True)


@pytest.mark.parametrize("query", ["?q=zoe", "?state__exact=sent", "?channel__exact=email", "?due=past"])
def test_whoever_searches_or_filters_looks_through_everything(client, agent, person, query):
    message = change(owe(person, at=timezone.now() - DAY), state=State.SENT)
    assert listed(client, query) == [message]
    assert listed(client, f"{query}&trouble=yes") == []


def test_when_nothing_needs_attention_it_says_so(client, agent, person):
    owe(person, at=timezone.now() + DAY)
    page = client.get(LIST).content.decode()
    assert "Nothing needs attention" in page
    assert "?trouble=all" in page


@pytest.mark.parametrize(
    ("language", "label"), [("en", "Test e-mail"), ("it", "E-mail di prova"), ("nl", "Test-e-mail")]
)
def test_the_page_of_a_message_is_headed_by_what_people_call_its_kind(client, agent, language, label):
    User.objects.filter(pk=agent.pk).update(language=language)
    trials.owe("email", agent, at=timezone.now())
    message = Message.objects.get()
    page = client.get(f"{LIST}{message.pk}/change/").content.decode()
    heading = page.partition("<h1>")[2].partition("</h1>")[0]
    assert heading == label
    assert "trial_email" not in page.partition("<main")[2]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("q=zoe@client.example", True, id="address"),
        pytest.param("q=angelo", True, id="name"),
        pytest.param("q=nobody", False, id="another name"),
        pytest.param("state__exact=planned", True, id="state"),
        pytest.param("state__exact=sent", False, id="another state"),
        pytest.param("kind=test_mail", True, id="kind"),
        pytest.param("kind=test_sms", False, id="another kind"),
        pytest.param("channel__exact=sms", False, id="another channel"),
        pytest.param("trouble=yes", False, id="no trouble"),
        pytest.param("due=past", False, id="not yet due"),
    ],
)
def test_it_is_found_by_what_staff_know(client, agent, person, query, found):
    owe(person, at=timezone.now() + timedelta(days=2))
    page = client.get(f"{LIST}?{query}").content.decode()
    assert ("Zoë" in page) is found


def test_a_kind_may_find_by_the_reference_of_its_subject(client, agent, person, monkeypatch):
    owe(person)
    kind = kinds.get("test_mail")
    finding = replace(kind, find=lambda text: [person.pk] if text == "7F3K-XX2A" else [])
    monkeypatch.setitem(kinds._kinds, "test_mail", finding)
    assert "Zoë" in client.get(f"{LIST}?q=7F3K-XX2A").content.decode()
    assert "Zoë" not in client.get(f"{LIST}?q=7F3K-XX2B").content.decode()


def test_nothing_can_be_changed_by_hand(client, agent, person):
    message = owe(person)
    page = client.get(f"{LIST}{message.pk}/change/")
    assert page.status_code == 200
    assert client.post(f"{LIST}{message.pk}/change/", {"state": "sent"}).status_code == 403
    assert client.post(f"{LIST}{message.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403


def test_a_planned_message_can_be_looked_at(client, agent, person):
    message = owe(person)
    page = client.get(f"{LIST}{message.pk}/preview/").content.decode()
    assert "Hello Zoë" in page
    assert "/s/…/change/" in page


def test_its_html_is_shown_where_it_can_do_nothing(client, agent, person):
    answer = client.get(f"{LIST}{owe(person).pk}/preview/html/")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "Dear Zoë" in answer.content.decode()


def test_a_poisoned_one_says_what_is_wrong(client, agent, person):
    page = client.get(f"{LIST}{owe(person, 'test_poison').pk}/preview/").content.decode()
    assert "wrong_filter" in page


def test_send_again(client, agent, person):
    message = change(owe(person), state=State.FAILED)
    answer = client.post(f"{LIST}{message.pk}/again/")
    again = Message.objects.exclude(pk=message.pk).get()
    assert answer.url == f"{LIST}{again.pk}/change/"
    assert again.state == State.PLANNED


def test_send_again_is_refused_while_it_is_on_its_way(client, agent, person):
    message = owe(person)
    client.post(f"{LIST}{message.pk}/again/")
    assert Message.objects.count() == 1


def test_reading_never_sends(client, agent, person):
    message = change(owe(person), state=State.FAILED)
    assert client.get(f"{LIST}{message.pk}/again/").status_code == 405


@pytest.mark.parametrize("path", ["", "{}/change/", "{}/preview/", "{}/preview/html/"])
def test_clients_see_none_of_it(client, person, path):
    message = owe(person)
    client.force_login(ClientFactory())
    assert client.get(LIST + path.format(message.pk)).status_code in (302, 403, 404)


@pytest.mark.parametrize("path", ["{}/change/", "{}/preview/", "{}/preview/html/"])
def test_what_a_kind_hides_does_not_exist(client, agent, person, monkeypatch, path):
    message = owe(person)
    hidden = replace(kinds.get("test_mail"), visible_to=lambda messages, user: messages.none())
    monkeypatch.setitem(kinds._kinds, "test_mail", hidden)
    assert "Zoë" not in client.get(f"{LIST}?trouble=all").content.decode()
    answer = client.get(LIST + path.format(message.pk))
    assert answer.status_code in (302, 404)
    assert "Zoë" not in answer.content.decode()
    assert client.post(f"{LIST}{message.pk}/again/").status_code == 404


def test_managers_can_end_a_pause(client, firm):
    client.force_login(StaffFactory(roles=["manager"]))
    gateway = Gateway.objects.create(name="smtp", failures=3, paused_until=NOON, note="down")
    client.post("/admin/outbox/gateway/", {"action": "try_now", "_selected_action": [gateway.pk]})
    gateway.refresh_from_db()
    assert (gateway.failures, gateway.paused_until) == (0, None)


def test_agents_cannot(client, agent):
    assert client.get("/admin/outbox/gateway/").status_code == 403


def test_staff_without_a_role_see_nothing(client, person):
    client.force_login(User.objects.create_user("new@client.example", is_staff=True, name="New"))
    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}{owe(person).pk}/preview/").status_code == 404


@pytest.mark.parametrize(("channel", "code"), [("email", "trial_email"), ("sms", "trial_sms")])
def test_managers_can_send_themselves_a_test_message(client, firm, smtp, twilio, clock, channel, code):
    manager = StaffFactory(roles=["manager"], phone="+393331234567")
    client.force_login(manager)
    assert client.post(f"{LIST}try/", {"channel": channel}).status_code == 302
    clock.at = timezone.now()
    delivery.deliver_due(channel, clock=clock)
    message = Message.objects.get(kind=code)
    assert (message.state, message.sent_to) == (State.SENT, manager.email if channel == "email" else manager.phone)
    assert trials.has_worked(channel)
    assert "Test" in client.get(f"{LIST}try/").content.decode()


def test_only_those_who_set_up_may_try(client, agent):
    assert client.get(f"{LIST}try/").status_code == 403
    assert client.post(f"{LIST}try/", {"channel": "email"}).status_code == 403


@pytest.mark.parametrize("channel", ["", "fax", "sms"], ids=["none", "no such", "no phone number"])
def test_a_test_message_needs_a_way_to_go(client, firm, channel):
    client.force_login(StaffFactory(roles=["manager"]))
    assert client.post(f"{LIST}try/", {"channel": channel}).status_code == 404
    assert not Message.objects.exists()
