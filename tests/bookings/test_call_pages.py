"""The pages of phone callbacks: the guided form, the open request, the agents' queue and the requests by mail."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from bookings.models import CallAttempt, Callback, PeakPeriod
from bookings.operations import calls
from supportportal.outbox import inbound, mails
from supportportal.outbox.models import Inbound, Message
from supportportal.people import roles
from tests.factories import ChannelFactory, ClientFactory, FirmFactory, PlanFactory, StaffFactory, TermsVersionFactory
from tests.outbox.test_mails import eml

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)  # 10:00 in Rome, the desk is open
SUNDAY = datetime(2026, 11, 22, 9, tzinfo=UTC)
FILLED = {
    "number": "+39 06 1234 5678",
    "contact": "Anna Neri",
    "description": "The export stops half-way.",
    "day_part": "any",
}


@pytest.fixture(autouse=True)
def _monday():
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def caller(db, client):
    FirmFactory()
    person = ClientFactory(name="Anna Neri", phone="+390612345678")
    ChannelFactory(code="callback", name="Phone callback", plans=[person.account.plan])
    client.force_login(person)
    return person


@pytest.fixture
def agent(db):
    return StaffFactory(roles=["agent"], name="Elisa Conti")


def ask(person, **changes):
    given = {"number": "+390612345678", "contact": "Anna Neri", "description": "The export stops.", **changes}
    return calls.ask(person, **given, by=person, at=MONDAY)


def text(response) -> str:
    return " ".join(response.content.decode().split())


# -- the client --------------------------------------------------------------------------------------------------------


def test_the_first_question_tells_what_is_out_of_scope(client, caller):
    page = text(client.get(reverse("bookings:callback")))
    assert "Something in the product does not work" in page
    assert "Please call your provider" in page


def test_a_topic_out_of_scope_leads_elsewhere_and_asks_for_nothing(client, caller):
    page = text(client.get("/callback/details/?topic=training"))
    assert reverse("bookings:book") in page
    client.post("/callback/details/?topic=training", FILLED)
    assert not Callback.objects.exists()


def test_the_form_knows_number_and_name(client, caller):
    page = client.get("/callback/details/?topic=fault").content.decode()
    assert 'value="+39 06 1234 5678"' in page
    assert 'value="Anna Neri"' in page


def test_a_request_is_made_and_shown(client, caller):
    response = client.post("/callback/details/?topic=fault", FILLED, follow=True)
    callback = Callback.objects.get()
    assert (callback.topic, callback.number) == ("fault", "+390612345678")
    assert "The next call can come" in text(response)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"number": "12"}, "number", id="no phone number"),
        pytest.param({"number": ""}, "number", id="empty number"),
        pytest.param({"contact": ""}, "contact", id="nobody"),
        pytest.param({"description": " "}, "description", id="no words"),
        pytest.param({"description": "x" * 1001}, "description", id="too long"),
        pytest.param({"day_part": "night"}, "day_part", id="no such part of the day"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_the_rest_is_kept(client, caller, changes, field):
    response = client.post("/callback/details/", {**FILLED, **changes})
    assert list(response.context["form"].errors) == [field]
    assert "Anna Neri" in text(response) or field == "contact"
    assert not Callback.objects.exists()


def test_terms_are_asked_once(client, caller):
    TermsVersionFactory()
    assert "terms" in client.post("/callback/details/", FILLED).context["form"].errors
    client.post("/callback/details/", {**FILLED, "terms": "on"})
    assert Callback.objects.count() == caller.terms_acceptances.count() == 1


def test_outside_the_hours_it_is_taken_and_says_when_the_call_comes(client, caller):
    with time_machine.travel(SUNDAY, tick=False):
        assert "We are not calling at this hour" in text(client.get("/callback/details/"))
        page = text(client.post("/callback/details/", FILLED, follow=True))
    assert "Monday 23 November, 08:30–17:30, Rome time" in page


def test_in_a_peak_period_the_pages_and_the_mail_say_so(client, caller):
    PeakPeriod.objects.create(first_day=date(2026, 11, 20), last_day=date(2026, 11, 30), note="Year-end.")
    assert "Waiting is longer than usual. Year-end." in text(client.get("/callback/"))
    assert "keep to one request a day" in text(client.get("/callback/details/"))
    assert "Waiting is longer than usual" in text(client.get("/plan/"))
    assert "Waiting is longer than usual" in text(client.get("/book/"))
    PeakPeriod.objects.update(last_day=date(2026, 11, 22))
    assert "Waiting is longer" not in text(client.get("/callback/"))


def test_a_second_request_is_added_to_the_first(client, caller):
    ask(caller)
    assert "added to it" in text(client.get("/callback/details/"))
    page = text(client.post("/callback/details/", {**FILLED, "description": "It says: later."}, follow=True))
    assert "It has been added" in page and "It says: later." in page
    assert Callback.objects.count() == 1


def test_a_plan_without_calls_says_why_and_what_to_do(client, caller):
    caller.account.plan = PlanFactory()
    caller.account.save()
    for address in ("/callback/", "/callback/details/"):
        page = text(client.get(address))
        assert "does not include this" in page and reverse("people:plan") in page
    client.post("/callback/details/", FILLED)
    assert not Callback.objects.exists()


def test_the_open_request_is_edited_and_cancelled(client, caller):
    callback = ask(caller)
    client.post("/callback/edit/", {**FILLED, "description": "Now all screens."})
    callback.refresh_from_db()
    assert callback.description == "Now all screens."
    client.get("/callback/cancel/")
    assert Callback.objects.open().exists()
    client.post("/callback/cancel/")
    callback.refresh_from_db()
    assert callback.state == Callback.State.CANCELLED
    assert client.post("/callback/cancel/").status_code == client.get("/callback/edit/").status_code == 302


def test_nobody_sees_the_request_of_another(client, caller):
    ask(caller, description="A private matter.")
    other = ClientFactory(account=caller.account)
    client.force_login(other)
    for address in ("/callback/", "/callback/details/", "/"):
        assert "A private matter." not in text(client.get(address))


@pytest.mark.parametrize("name", ["callback", "callback_details", "callback_edit", "callback_cancel"])
def test_one_has_to_sign_in(client, db, name):
    response = client.get(reverse(f"bookings:{name}"))
    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


def test_the_home_page_shows_the_way_and_the_open_request(client, caller):
    assert reverse("bookings:callback") in text(client.get("/"))
    ask(caller)
    assert "We will call you" in text(client.get("/"))


def test_the_plan_page_shows_channels_sessions_hours_and_terms(client, caller):
    TermsVersionFactory(version="7.0")
    page = text(client.get("/plan/"))
    assert f'href="{reverse("bookings:callback")}"' in page
    assert "Monday – Thursday" in page and "08:30–17:30" in page
    assert "Version 7.0" in page


def test_the_plan_page_asks_the_same_few_questions_for_many_channels(client, caller, django_assert_max_num_queries):
    for _more in range(12):
        ChannelFactory()
    with django_assert_max_num_queries(22):
        client.get("/plan/")


# -- agents ------------------------------------------------------------------------------------------------------------


def act(client, callback, action, **given):
    return client.post(reverse("admin:bookings_callback_act", args=[callback.pk, action]), given, follow=True)


def test_an_agent_works_the_queue(client, caller, agent):
    callback = ask(caller)
    client.force_login(agent)
    assert "tel:+390612345678" in text(client.get(reverse("admin:bookings_callback_changelist")))
    act(client, callback, "claim")
    act(client, callback, "attempt", result="unanswered", note="busy")
    act(client, callback, "attempt", result="answered")
    page = text(act(client, callback, "finish", **{"finish-note": "Settled."}))
    callback.refresh_from_db()
    assert (callback.state, callback.note, callback.attempts.count()) == (Callback.State.DONE, "Settled.", 2)
    assert "The request is closed." in page


def test_what_a_colleague_has_taken_is_said(client, caller, agent):
    callback = calls.claim(ask(caller), by=agent, at=MONDAY)
    client.force_login(StaffFactory(roles=["agent"]))
    page = text(act(client, callback, "claim"))
    assert "Elisa Conti has taken this request." in page
    callback.refresh_from_db()
    assert callback.claimed_by == agent


def test_the_third_unanswered_call_is_said(client, caller, agent):
    callback = calls.claim(ask(caller), by=agent, at=MONDAY)
    client.force_login(agent)
    for _try in range(3):
        page = text(act(client, callback, "attempt", result="unanswered"))
    assert "the client is told by mail" in page
    assert Message.objects.filter(kind="callback_unreached").exists()


def test_out_of_scope_needs_a_topic_that_is(client, caller, agent):
    callback = ask(caller)
    client.force_login(agent)
    act(client, callback, "out-of-scope", **{"scope-topic": "fault"})
    assert Callback.objects.open().exists()
    act(client, callback, "out-of-scope", **{"scope-topic": "internet"})
    assert Message.objects.filter(kind="callback_out_of_scope").exists()


def test_nothing_changes_by_looking_and_clients_stay_outside(client, caller, agent):
    callback = ask(caller)
    address = reverse("admin:bookings_callback_act", args=[callback.pk, "claim"])
    assert client.post(address).status_code == 302
    client.force_login(agent)
    assert client.get(address).status_code == 405
    assert act(client, callback, "no-such-thing").status_code == 404
    callback.refresh_from_db()
    assert callback.state == Callback.State.WAITING


def test_staff_without_the_role_see_no_queue(client, caller):
    callback = ask(caller)
    client.force_login(StaffFactory())
    assert client.get(reverse("admin:bookings_callback_changelist")).status_code == 403
    assert act(client, callback, "claim").status_code == 404


def test_the_lists_ask_as_much_for_many_rows_as_for_one(client, caller, agent, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count(address):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(address)
        return len(queries)

    client.force_login(agent)
    addresses = [reverse("admin:bookings_callback_changelist"), reverse("admin:outbox_inbound_changelist"), "/admin/"]
    one_more(caller, agent, 0)
    for address in addresses:
        client.get(address)
    before = [count(address) for address in addresses]
    for number in range(1, 7):
        one_more(caller, agent, number)
    assert [count(address) for address in addresses] == before


def one_more(caller, agent, number):
    person = ClientFactory(account=caller.account)
    callback = calls.claim(ask(person), by=agent, at=MONDAY)
    calls.log_attempt(callback, CallAttempt.Result.UNANSWERED, by=agent, at=MONDAY)
    raw = eml(f"Hello {number}", From=person.email)
    kept = inbound.receive(raw, mails.read(raw), gateway="test", verdict="pass", at=MONDAY - timedelta(minutes=number))
    inbound.handle(kept.pk, at=MONDAY)


def test_requests_by_mail_are_seen_and_done(client, caller, agent):
    one_more(caller, agent, 0)
    kept = Inbound.objects.get()
    client.force_login(agent)
    assert "Hello 0" in text(client.get(reverse("admin:outbox_inbound_changelist")))
    assert "Hello 0" in text(client.get(reverse("admin:outbox_inbound_change", args=[kept.pk])))
    address = reverse("admin:outbox_inbound_act", args=[kept.pk, "done"])
    assert client.get(address).status_code == 405
    client.post(address)
    kept.refresh_from_db()
    assert (kept.state, kept.handled_by) == (Inbound.State.HANDLED, agent)
    assert "Hello 0" not in text(client.get(reverse("admin:outbox_inbound_changelist")))


def test_words_of_a_mail_are_escaped_for_staff(client, caller, agent):
    raw = eml("<script>alert(1)</script>", From=caller.email, Subject="<script>alert(2)</script>")
    kept = inbound.receive(raw, mails.read(raw), gateway="test", verdict="none", at=MONDAY)
    inbound.handle(kept.pk, at=MONDAY)
    inbound.put_back(kept, by=agent, at=MONDAY)
    client.force_login(agent)
    for address in (
        reverse("admin:outbox_inbound_changelist"),
        reverse("admin:outbox_inbound_change", args=[kept.pk]),
        "/admin/",
    ):
        page = client.get(address).content.decode()
        assert "<script>alert" not in page
        assert "does not confirm" in page or "not confirmed" in page


def test_agents_may_work_the_queue_and_managers_set_peak_periods():
    assert {"bookings.change_callback", "outbox.change_inbound"} <= roles.granted("agent")
    assert "bookings.add_peakperiod" in roles.granted("manager") - roles.granted("agent")
