"""Requests of clients to whom calls have been closed since: marked for the desk, and closed in words (R-4)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings import closed_calls
from bookings.models import Callback
from bookings.operations import calls
from bookings.refusals import CallClaimed, CallClosed, CallsOpen
from supportportal.outbox import inbound, mails, rendering
from supportportal.outbox.models import Inbound, Message
from supportportal.people.models import Firm, Gate
from tests.factories import (
    AccountFactory,
    ChannelFactory,
    ClientFactory,
    FirmFactory,
    PlanFactory,
    RestrictionFactory,
    StaffFactory,
)
from tests.outbox.test_mails import eml

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)  # 10:00 in Rome, the desk is open
DAY = timedelta(days=1)
MARK = 'Access limited until <time datetime="2026-11-25T09:00:00+00:00">'


@pytest.fixture(autouse=True)
def _monday():
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def account():
    FirmFactory()
    plan = PlanFactory()
    ChannelFactory(code="callback", name="Phone callback", plans=[plan])
    return AccountFactory(plan=plan)


@pytest.fixture
def agent(account, client):
    agent = StaffFactory(roles=["agent"], name="Elisa Conti")
    client.force_login(agent)
    return agent


@pytest.fixture
def callback(account):
    return asked(account)


def asked(account, **changes):
    person = ClientFactory(account=account)
    given = {"number": "+390612345678", "contact": "Anna Neri", "description": "The export stops.", **changes}
    return calls.ask(person, **given, by=person, at=MONDAY - DAY)


def close(callback, **changed):
    given = {"user": callback.client, "gates": [Gate.CALLBACK], "starts_at": MONDAY, "ends_at": MONDAY + 2 * DAY}
    return RestrictionFactory(**{**given, "notice": "This is closed to you for two days.", **changed})


@pytest.mark.parametrize(
    ("changed", "is_closed"),
    [
        pytest.param({}, True, id="calls"),
        pytest.param({"gates": [Gate.BOOKING]}, False, id="something else"),
        pytest.param({"ends_at": MONDAY + timedelta(seconds=1)}, True, id="for a second still"),
        pytest.param({"starts_at": MONDAY - DAY, "ends_at": MONDAY}, False, id="over"),
    ],
)
def test_which_requests_are_closed(callback, changed, is_closed):
    found = close(callback, **changed)
    assert closed_calls.closing([callback], MONDAY) == ({callback.pk: found} if is_closed else {})


def test_a_whole_account_is_closed_and_the_longest_is_told(account, callback):
    other = asked(account)
    close(callback)
    longest = close(callback, user=None, account=account, ends_at=None, review_on=MONDAY.date() + DAY)
    assert closed_calls.closing([callback, other], MONDAY) == {callback.pk: longest, other.pk: longest}
    assert closed_calls.closing([asked(AccountFactory(plan=account.plan))], MONDAY) == {}


def test_closing_it_tells_the_client_why_nobody_calls(callback, agent):
    close(callback)
    calls.close_as_closed(callback, by=agent, at=MONDAY)
    callback.refresh_from_db()
    assert callback.state == Callback.State.CANCELLED
    mail = Message.objects.get(kind="callback_closed")
    parcel = rendering.write(mail, rendering.load_subjects([mail])[mail.pk], firm=Firm.current())
    assert parcel.subject == "We cannot call you at the moment"
    assert "closed to you for two days" in parcel.text and "What stays open to you" in parcel.text
    assert "at any time" not in parcel.text


def test_it_is_refused_where_calls_are_open_or_a_colleague_has_it_or_it_is_closed(callback, agent):
    with pytest.raises(CallsOpen):
        calls.close_as_closed(callback, by=agent, at=MONDAY)
    calls.claim(callback, by=StaffFactory(roles=["agent"]), at=MONDAY)
    close(callback)
    with pytest.raises(CallClaimed):
        calls.close_as_closed(callback, by=agent, at=MONDAY)
    calls.cancel(callback, by=callback.client, at=MONDAY)
    with pytest.raises(CallClosed):
        calls.close_as_closed(callback, by=agent, at=MONDAY)
    assert not Message.objects.filter(kind="callback_closed").exists()


@pytest.mark.parametrize("where", ["queue", "today", "request"])
def test_the_desk_sees_until_when_not_to_call(client, agent, callback, where):
    url = {
        "queue": reverse("admin:bookings_callback_changelist"),
        "today": reverse("admin:index"),
        "request": reverse("admin:bookings_callback_change", args=[callback.pk]),
    }[where]
    assert MARK not in client.get(url).content.decode()
    close(callback)
    text = client.get(url).content.decode()
    assert MARK in text and "do not call" in text
    assert "This is closed to you" not in text  # the notice is for the client


def test_the_request_is_not_taken_but_closed(client, agent, callback):
    close(callback)
    page = reverse("admin:bookings_callback_change", args=[callback.pk])
    text = client.get(page).content.decode()
    assert "I'll call" not in text and 'button--primary" href="tel:' not in text
    press = reverse("admin:bookings_callback_act", args=[callback.pk, "calls-closed"])
    assert press in text
    taken = client.post(press.replace("calls-closed", "claim"), follow=True).content.decode()
    assert "Calls are closed to this client now" in taken
    assert "told that calls are closed" in client.post(press, follow=True).content.decode()
    assert Message.objects.filter(kind="callback_closed", recipient=callback.client).exists()


def test_the_queue_asks_as_often_for_thirty_as_for_one(client, agent, account, django_assert_max_num_queries):
    url = reverse("admin:bookings_callback_changelist")
    close(asked(account))
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for _each in range(29):
        close(asked(account))
    with django_assert_max_num_queries(len(few)):
        assert client.get(url).content.decode().count(MARK) == 30


# -- a mail that asks for a call ---------------------------------------------------------------------------------------

WORDS = "Numero: 06 1234 5678\nReferente: Anna Neri\nDescrizione: La stampa si ferma."


def answer_to(person):
    raw = eml(WORDS, Subject="Assistenza telefonica")
    kept = inbound.receive(raw, mails.read(raw), gateway="test", verdict="pass", at=MONDAY)
    inbound.handle(kept.pk, at=MONDAY + timedelta(seconds=5))
    found = Message.objects.filter(kind="callback_not_made").last()
    return found and rendering.write(found, Inbound.objects.select_related("person").get(), firm=Firm.current())


def test_a_mail_for_a_call_that_is_closed_is_not_said_to_lack_a_step(account):
    person = ClientFactory(account=account, email="anna@client.example", language="en")
    RestrictionFactory(user=person, gates=[Gate.CALLBACK], starts_at=MONDAY, ends_at=MONDAY + DAY, notice="Closed.")
    parcel = answer_to(person)
    assert parcel.subject == "Your request for a call: no call is arranged"
    assert "Closed." in parcel.text and "What stays open to you" in parcel.text
    assert "one step" not in parcel.text and "filled in already" not in parcel.text


def test_where_calls_are_open_it_becomes_a_request(account):
    person = ClientFactory(account=account, email="anna@client.example", language="en")
    assert answer_to(person) is None
    assert Callback.objects.filter(client=person).exists()
