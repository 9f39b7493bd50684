"""The agent's day in the admin: what each sees, what one press does, and who may not press (B-12, B-14, N-4)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from bookings.card import card_of
from bookings.models import Booking, Feedback, Strike, SurveyAnswer
from bookings.operations import outcomes
from supportportal.outbox.models import Message
from tests.factories import AgentFactory, BookingFactory, ClientFactory, StaffFactory

STARTS = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
State = Booking.State
INDEX = "/admin/"


def after(minutes=0, **more):
    return STARTS + timedelta(minutes=minutes, **more)


@pytest.fixture
def booking(cast):
    return BookingFactory(client=cast.client, agent=cast.agent, session_type=cast.session_type, starts=STARTS)


@pytest.fixture
def agent(cast, client):
    client.force_login(cast.agent.user)
    return cast.agent.user


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(after(12), tick=False) as clock:
        yield clock


def press(client, booking, action, **data):
    return client.post(reverse("admin:bookings_booking_outcome", args=[booking.pk, action]), data)


def shown(client, booking):
    return client.get(reverse("admin:bookings_booking_change", args=[booking.pk])).content.decode()


def now(booking):
    return Booking.objects.get(pk=booking.pk)


def offered(booking, at):
    return {one.action: one.left for one in card_of(now(booking), at).presses}


# -- what is offered ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param(after(-1), {}, id="before-the-start"),
        pytest.param(after(0), {"start": 0, "attended": 0, "absent": 600, "our-fault": 0}, id="at-the-start"),
        pytest.param(after(10), {"start": 0, "attended": 0, "absent": 0, "our-fault": 0}, id="after-the-tolerance"),
        pytest.param(after(30), {"attended": 0, "absent": 0, "our-fault": 0}, id="once-it-is-over"),
    ],
)
def test_only_lawful_outcomes_are_offered(booking, at, expected):
    assert offered(booking, at) == expected


def test_the_card_follows_the_session(booking, cast):
    by = cast.agent.user
    outcomes.start(booking, by=by, at=after(1))
    assert offered(booking, after(12)) == {"attended": 0, "dropped": 0, "our-fault": 0}
    outcomes.dropped(booking, by=by, at=after(12))
    assert offered(booking, after(13)) == {"back": 0, "interrupted": 241, "attended": 0, "our-fault": 0}
    assert offered(booking, after(17)) == {"back": 0, "interrupted": 1, "attended": 0, "our-fault": 0}
    assert offered(booking, after(17, seconds=1))["interrupted"] == 0


def test_an_absence_is_not_offered_while_it_is_held_back(booking):
    outcomes.nobody_here(booking, at=after(5))
    assert "absent" not in offered(booking, after(12))


def test_the_dropped_timer_is_kept_by_the_server(client, agent, booking):
    press(client, booking, "dropped")
    page = shown(client, booking)
    assert 'data-opens-in="301"' in page
    assert "disabled" in page


# -- one press ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "state"),
    [("attended", State.ATTENDED), ("absent", State.NO_SHOW), ("our-fault", State.OUR_FAULT)],
)
def test_one_press_records_an_outcome(client, agent, booking, action, state):
    response = press(client, booking, action, next="index")
    assert response["Location"] == reverse("admin:index") + f"#session-{booking.pk}"
    assert now(booking).state == state
    assert now(booking).outcome_by == agent
    press(client, booking, "undo")
    assert now(booking).state == State.BOOKED


def test_what_is_not_lawful_is_said_and_not_done(client, agent, booking, clock):
    clock.move_to(after(9))
    press(client, booking, "absent")
    assert now(booking).state == State.BOOKED
    assert "Possible from 10:40" in shown(client, booking)
    press(client, booking, "ended")
    assert "Ask the client politely" in shown(client, booking)
    press(client, booking, "ended", asked_to_stop="on")
    assert now(booking).state == State.ENDED


def test_the_summary_goes_with_the_outcome(client, agent, booking):
    press(client, booking, "attended", summary="We closed the year.")
    assert now(booking).summary == "We closed the year."
    press(client, booking, "summary", summary="We closed 2026.")
    assert now(booking).summary == "We closed 2026."


def test_a_summary_that_came_too_late_is_shown_again(client, agent, booking):
    outcomes.mark(booking, State.NO_SHOW, by=StaffFactory(), at=timezone.now())
    response = press(client, booking, "attended", summary="We closed <the> year.", next="index")
    assert response["Location"] == reverse("admin:bookings_booking_change", args=[booking.pk])
    assert "We closed &lt;the&gt; year." in shown(client, booking)
    assert "We closed" not in shown(client, booking)  # once


@pytest.mark.parametrize(
    ("action", "typed"),
    [
        pytest.param("absent", {"summary": "We closed the year."}, id="not yet lawful"),
        pytest.param("start", {"summary": "We closed the year."}, id="another press"),
        pytest.param("notes", {"notes": "We closed the year." + "x" * 5000}, id="too long"),
    ],
)
def test_what_is_typed_outlives_a_press_that_does_not_keep_it(client, agent, booking, clock, action, typed):
    clock.move_to(after(5))
    press(client, booking, action, **typed)
    assert "We closed the year." in shown(client, booking)


def test_what_is_kept_is_not_shown_as_lost(client, agent, booking):
    press(client, booking, "attended", summary=" We closed the year. ")
    assert "has not been kept" not in shown(client, booking)
    assert f"typed:{booking.pk}" not in client.session


def test_a_correction_needs_a_reason(client, agent, booking, clock):
    press(client, booking, "absent")
    clock.move_to(after(40))
    press(client, booking, "correct", **{"correct-outcome": "attended", "correct-reason": ""})
    assert now(booking).state == State.NO_SHOW
    press(client, booking, "correct", **{"correct-outcome": "attended", "correct-reason": "The wrong row."})
    assert now(booking).state == State.ATTENDED
    assert Strike.objects.get().taken_back == Strike.TakenBack.CORRECTED


def test_somebody_else_looks_into_nobody_here(client, agent, booking):
    outcomes.nobody_here(booking, at=after(11))
    assert "I have looked into it" not in shown(client, booking)
    press(client, booking, "looked")
    assert now(booking).is_held_back
    client.force_login(StaffFactory(roles=["agent"]))
    assert "I have looked into it" in shown(client, booking)
    press(client, booking, "looked")
    assert not now(booking).is_held_back


def test_the_card_shows_what_an_agent_needs(client, agent, booking, cast):
    cast.client.adjustments = "Speaks slowly, likes written steps."
    cast.client.save(update_fields=["adjustments"])
    earlier = BookingFactory(
        client=cast.client, agent=cast.agent, starts=STARTS - timedelta(days=9), topic="Old ledger"
    )
    outcomes.mark(earlier, State.NO_SHOW, by=agent, at=STARTS - timedelta(days=9) + timedelta(minutes=20))
    page = shown(client, booking)
    for text in (booking.topic, "likes written steps", "Old ledger", "one no-show", booking.place):
        assert text in page
    press(client, booking, "notes", notes="<b>Bring the manual</b>")
    assert "&lt;b&gt;Bring the manual" in shown(client, booking)


# -- who may not -------------------------------------------------------------------------------------------------------


def test_a_press_is_a_post(client, agent, booking):
    address = reverse("admin:bookings_booking_outcome", args=[booking.pk, "attended"])
    assert client.get(address).status_code == 405
    assert now(booking).state == State.BOOKED


@pytest.mark.parametrize("who", ["anonymous", "the-client", "staff-without-a-role"])
def test_others_can_not_press(client, booking, cast, who):
    if who == "the-client":
        client.force_login(cast.client)
    if who == "staff-without-a-role":
        client.force_login(StaffFactory())
    assert press(client, booking, "attended").status_code in {302, 403, 404}
    assert now(booking).state == State.BOOKED


def test_an_unknown_action_is_not_found(client, agent, booking):
    assert press(client, booking, "delete").status_code == 404


# -- the first page ----------------------------------------------------------------------------------------------------


def test_the_day_stands_in_order_with_the_current_session_on_top(client, agent, booking, cast):
    before = BookingFactory(client=ClientFactory(), agent=cast.agent, starts=STARTS - timedelta(hours=2))
    BookingFactory(client=ClientFactory(name="Of a colleague"), agent=AgentFactory(), starts=STARTS)
    page = client.get(INDEX).content.decode()
    assert "Of a colleague" not in page
    assert page.index(f'class="day-now" id="session-{booking.pk}"') < page.index(f'<tr id="session-{before.pk}"')


def test_missing_outcomes_and_failed_messages_are_listed(client, agent, booking, cast):
    assert "Outcome missing" not in client.get(INDEX).content.decode()
    BookingFactory(client=ClientFactory(), agent=cast.agent, starts=STARTS - timedelta(days=2))
    Message.objects.create(
        key="x",
        kind="booking_confirmed",
        channel="email",
        subject_type="bookings.booking",
        subject_id=booking.pk,
        recipient=cast.client,
        state=Message.State.FAILED,
        note="550 no such mailbox",
        due_at=after(-60),
        try_at=after(-60),
        created_at=after(-60),
    )
    page = client.get(INDEX).content.decode()
    assert "Outcome missing" in page
    assert "550 no such mailbox" in page


def test_the_first_page_asks_the_same_for_one_session_and_for_many(
    client, agent, booking, cast, django_assert_max_num_queries
):
    client.get(INDEX)  # what is kept from the first time on
    with django_assert_max_num_queries(80) as few:
        client.get(INDEX)
    for number in range(1, 9):
        other = BookingFactory(
            client=ClientFactory(),
            agent=cast.agent,
            starts=STARTS + timedelta(hours=number),
            session_type=cast.session_type,
        )
        BookingFactory(client=other.client, agent=cast.agent, starts=STARTS - timedelta(days=number))
    with django_assert_max_num_queries(len(few)):
        client.get(INDEX)


# -- the week ----------------------------------------------------------------------------------------------------------


def test_the_week_of_an_agent(client, agent, booking, cast):
    address = reverse("admin:bookings_agent_week", args=[cast.agent.pk])
    page = client.get(address).content.decode()
    assert str(booking.client) in page
    assert "09:00–17:00" in page
    assert str(booking.client) not in client.get(address + "?day=2026-12-01").content.decode()
    for day in ("nonsense", "0001-01-01", "9999-12-31"):
        assert client.get(address + f"?day={day}").status_code == 200


def test_an_agent_sees_the_own_week_only_and_a_manager_everybodys(client, agent):
    address = reverse("admin:bookings_agent_week", args=[AgentFactory().pk])
    assert client.get(address).status_code == 404
    client.force_login(StaffFactory(roles=["manager"]))
    assert client.get(address).status_code == 200


# -- results -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def said(booking, cast):
    outcomes.mark(booking, State.ATTENDED, by=cast.agent.user, at=after(20))
    SurveyAnswer.objects.create(client=cast.client, quarter="2026-Q3", asked_at=after(0), rating=4, given_at=after(1))
    return Feedback.objects.create(booking=booking, rating=2, comment='=HYPERLINK("http://x")', given_at=after(5))


def test_results_are_for_managers(client, agent, said):
    for name in ("bookings_feedback_results", "bookings_feedback_csv", "bookings_feedback_changelist"):
        assert client.get(reverse(f"admin:{name}")).status_code == 403
    client.force_login(StaffFactory(roles=["manager"]))
    page = client.get(reverse("admin:bookings_feedback_results")).content.decode()
    for text in (str(said.booking.agent), "2.0", "2026-Q3", "HYPERLINK"):
        assert text in page


def test_the_csv_holds_no_formula(client, said):
    client.force_login(StaffFactory(roles=["manager"]))
    lines = client.get(reverse("admin:bookings_feedback_csv")).content.decode()
    assert "'=HYPERLINK" in lines
    assert ",=HYPERLINK" not in lines
    assert ',"=HYPERLINK' not in lines


def test_a_colleague_is_told_of_nobody_here(client, agent, booking):
    outcomes.nobody_here(booking, at=after(11))
    assert "found nobody there" not in client.get(INDEX).content.decode()
    client.force_login(StaffFactory(roles=["agent"]))
    assert "found nobody there" in client.get(INDEX).content.decode()
