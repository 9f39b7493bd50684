"""Strikes, requests to look again, "reduce support?" and the books, as staff of each role see them (B-13)."""

import csv
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse

from bookings import messages_ladder, operations
from bookings.books import csv_of
from bookings.models import Fee, Strike, StrikeReview, SupportDecision
from bookings.sent import messages_of
from supportportal.lattice import cell_at
from supportportal.outbox import operations as outbox
from supportportal.spreadsheets import harmless
from tests.factories import BookingFactory, ClientFactory, StaffFactory, StrikeFactory

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=2)


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def enter(client, db):
    call_command("migrate", verbosity=0)  # gives the roles what each app grants

    def enter(*roles, **facts):
        person = StaffFactory(roles=list(roles), **facts)
        client.force_login(person)
        return client, person

    return enter


@pytest.fixture
def strike(cast):
    return StrikeFactory(client=cast.client, starts=NOW - timedelta(days=3))


def admin(name, *args):
    return reverse(f"admin:bookings_{name}", args=args)


def owed_fee(client, **facts):
    booking = BookingFactory(client=client, starts=NOW - timedelta(days=2), state="attended", outcome_at=NOW)
    known = {"state": "owed", "net": "90.00", "vat_rate": "22", "currency": "EUR", "asked_at": NOW, "accepted_at": NOW}
    return Fee.objects.create(booking=booking, client=client, account=client.account, **{**known, **facts})


@pytest.mark.parametrize(
    ("role", "status"), [pytest.param("agent", 404, id="agent"), pytest.param("manager", 302, id="manager")]
)
def test_managers_alone_waive(enter, strike, role, status):
    client, person = enter(role)
    answer = client.post(admin("strike_waive", strike.pk), {"reason": "The trains"})
    assert answer.status_code == status
    assert (Strike.objects.get().taken_back_by == person) is (role == "manager")


@pytest.mark.parametrize("name", ["strike_waive", "strike_answer", "strike_decide_support"])
@pytest.mark.parametrize("who", ["client", "agent", "nobody"])
def test_the_decisions_are_no_pages_for_others(client, enter, strike, name, who):
    StrikeReview.objects.create(strike=strike, asked_at=NOW, text="Trains")
    if who == "client":
        client.force_login(strike.client)
    elif who == "agent":
        enter("agent")
    post = {"reason": "x", "decision": "waived", "answer": "x"}
    assert client.post(admin(name, strike.pk), post).status_code in (302, 404)
    assert Strike.objects.get().taken_back_at is None
    assert not SupportDecision.objects.exists() and not StrikeReview.objects.exclude(decision="").exists()


def test_a_waiver_needs_a_reason(enter, strike):
    client, _manager = enter("manager")
    assert "Please give a reason." in client.post(admin("strike_waive", strike.pk), {"reason": " "}).content.decode()
    assert Strike.objects.get().taken_back_at is None


def test_an_agent_sees_strikes_and_no_way_to_change_them(enter, strike):
    client, _agent = enter("agent")
    assert str(strike.client) in client.get(admin("strike_changelist")).content.decode()
    page = client.get(admin("strike_change", strike.pk))
    assert page.status_code == 200 and "/waive/" not in page.content.decode()
    assert client.get(admin("fee_changelist")).status_code == 403


def test_a_manager_answers_a_request(enter, strike):
    client, manager = enter("manager")
    operations.reviews.ask(strike, text="<script>alert(1)</script>", by=strike.client, at=NOW)
    page = client.get(admin("strike_answer", strike.pk)).content.decode()
    assert "<script>alert" not in page
    client.post(admin("strike_answer", strike.pk), {"decision": "kept", "answer": "The door was open."})
    review = StrikeReview.objects.get()
    assert (review.decision, review.decided_by) == ("kept", manager)


def test_who_marked_it_is_told_that_somebody_else_decides(enter, strike):
    client, manager = enter("manager")
    Strike.objects.update(recorded_by=manager)
    operations.reviews.ask(strike, text="Trains", by=strike.client, at=NOW)
    post = {"decision": "waived", "answer": "Yes"}
    page = client.post(admin("strike_answer", strike.pk), post).content.decode()
    assert "somebody else has to decide" in page
    assert StrikeReview.objects.get().decision == ""


def test_reduce_support_lists_level_3_until_somebody_decides(enter, cast):
    client, manager = enter("manager")
    for days in (200, 100, 5):
        newest = StrikeFactory(client=cast.client, starts=NOW - timedelta(days=days))
    twice = ClientFactory()
    (
        StrikeFactory(client=twice, starts=NOW - timedelta(days=50)),
        StrikeFactory(client=twice, starts=NOW - timedelta(days=60)),
    )
    page = client.get(admin("strike_support")).content.decode()
    assert str(cast.client) in page and str(twice) not in page
    client.post(admin("strike_decide_support", newest.pk), {"decision": "reduced", "reason": "Chat only"})
    assert SupportDecision.objects.get().decided_by == manager
    assert "Nobody to decide about" in client.get(admin("strike_support")).content.decode()
    StrikeFactory(client=cast.client, starts=NOW - timedelta(days=1))
    assert str(cast.client) in client.get(admin("strike_support")).content.decode()


def test_the_first_page_counts_what_is_to_decide(enter, strike):
    operations.reviews.ask(strike, text="Trains", by=strike.client, at=NOW)
    owed_fee(strike.client)
    client, _manager = enter("manager")
    page = client.get(reverse("admin:index")).content.decode()
    assert "No-shows: to decide" in page and "1 fee to invoice" in page
    client, _agent = enter("agent")
    assert "No-shows: to decide" not in client.get(reverse("admin:index")).content.decode()


# -- fees --------------------------------------------------------------------------------------------------------------


def act(client, action, *fees):
    post = {"action": action, "_selected_action": [fee.pk for fee in fees]}
    return client.post(admin("fee_changelist") + "?state=all", post, follow=True)


def test_fees_are_invoiced_then_paid(enter, cast):
    client, _manager = enter("manager")
    fee = owed_fee(cast.client)
    assert "can&#x27;t become this" in act(client, "pay", fee).content.decode()
    act(client, "invoice", fee)
    act(client, "pay", fee)
    fee.refresh_from_db()
    assert (fee.state, fee.settled_at) == ("paid", NOW)


def test_a_fee_is_waived_with_a_reason(enter, cast):
    client, _manager = enter("manager")
    fee = owed_fee(cast.client)
    client.post(admin("fee_waive", fee.pk), {"reason": "Goodwill"})
    fee.refresh_from_db()
    assert (fee.state, fee.reason) == ("waived", "Goodwill")


def test_agents_do_not_touch_fees(enter, cast):
    client, _agent = enter("agent")
    fee = owed_fee(cast.client)
    assert client.post(admin("fee_waive", fee.pk), {"reason": "Goodwill"}).status_code == 404
    act(client, "invoice", fee)
    fee.refresh_from_db()
    assert fee.state == "owed"


def test_the_books_get_one_line_per_fee(enter, cast):
    client, _manager = enter("manager")
    cast.client.name = '=HYPERLINK("http://evil.example","x")'
    cast.client.save()
    fee = owed_fee(cast.client)
    answer = act(client, "export", fee)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    (line,) = csv.DictReader(b"".join(answer.streaming_content).decode().splitlines())
    assert (line["net"], line["vat"], line["gross"], line["currency"]) == ("90.00", "19.80", "109.80", "EUR")
    assert line["client"] == '\'=HYPERLINK("http://evil.example","x")'
    assert (line["session"], line["state"]) == (fee.booking.reference, "owed")


@pytest.mark.parametrize(
    ("zone", "day", "accepted"),
    [
        pytest.param("Europe/Rome", "2026-11-25", "2026-11-25T00:30:00+01:00", id="after midnight here"),
        pytest.param("UTC", "2026-11-24", "2026-11-24T23:30:00+00:00", id="before midnight there"),
    ],
)
def test_the_books_say_the_clients_own_date(db, zone, day, accepted):
    person = ClientFactory(time_zone=zone)
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    owed_fee(person, accepted_at=late)
    fee = Fee.objects.get()
    fee.booking.first_cell = cell_at(late)
    (line,) = csv.DictReader(csv_of([fee]))
    assert (line["date"], line["accepted"]) == (day, accepted)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "  @"])
def test_no_cell_is_a_formula(start):
    assert harmless(f"{start}1+1").startswith("'")


def test_an_ordinary_name_stays_as_it_is():
    assert harmless("Anna-Maria =") == "Anna-Maria ="


# -- messages of a session ---------------------------------------------------------------------------------------------


def test_a_sessions_messages_name_those_about_its_strike_and_its_fee(enter, cast):
    client, _manager = enter("manager")
    booking = BookingFactory(client=cast.client, agent=cast.agent, session_type=cast.session_type, starts=NOW)
    other = BookingFactory(client=cast.client, agent=cast.agent, session_type=cast.session_type, starts=LATER)
    strike = StrikeFactory(client=cast.client, booking=booking)
    fee = Fee.objects.create(
        booking=booking, client=cast.client, state="asked", net="90", vat_rate="22", currency="EUR", asked_at=NOW
    )
    outbox.plan([messages_ladder.owed_for_strike(strike, 1), messages_ladder.owed_for_fee(fee)], at=NOW)
    assert {one.kind for one in messages_of(booking)} == {"strike_warning", "fee_asked"}
    assert messages_of(other) == messages_of(booking, to=ClientFactory()) == []
    page = client.get(admin("booking_change", booking.pk)).content.decode()
    assert "Warning after a no-show" in page and "Fee asked for a booked session" in page


# -- lists -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["strike_changelist", "fee_changelist", "booking_changelist", "strike_support"])
def test_lists_cost_the_same_for_1_row_and_12(enter, name, django_assert_max_num_queries):
    client, _manager = enter("manager")
    path = admin(name) + (
        "" if name == "strike_support" else "?when=all" if name == "booking_changelist" else "?state=all"
    )

    def add(count):
        for _number in range(count):
            person = ClientFactory()
            for days in (100, 50, 5):
                StrikeFactory(client=person, starts=NOW - timedelta(days=days))
            owed_fee(person)

    add(2)
    client.get(path)  # whatever is kept after the first time
    with django_assert_max_num_queries(60) as few:
        client.get(path)
    add(10)
    with django_assert_max_num_queries(len(few)):
        client.get(path)


def test_a_session_shows_where_its_client_stands(enter, cast):
    client, _agent = enter("agent")
    for days in (40, 20):
        StrikeFactory(client=cast.client, starts=NOW - timedelta(days=days))
    booking = BookingFactory(client=cast.client, starts=NOW + timedelta(days=3))
    assert "fee before Tue 4 May" in client.get(admin("booking_changelist")).content.decode()
    assert "fee before" in client.get(admin("booking_change", booking.pk)).content.decode()
