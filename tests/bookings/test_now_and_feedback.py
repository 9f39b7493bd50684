"""What clients say by the links in their mails: late, nobody here, how it was (B-12, B-19)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.conf import settings

from bookings import messages, messages_outcomes, rules
from bookings.models import Booking, Callback, Feedback, Strike, SurveyAnswer
from bookings.operations import feedback, outcomes
from bookings.refusals import BookingRefused
from supportportal.outbox import gsm, rendering
from supportportal.outbox.models import Message
from supportportal.outbox.secrecy import blank_links
from supportportal.people.models import Firm
from tests.factories import BookingFactory, ClientFactory, FirmFactory, HolidayFactory, StaffFactory

STARTS = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
State = Booking.State


def after(minutes=0, **more):
    return STARTS + timedelta(minutes=minutes, **more)


@pytest.fixture
def booking(cast):
    return BookingFactory(client=cast.client, agent=cast.agent, session_type=cast.session_type, starts=STARTS)


@pytest.fixture
def clock():
    with time_machine.travel(after(5), tick=False) as clock:
        yield clock


def now(booking):
    return Booking.objects.get(pk=booking.pk)


def page_of(booking):
    return messages.manage_path(booking, "now")


# -- the session's own page --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "status", "late", "nobody"),
    [
        pytest.param(after(-60), 200, False, False, id="an-hour-before"),
        pytest.param(after(-30), 200, True, False, id="half-an-hour-before"),
        pytest.param(after(0), 200, True, True, id="at-the-start"),
        pytest.param(after(10), 200, True, True, id="as-the-tolerance-ends"),
        pytest.param(after(11), 200, False, True, id="after-the-tolerance"),
        pytest.param(after(30), 404, False, False, id="at-the-end"),
    ],
)
def test_the_page_lives_until_the_end(client, booking, clock, at, status, late, nobody):
    clock.move_to(at)
    response = client.get(page_of(booking))
    page = response.content.decode()
    assert response.status_code == status
    assert ('value="late"' in page, 'value="nobody"' in page) == (late, nobody)


def test_the_other_links_still_end_at_the_start(client, booking, clock):
    for action in ("", "change", "cancel"):
        assert client.get(messages.manage_path(booking, action)).status_code == 404


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_the_page_changes_nothing(client, booking, clock, method):
    before = Booking.objects.filter(pk=booking.pk).values().get()
    getattr(client, method)(page_of(booking))
    assert Booking.objects.filter(pk=booking.pk).values().get() == before


def test_running_late_is_said_without_signing_in(client, booking, clock):
    response = client.post(page_of(booking), {"say": "late"}, follow=True)
    assert now(booking).late_until == after(20)
    assert "waits until" in response.content.decode()
    assert 'value="late"' not in response.content.decode()


def test_nobody_here_is_said_without_signing_in(client, booking, clock):
    response = client.post(page_of(booking), {"say": "nobody"}, follow=True)
    assert now(booking).is_held_back
    assert "Nothing counts as missed" in response.content.decode()


def test_a_post_that_says_nothing_changes_nothing(client, booking, clock):
    client.post(page_of(booking), {"say": "cancel"})
    assert (now(booking).late_until, now(booking).nobody_here_at, now(booking).state) == (None, None, State.BOOKED)


def test_a_client_noted_as_absent_can_speak_up_while_it_can_be_undone(client, booking, clock, cast):
    outcomes.mark(booking, State.NO_SHOW, by=cast.agent.user, at=after(11))
    clock.move_to(after(12))
    assert "you were not there" in client.get(page_of(booking)).content.decode()
    client.post(page_of(booking), {"say": "nobody"})
    assert now(booking).is_held_back
    assert not Strike.objects.counting().exists()


def test_a_forged_or_revoked_link_is_a_404(client, booking, clock):
    assert client.get(page_of(booking)[:-8] + "AAAA/now/").status_code == 404
    old = page_of(booking)
    Booking.objects.filter(pk=booking.pk).update(link_epoch=2)
    assert client.get(old).status_code == 404


def text_message(booking):
    row = Message(
        kind="reminder_30m",
        channel="sms",
        subject_type="bookings.booking",
        subject_id=booking.pk,
        version=1,
        recipient=booking.client,
        due_at=after(-30),
        created_at=after(-60),
    )
    row.pk = 1
    return rendering.write(row, booking, firm=Firm.current()).text


def test_the_text_message_leads_there_within_160_characters(booking, monkeypatch):
    FirmFactory(name="Meridian Software")
    monkeypatch.setattr(settings, "SITE_URL", "https://support.meridian.example")
    text = text_message(booking)
    assert page_of(booking) in text
    assert gsm.length(gsm.simplify(text)) <= gsm.LONGEST


@pytest.mark.parametrize("path", [messages_outcomes.feedback_path, page_of])
def test_kept_copies_hold_no_key(booking, path):
    assert "…" in blank_links(path(booking))


# -- feedback on a session ---------------------------------------------------------------------------------------------


@pytest.fixture
def attended(booking, cast):
    return outcomes.mark(booking, State.ATTENDED, by=cast.agent.user, at=after(4))


def test_feedback_is_given_once_and_changed_by_the_same_link(client, attended, clock):
    path = messages_outcomes.feedback_path(attended)
    assert client.get(path).status_code == 200
    assert not Feedback.objects.exists()
    client.post(path, {"rating": "4", "comment": " Good. "})
    client.post(path, {"rating": "5", "comment": "Very good."})
    assert Feedback.objects.values_list("rating", "comment", "given_at").get() == (5, "Very good.", after(5))


@pytest.mark.parametrize(
    ("later", "allowed"),
    [
        pytest.param(timedelta(days=14), True, id="exactly-two-weeks"),
        pytest.param(timedelta(days=14, microseconds=1), False, id="a-microsecond-more"),
    ],
)
def test_feedback_is_changed_for_two_weeks(client, attended, clock, later, allowed):
    path = messages_outcomes.feedback_path(attended)
    client.post(path, {"rating": "4"})
    clock.move_to(after(5) + later)
    page = client.post(path, {"rating": "1"}, follow=True).content.decode()
    assert Feedback.objects.get().rating == (1 if allowed else 4)
    assert ("be changed any more" in page) is not allowed


@pytest.mark.parametrize("rating", ["", "0", "6", "3.5", "five"])
def test_a_rating_is_one_to_five(client, attended, clock, rating):
    response = client.post(messages_outcomes.feedback_path(attended), {"rating": rating, "comment": "Kept."})
    assert "Kept." in response.content.decode()
    assert not Feedback.objects.exists()


def test_only_an_attended_session_asks(client, booking, clock):
    assert client.get(messages_outcomes.feedback_path(booking)).status_code == 404
    with pytest.raises(BookingRefused):
        feedback.give(booking, rating=5, comment="", at=after(5))


def test_a_link_for_one_purpose_is_worthless_for_another(client, attended, clock):
    token = messages.manage_path(attended).split("/")[2]
    assert client.get(f"/feedback/{token}/").status_code == 404
    assert client.get(f"/survey/{token}/").status_code == 404
    assert client.get("/feedback/nonsense/").status_code == 404


# -- the quarterly survey ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "quarter", "before"),
    [
        pytest.param(date(2027, 1, 1), "2027-Q1", (date(2026, 10, 1), date(2027, 1, 1)), id="new-year"),
        pytest.param(date(2026, 12, 31), "2026-Q4", (date(2026, 7, 1), date(2026, 10, 1)), id="new-years-eve"),
        pytest.param(date(2028, 2, 29), "2028-Q1", (date(2027, 10, 1), date(2028, 1, 1)), id="leap-day"),
        pytest.param(date(2026, 4, 1), "2026-Q2", (date(2026, 1, 1), date(2026, 4, 1)), id="first-of-april"),
    ],
)
def test_quarters(day, quarter, before):
    assert (rules.quarter_of(day), rules.quarter_before(day)) == (quarter, before)


@pytest.mark.parametrize(
    ("today", "due"),
    [
        pytest.param(date(2027, 1, 1), False, id="a-holiday"),
        pytest.param(date(2027, 1, 3), False, id="the-weekend-after"),
        pytest.param(date(2027, 1, 4), True, id="first-business-day"),
        pytest.param(date(2027, 1, 31), True, id="who-was-down-asks-later"),
        pytest.param(date(2027, 2, 1), False, id="but-not-a-month-later"),
    ],
)
def test_a_survey_is_due(today, due):
    new_year = date(2027, 1, 1)
    assert rules.is_survey_due(today, lambda day: day.weekday() < 5 and day != new_year) is due


MONDAY = datetime(2027, 1, 4, 9, tzinfo=UTC)


def test_whoever_used_support_in_the_last_quarter_is_asked_once(booking, cast):
    HolidayFactory(day=date(2027, 1, 1))
    outcomes.mark(booking, State.ATTENDED, by=cast.agent.user, at=after(20))
    missed = BookingFactory(client=ClientFactory(), agent=cast.agent, starts=STARTS + timedelta(days=1))
    outcomes.mark(missed, State.NO_SHOW, by=cast.agent.user, at=after(24 * 60 + 20))
    called = ClientFactory()
    Callback.objects.create(
        client=called,
        state=Callback.State.DONE,
        number="+390612345678",
        contact="Ada",
        description="The export",
        requested_at=STARTS,
        closed_at=STARTS,
    )
    ClientFactory()
    assert feedback.ask_surveys(datetime(2027, 1, 1, 9, tzinfo=UTC)) == 0
    assert feedback.ask_surveys(MONDAY - timedelta(hours=2)) == 0  # eight o'clock in Rome
    assert feedback.ask_surveys(MONDAY) == 2
    assert feedback.ask_surveys(MONDAY + timedelta(days=1)) == 0
    assert set(SurveyAnswer.objects.values_list("client", "quarter")) == {
        (cast.client.pk, "2026-Q4"),
        (called.pk, "2026-Q4"),
    }
    mails = Message.objects.filter(kind="survey_asked")
    assert mails.count() == 2
    asked = SurveyAnswer.objects.get(pk=mails[0].subject_id)
    assert messages_outcomes.survey_path(asked) in rendering.write(mails[0], asked, firm=Firm.current()).text


def test_the_survey_can_be_switched_off(booking, cast, monkeypatch):
    outcomes.mark(booking, State.ATTENDED, by=cast.agent.user, at=after(20))
    monkeypatch.setattr(feedback, "POLICY", replace(feedback.POLICY, survey=False))
    assert feedback.ask_surveys(MONDAY) == 0


def test_a_survey_is_answered_without_signing_in(client, cast):
    asked = SurveyAnswer.objects.create(client=cast.client, quarter="2026-Q4", asked_at=MONDAY)
    path = messages_outcomes.survey_path(asked)
    assert client.get(path).status_code == 200
    assert SurveyAnswer.objects.get().given_at is None
    client.post(path, {"rating": "3", "comment": "More evenings."})
    client.post(path, {"rating": "4", "comment": "More evenings, please."})
    assert SurveyAnswer.objects.values_list("rating", "comment").get() == (4, "More evenings, please.")


@pytest.mark.parametrize("kind", ["session_attended", "session_interrupted", "session_our_fault", "session_ended"])
@pytest.mark.parametrize("language", ["en", "it", "nl"])
def test_the_messages_can_be_written(booking, cast, kind, language):
    cast.client.language = language
    cast.client.save(update_fields=["language"])
    state = {code: outcome for outcome, code in messages_outcomes.BY_OUTCOME.items()}[kind]
    if state == State.INTERRUPTED:
        outcomes.dropped(booking, by=cast.agent.user, at=after(5))
    by = StaffFactory(roles=["agent"])
    outcomes.mark(booking, state, by=by, at=after(20), summary="We closed <the> year.", asked_to_stop=True)
    row = Message.objects.get(kind=kind)
    parcel = rendering.write(row, now(booking), firm=Firm.current())
    assert parcel.subject
    assert booking.reference in parcel.text
    if state == State.ATTENDED:
        assert "We closed <the> year." in parcel.text
        assert "We closed &lt;the&gt; year." in parcel.html
        assert messages_outcomes.feedback_path(booking) in parcel.text


# -- the client's page of a session ------------------------------------------------------------------------------------


def test_the_clients_page_leads_to_the_session_and_later_to_feedback(client, booking, clock, cast):
    client.force_login(cast.client)
    assert page_of(booking) in client.get(booking.get_absolute_url()).content.decode()
    outcomes.mark(booking, State.ATTENDED, by=cast.agent.user, at=after(6), summary="We closed <the> year.")
    page = client.get(booking.get_absolute_url()).content.decode()
    assert messages_outcomes.feedback_path(booking) in page
    assert "We closed &lt;the&gt; year." in page
    assert "cancelled" not in page


def test_a_coordinator_gets_no_link_that_speaks_for_a_colleague(client, booking, clock, cast):
    client.force_login(ClientFactory(account=cast.client.account, is_coordinator=True))
    page = client.get(booking.get_absolute_url()).content.decode()
    assert page_of(booking) not in page
