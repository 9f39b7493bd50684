"""What the messages say about changes of ours, lateness, and colleagues who attend or coordinate."""

from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from bookings import messages_waiting, operations
from bookings.models import Offer
from bookings.operations import firm, waiting
from bookings.operations.colleagues import replace_attendee
from supportportal.outbox import gsm, rendering
from supportportal.outbox import operations as outbox
from supportportal.outbox.models import Message
from supportportal.people.models import Firm
from tests.factories import AgentFactory, BookingFactory, ClientFactory, StrikeFactory, UserFactory

AT = datetime(2026, 11, 24, 8, 3, tzinfo=UTC)
TEN = datetime(2026, 11, 24, 9, tzinfo=UTC)
FRIDAY = datetime(2026, 11, 27, 9, tzinfo=UTC)


@pytest.fixture
def booking(cast):
    cast.client.sms_consent_at = AT
    cast.client.save()
    return BookingFactory(client=cast.client, agent=cast.agent, session_type=cast.session_type, starts=TEN)


def written(kind, **which):
    message = Message.objects.get(kind=kind, **which)
    subject = rendering.load_subjects([message])[message.pk]
    parcel = rendering.write(message, subject, firm=Firm(name="Meridian", contact_email="help@meridian.example"))
    return parcel, " ".join(f"{parcel.subject} {parcel.text}".split())


def calendar(parcel):
    return Calendar.from_ical(parcel.attachments[0].content)


def test_another_agent_at_the_same_time(cast, booking):
    colleague = AgentFactory(session_types=[cast.session_type], office_hours=True, user__name="Daan Vos")
    firm.move(booking, first_cell=booking.first_cell, agent=colleague, by=cast.agent.user, at=AT)
    _parcel, text = written("booking_moved")
    assert "Daan Vos holds your session" in text
    assert "this was our doing, so it does not count" in text
    assert "no longer free" not in text
    assert "Changing or cancelling is free until Tue 24 Nov, 10:00" in text


def test_another_time(cast, booking):
    firm.move(booking, first_cell=int(FRIDAY.timestamp()) // 300, agent=cast.agent, by=cast.agent.user, at=AT)
    _parcel, text = written("booking_moved")
    assert "We had to move your session" in text and "was Tuesday 24 November, 10:00" in text


def test_an_apology(cast, booking):
    firm.cancel(booking, by=cast.agent.user, at=AT)
    assert "we could not hold it. It does not count" in written("booking_cancelled")[1]


@pytest.mark.parametrize(
    ("act", "kind", "says"),
    [
        (
            lambda cast, booking: firm.cancel(booking, by=cast.agent.user, at=AT),
            "firm_cancelled_sms",
            "can't take",
        ),
        (
            lambda cast, booking: firm.move(
                booking, first_cell=booking.first_cell + 12, agent=cast.agent, by=cast.agent.user, at=AT
            ),
            "firm_moved_sms",
            "now Tue 24 Nov, 11:00",
        ),
        (
            lambda cast, booking: firm.tell_late(booking, by=cast.agent.user, at=TEN - timedelta(minutes=5)),
            "agent_late_sms",
            "about 10 minutes late",
        ),
    ],
    ids=["cancelled", "moved", "late"],
)
def test_text_messages(cast, booking, act, kind, says):
    act(cast, booking)
    _parcel, text = written(kind)
    assert says in text


@pytest.mark.parametrize("language", ["en", "it", "nl"])
@pytest.mark.parametrize(
    ("act", "kind"),
    [
        pytest.param(
            lambda booking, by: firm.move(booking, first_cell=booking.first_cell + 12, agent=None, by=by, at=AT),
            "firm_moved_sms",
            id="moved",
        ),
        pytest.param(lambda booking, by: firm.cancel(booking, by=by, at=AT), "firm_cancelled_sms", id="cancelled"),
        pytest.param(
            lambda booking, by: firm.tell_late(booking, by=by, at=TEN + timedelta(hours=2, minutes=55)),
            "agent_late_sms",
            id="late",
        ),
    ],
)
def test_text_messages_fit_into_one(cast, settings, act, kind, language):
    settings.SITE_URL = "https://support.meridian.example"
    cast.client.language, cast.client.sms_consent_at = language, AT
    cast.client.save()
    cast.agent.user.name = "Francesca Rossi"
    cast.agent.user.save()
    many = 36**3  # sessions are there already, so that ids have four places
    session = BookingFactory(
        pk=many, client=cast.client, agent=cast.agent, session_type=cast.session_type, starts=TEN + timedelta(hours=3)
    )
    act(session, cast.agent.user)
    message = Message.objects.get(kind=kind)
    subject = rendering.load_subjects([message])[message.pk]
    text = rendering.write(message, subject, firm=Firm(name="Meridian Support")).text
    assert gsm.is_gsm(gsm.simplify(text)) and gsm.length(gsm.simplify(text)) <= gsm.LONGEST, text


def test_late_by_mail(cast, booking):
    firm.tell_late(booking, by=cast.agent.user, at=TEN - timedelta(minutes=5))
    assert "about 10 minutes late" in written("agent_late")[1]


def test_a_colleague_attends(cast, booking):
    marco = ClientFactory(account=cast.client.account, name="Marco Bassi", email="marco@example.org")
    replace_attendee(booking, attendee=marco, by=cast.client, at=AT)
    theirs, text = written("attendee_replaced")
    assert "You attend" in text and theirs.address == "marco@example.org"
    assert calendar(theirs)["method"] == "REQUEST"
    before, text = written("attendee_released")
    assert before.address == cast.client.email
    assert calendar(before)["method"] == "CANCEL"
    assert calendar(before).walk("VEVENT")[0]["uid"] == calendar(theirs).walk("VEVENT")[0]["uid"]
    assert "/s/" not in before.text  # no way back in by an old mail
    _agents, text = written("agent_attendee")
    assert "Marco Bassi" in text


def test_a_copy_says_whose_session_it_is(cast):
    boss = UserFactory(account=cast.client.account, is_coordinator=True)
    operations.book(
        session_type=cast.session_type,
        client=cast.client,
        first_cell=int(FRIDAY.timestamp()) // 300,
        topic="VAT",
        by=boss,
        at=AT,
    )
    copy, text = written("booking_confirmed", copy="coordinator")
    assert copy.address == boss.email
    assert f"Copy for you as coordinator: {cast.client.name} attends this session." in text
    assert calendar(copy).walk("VEVENT")[0]["attendee"] == f"mailto:{cast.client.email}"
    own, text = written("booking_confirmed", copy="")
    assert "coordinator" not in text and own.address == cast.client.email


@pytest.fixture
def boss(cast):
    return UserFactory(account=cast.client.account, is_coordinator=True)


def copies(**which):
    return Message.objects.filter(copy="coordinator", **which)


@pytest.mark.parametrize("is_theirs", [True, False], ids=["booked by the coordinator", "booked by the client"])
def test_the_reminder_while_changing_is_free_reaches_who_booked(cast, boss, is_theirs):
    operations.book(
        session_type=cast.session_type,
        client=cast.client,
        first_cell=int(FRIDAY.timestamp()) // 300,
        topic="VAT",
        by=boss if is_theirs else cast.client,
        at=AT,
    )
    reminded = copies(kind__startswith="reminder").values_list("kind", "recipient")
    assert list(reminded) == ([("reminder_2d", boss.pk)] if is_theirs else [])
    if is_theirs:
        assert "Copy for you as coordinator" in written("reminder_2d", copy="coordinator")[1]


def test_what_somebody_else_moves_reminds_only_who_booked(cast, boss):
    other = UserFactory(account=cast.client.account, is_coordinator=True)
    booking = BookingFactory(
        client=cast.client, agent=cast.agent, session_type=cast.session_type, starts=FRIDAY, booked_by=boss
    )
    operations.move(booking, first_cell=booking.first_cell + 2 * 12, by=other, at=AT)
    assert {one.recipient_id for one in copies(kind="booking_moved")} == {boss.pk, other.pk}
    assert {one.recipient_id for one in copies(kind="reminder_2d")} == {boss.pk}


def test_the_question_about_a_fee_reaches_who_booked(cast, boss):
    booking = BookingFactory(
        client=cast.client, agent=cast.agent, session_type=cast.session_type, starts=FRIDAY, booked_by=boss
    )
    for month in (9, 10):
        StrikeFactory(client=cast.client, starts=datetime(2026, month, 1, 8, tzinfo=UTC))
    operations.strikes.refresh(cast.client, at=AT)
    assert Message.objects.filter(kind="fee_asked", copy="", recipient=cast.client).exists()
    copy, text = written("fee_asked", copy="coordinator")
    assert copy.address == boss.email and "Copy for you as coordinator" in text
    assert f"/sessions/{booking.reference}/fee/" in copy.text


def test_an_offer_reaches_who_booked(cast, boss):
    booking = BookingFactory(
        client=cast.client, agent=cast.agent, session_type=cast.session_type, starts=FRIDAY, booked_by=boss
    )
    entry = waiting.join_for_earlier(booking, by=boss, at=AT)
    earlier = booking.first_cell - 288
    until = AT + timedelta(hours=2)
    offer = Offer.objects.create(
        entry=entry, agent=cast.agent, first_cell=earlier, freed="1:1", offered_at=AT, until=until
    )
    outbox.plan(messages_waiting.owed_for_offer(offer, at=AT), at=AT)
    assert Message.objects.filter(kind="waitlist_offer", copy="", recipient=cast.client).exists()
    copy, text = written("waitlist_offer", copy="coordinator")
    assert copy.address == boss.email and f"{cast.client.name} attends" in text
