"""What clients see and do about no-shows and fees; consequences stand before the button (B-10, B-13)."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from bookings import messages, operations
from bookings.models import Booking, Fee, Strike, StrikeReview
from supportportal.lattice import cell_at
from supportportal.outbox import rendering
from supportportal.outbox.models import Message
from supportportal.people.models import Firm
from tests.factories import BookingFactory, ClientFactory, StrikeFactory

START = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)  # Tuesday, 10:30 in Rome
NOW = START - timedelta(hours=3)
LATER = str(cell_at(START + timedelta(days=1)))


@pytest.fixture
def now():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def booking(cast):
    return BookingFactory(client=cast.client, agent=cast.agent, session_type=cast.session_type, starts=START)


@pytest.fixture
def one_strike(cast):
    return StrikeFactory(client=cast.client, starts=datetime(2026, 9, 1, 8, tzinfo=UTC))


@pytest.fixture
def two_strikes(cast, one_strike):
    return StrikeFactory(client=cast.client, starts=datetime(2026, 10, 1, 8, tzinfo=UTC))


@pytest.fixture
def reader(client, cast, now):
    client.force_login(cast.client)
    return client


def read(response) -> str:
    return " ".join(html.unescape(strip_tags(response.content.decode())).split())


def shown_meaning(response) -> str:
    return re.search(r'name="meaning" value="([^"]*)"', response.content.decode()).group(1)


# -- before the button -------------------------------------------------------------------------------------------------


def test_cancelling_late_says_what_it_counts_as(client, booking, now):
    page = read(client.get(messages.manage_path(booking, "cancel")))
    assert "This counts as a no-show, the first within 12 months. It costs nothing" in page
    assert "You can undo it for 15 minutes." in page


def test_the_second_says_the_date_and_the_money(client, booking, one_strike, now):
    page = read(client.get(messages.manage_path(booking, "cancel")))
    assert "This counts as a no-show, the second within 12 months." in page
    fee = "Your next session, if it starts before Monday 24 May 2027, carries a fee of €90 (€109.80 with VAT)."
    assert fee in page


def test_the_page_after_a_late_cancel_says_that_it_counted(reader, booking, one_strike):
    path = messages.manage_path(booking, "cancel")
    sent = {"meaning": shown_meaning(reader.get(path)), "reason": "other"}
    for page in (reader.post(path, sent, follow=True), reader.get(booking.get_absolute_url())):
        text = read(page)
        assert "The time on Tue 24 Nov, 10:30 was given up too late to be free." in text
        assert "This counts as a no-show, the second within 12 months." in text
        assert "Your next session, if it starts before Monday 24 May 2027, carries a fee" in text


def test_the_page_after_a_late_move_says_that_it_counted(client, booking, now):
    path = messages.manage_path(booking, "change")
    sent = {"meaning": shown_meaning(client.get(path)), "reason": "other", "start": LATER}
    assert "This counts as a no-show, the first within 12 months." in read(client.post(path, sent, follow=True))


def test_after_an_undo_or_in_time_nothing_counted(client, booking, now):
    path = messages.manage_path(booking, "cancel")
    sent = {"meaning": shown_meaning(client.get(path)), "reason": "other"}
    client.post(path, sent)
    client.post(messages.manage_path(booking, "undo"), {"sure": "on"})
    assert "too late to be free" not in read(client.get(messages.manage_path(booking)))
    now.move_to(START - timedelta(hours=25))
    assert "too late to be free" not in read(client.post(path, {"meaning": "free", "reason": "other"}, follow=True))


def test_a_late_press_after_an_early_look_does_nothing_but_say_so(client, booking, now):
    now.move_to(START - timedelta(hours=24))
    path = messages.manage_path(booking, "cancel")
    early = shown_meaning(client.get(path))
    now.move_to(START - timedelta(hours=24) + timedelta(seconds=1))
    page = client.post(path, {"meaning": early, "reason": "solved"})
    assert "What this means has changed" in read(page) and "counts as a no-show" in read(page)
    assert Booking.objects.get().is_live
    client.post(path, {"meaning": shown_meaning(page), "reason": "solved"})
    assert Strike.objects.count() == 1


@pytest.mark.parametrize("meaning", ["", "free", "late:9", "x" * 61], ids=["empty", "free", "made up", "too long"])
def test_a_forged_meaning_does_nothing(client, booking, now, meaning):
    client.post(messages.manage_path(booking, "cancel"), {"meaning": meaning, "reason": "solved"})
    assert Booking.objects.get().is_live and not Strike.objects.exists()


def test_a_session_booked_just_now_says_that_cancelling_is_free(client, booking, now):
    Booking.objects.update(booked_at=NOW, fixed_at=NOW)
    assert "cancelling it is free until Tue 24 Nov, 07:45" in read(client.get(messages.manage_path(booking, "cancel")))


# -- moving with a fee -------------------------------------------------------------------------------------------------


def move(client, booking, **changes):
    path = messages.manage_path(booking, "change")
    meaning = shown_meaning(client.get(path))
    return client.post(path, {"meaning": meaning, "reason": "other", "start": LATER, **changes})


def test_by_link_alone_nobody_accepts_a_fee(client, booking, one_strike, now):
    page = move(client, booking, fee="on")
    assert "Please sign in to accept it" in read(page) and "please sign in first" in read(page)
    assert Booking.objects.get(pk=booking.pk).starts_at == START


def test_signed_in_the_fee_is_accepted_with_a_tick(reader, booking, one_strike):
    assert "Please accept it" in read(move(reader, booking))
    move(reader, booking, fee="on")
    assert Booking.objects.get(pk=booking.pk).starts_at == START + timedelta(days=1)
    assert Fee.objects.get().state == "accepted"


def test_the_picker_marks_what_costs_and_from_when_it_is_free(reader, cast, two_strikes):
    page = reader.get(reverse("bookings:time", args=[cast.session_type.slug]))
    assert "slot--costs" in page.content.decode()
    assert "Times with € carry a fee of €90 (€109.80 with VAT). From Thursday 1 April on, sessions are free." in read(
        page
    )


def test_the_picker_of_others_marks_nothing(reader, cast, one_strike):
    page = reader.get(reverse("bookings:time", args=[cast.session_type.slug])).content.decode()
    assert "slot--costs" not in page and "carry a fee" not in page


# -- booking with a fee ------------------------------------------------------------------------------------------------


def book(reader, cast, **changes):
    path = reverse("bookings:details", args=[cast.session_type.slug])
    return reader.post(path, {"start": LATER, "topic": "Ledger", "form_key": "k", **changes}, follow=True)


def test_booking_asks_for_the_tick_and_keeps_it_on_record(reader, cast, two_strikes):
    path = reverse("bookings:details", args=[cast.session_type.slug])
    assert "sessions before Thursday 1 April carry a fee of €90 (€109.80 with VAT)" in read(
        reader.get(path, {"start": LATER})
    )
    assert "Please accept it" in read(book(reader, cast))
    assert not Fee.objects.exists()
    page = book(reader, cast, fee="on")
    assert "carries a fee of €90 (€109.80 with VAT), accepted on" in read(page)
    assert Fee.objects.get().accepted_by == cast.client


def test_a_fee_that_came_up_meanwhile_is_asked_for(reader, cast, one_strike, monkeypatch):
    monkeypatch.setattr("bookings.picker.carries_fee", lambda client, start: False)
    StrikeFactory(client=cast.client, starts=datetime(2026, 10, 1, 8, tzinfo=UTC))
    page = book(reader, cast)
    assert "Please accept it" in read(page) and 'name="fee"' in page.content.decode()
    assert not Booking.objects.live().exists()


def test_who_has_no_sanction_is_not_asked(reader, cast, one_strike):
    page = book(reader, cast)
    assert "fee" not in read(page).lower()
    assert Booking.objects.live().count() == 1


# -- a session booked already ------------------------------------------------------------------------------------------


@pytest.fixture
def asked(cast, two_strikes, booking, now):
    far = BookingFactory(
        client=cast.client, agent=cast.agent, session_type=cast.session_type, starts=START + timedelta(days=9)
    )
    Booking.objects.filter(pk=booking.pk).update(state="cancelled", cancelled_at=NOW)
    operations.strikes.refresh(cast.client, at=NOW)
    assert Fee.objects.get().booking == far
    return far


def test_opening_the_page_of_a_fee_changes_nothing(reader, asked):
    page = read(reader.get(reverse("bookings:fee", args=[asked.reference])))
    assert "If we hear nothing until Wednesday 2 December, 10:30, Rome time, we cancel it" in page
    assert Fee.objects.get().state == "asked"


def test_the_button_accepts(reader, asked, cast):
    page = reader.post(reverse("bookings:fee", args=[asked.reference]), follow=True)
    assert "Thank you. The session stands." in read(page)
    assert Fee.objects.get().accepted_by == cast.client


def test_a_fee_is_accepted_by_those_alone_who_may_see_the_session(client, asked, cast):
    path = reverse("bookings:fee", args=[asked.reference])
    assert client.post(path).status_code == 302  # to the sign-in page
    for other, status in [
        (ClientFactory(), 404),
        (ClientFactory(account=cast.client.account), 404),
        (ClientFactory(account=cast.client.account, is_coordinator=True), 302),
    ]:
        client.force_login(other)
        assert client.post(path).status_code == status
    assert Fee.objects.get().accepted_by == other


def test_accepting_needs_our_own_form(asked, cast):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.client)
    assert strict.post(reverse("bookings:fee", args=[asked.reference])).status_code == 403


def test_a_fee_that_has_lapsed_says_so(reader, asked, two_strikes, cast):
    operations.strikes.take_back(two_strikes, how="waived", by=None, at=NOW, reason="Trains")
    page = reader.post(reverse("bookings:fee", args=[asked.reference]), follow=True)
    assert "This session carries no fee any more." in read(page)


# -- my sessions -------------------------------------------------------------------------------------------------------


def test_my_sessions_show_each_no_show_with_its_date_and_what_follows(reader, two_strikes):
    page = read(reader.get(reverse("bookings:sessions")))
    assert "1 October 2026" in page and "1 September 2026" in page
    assert "Your next session, if it starts before Thursday 1 April 2027, carries a fee" in page


def test_who_has_none_reads_nothing_of_no_shows(reader, booking):
    assert "No-shows" not in read(reader.get(reverse("bookings:sessions")))


def test_my_sessions_cost_the_same_for_1_and_8_strikes(reader, cast, one_strike, django_assert_max_num_queries):
    path = reverse("bookings:sessions")
    with django_assert_max_num_queries(40) as few:
        reader.get(path)
    for number in range(7):
        StrikeFactory(client=cast.client, starts=datetime(2026, 10, 1 + number, 8, tzinfo=UTC))
    with django_assert_max_num_queries(len(few)):
        reader.get(path)


def test_a_client_asks_to_look_at_it_again(reader, cast, booking):
    operations.cancel(booking, reason="solved", by=cast.client, at=NOW)
    strike = Strike.objects.get()
    path = reverse("bookings:strike", args=[strike.pk])
    assert "Until Tuesday 8 December you can ask us" in read(reader.get(path))
    assert "Please tell us what happened." in read(reader.post(path, {"text": " "}))
    page = reader.post(path, {"text": "The <b>train</b> stood still."}, follow=True)
    assert "&lt;b&gt;train" in page.content.decode() and "Until then it has no consequences" in read(page)
    reader.post(path, {"text": "Again"})
    assert StrikeReview.objects.count() == 1


def test_somebody_elses_no_show_is_not_there(client, one_strike, cast, now):
    path = reverse("bookings:strike", args=[one_strike.pk])
    assert client.get(path).status_code == 302
    for other in [
        ClientFactory(account=cast.client.account),
        ClientFactory(account=cast.client.account, is_coordinator=True),
    ]:
        client.force_login(other)
        assert client.get(path).status_code == 404
        assert client.post(path, {"text": "x"}).status_code == 404


# -- the mails ---------------------------------------------------------------------------------------------------------


def written(kind: str) -> str:
    message = Message.objects.get(kind=kind)
    parcel = rendering.write(message, rendering.load_subjects([message])[message.pk], firm=Firm.current())
    assert strip_tags(parcel.html).strip() and parcel.subject
    return f"{parcel.subject}\n{parcel.text}"


def test_the_warning_says_what_happens_next_time(booking, cast):
    operations.cancel(booking, reason="solved", by=cast.client, at=NOW)
    text = written("strike_warning")
    assert "was cancelled less than 24 hours before its start" in text
    assert "costs nothing" in text and "a fee of €90 (€109.80 with VAT)" in text
    assert "Until Tuesday 8 December 2026 you can ask us" in text
    assert reverse("bookings:strike", args=[Strike.objects.get().pk]) in text


def test_the_second_and_third_say_from_when_it_is_free_again(booking, cast, one_strike):
    operations.cancel(booking, reason="solved", by=cast.client, at=NOW)
    assert "From Monday 24 May 2027 on, sessions are free again." in written("strike_sanction")
    StrikeFactory(client=cast.client, starts=datetime(2026, 8, 1, 8, tzinfo=UTC))
    other = BookingFactory(client=cast.client, starts=START + timedelta(hours=2))
    operations.cancel(other, reason="solved", by=cast.client, at=NOW)
    assert "A manager will also look" in written("strike_renewed")


def test_the_question_about_the_fee_has_three_ways_and_a_time(asked):
    text = written("fee_asked")
    assert reverse("bookings:fee", args=[asked.reference]) in text
    assert messages.manage_path(asked, "change") in text and messages.manage_path(asked, "cancel") in text
    assert "Wednesday 2 December, 10:30" in text


@pytest.mark.parametrize(
    ("horizon", "says", "is_offered"),
    [
        pytest.param(200, "move it to Thursday 1 April 2027 or later", True, id="a free date can be booked now"),
        pytest.param(128, "move it to Thursday 1 April 2027 or later", True, id="from today on"),
        pytest.param(127, "From Wednesday 25 November 2026 on", False, id="from tomorrow on, in time to answer"),
        pytest.param(120, "From Wednesday 2 December 2026 on", False, id="on the last day to answer"),
        pytest.param(119, "can be booked from Thursday 3 December 2026", False, id="too late to answer"),
        pytest.param(28, "can be booked from Thursday 4 March 2027", False, id="far too late"),
    ],
)
def test_a_free_date_is_offered_only_once_it_can_be_booked(reader, asked, cast, horizon, says, is_offered):
    cast.session_type.horizon_days = horizon
    cast.session_type.save()
    page = read(reader.get(reverse("bookings:fee", args=[asked.reference])))
    mail = written("fee_asked")
    assert ("Move it to a free date" in page) is is_offered
    assert says.removeprefix("move it to ") in page.replace("move the session to", "move it to")
    assert says[1:] in mail
    assert "cancel" in mail


def test_the_answer_and_the_waiver_reach_the_client(cast, two_strikes, one_strike):
    review = operations.reviews.ask(two_strikes, text="Trains", by=cast.client, at=two_strikes.final_at)
    someone = ClientFactory(is_staff=True)
    operations.reviews.decide(review, decision="kept", answer="It is late & true.", by=someone, at=NOW)
    assert "It stays." in written("strike_reviewed") and "It is late & true." in written("strike_reviewed")
    operations.strikes.take_back(one_strike, how="waived", by=someone, at=NOW, reason="Trains")
    assert "has been taken back" in written("strike_taken_back")
