"""Caused by the firm: someone is away, each session gets a proposal, one press sees to all; nothing of it counts."""

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings import operations
from bookings.models import Booking, OccupiedCell, Strike, TimeOff, Unreached
from bookings.operations import firm
from bookings.operations.colleagues import replace_attendee
from bookings.operations.consequences import Because, consequence
from bookings.operations.firm import Choice
from bookings.proposals import propose
from bookings.refusals import AlreadyTold, BookingRefused, NothingImposed, NotTheTime
from supportportal.lattice import cell_at, instant_at
from supportportal.outbox import kinds as registry
from supportportal.outbox.models import Message
from tests.factories import AgentFactory, BookingFactory, ClientFactory, StaffFactory, TimeOffFactory

AT = datetime(2026, 11, 24, 8, 3, tzinfo=UTC)  # a Tuesday, 09:03 in Rome; office hours are 09:00 to 17:00
TEN = datetime(2026, 11, 24, 9, tzinfo=UTC)
EVENING = datetime(2026, 11, 24, 23, tzinfo=UTC)


@pytest.fixture
def booking(cast):
    return BookingFactory(client=cast.client, agent=cast.agent, session_type=cast.session_type, starts=TEN)


@pytest.fixture
def colleague(cast):
    return AgentFactory(session_types=[cast.session_type], office_hours=True)


def proposed(booking, *, until=EVENING, at=AT):
    return propose([booking], booking.agent, until=until, at=at)[0]


def clear(booking, choice, *, at=AT):
    by = booking.agent.user
    off = firm.take_off(booking.agent, AT, EVENING, by=by, at=at)
    report = firm.clear_away(off, [choice], by=by, at=at)
    return report.done[0]


def kinds(booking, *, channel=None):
    found = Message.objects.filter(subject_type="bookings.booking", subject_id=booking.pk).exclude(state="void")
    return (
        set(found.values_list("kind", flat=True))
        if channel is None
        else set(found.filter(channel=channel).values_list("kind", flat=True))
    )


# -- what is proposed --------------------------------------------------------------------------------------------------


def test_a_colleague_at_the_same_time_comes_first(booking, colleague):
    best = proposed(booking).best
    assert (best.agent, best.first_cell) == (colleague, booking.first_cell)


def test_a_colleague_can_step_in_within_the_minimum_notice(booking, colleague):
    booking.session_type.minimum_notice = 240
    booking.session_type.save()
    assert proposed(booking).best.first_cell == booking.first_cell
    done = clear(booking, Choice(booking.pk, booking.version, colleague, booking.first_cell))
    assert not done.refusal and done.booking.agent == colleague


@pytest.mark.parametrize(
    "spoils",
    [
        lambda cast, other: other.session_types.clear(),
        lambda cast, other: type(other).objects.filter(pk=other.pk).update(is_active=False),
        lambda cast, other: type(other).objects.filter(pk=other.pk).update(languages=["nl"]),
        lambda cast, other: TimeOffFactory(agent=other, starts_at=TEN, ends_at=TEN + timedelta(hours=1)),
        lambda cast, other: BookingFactory(agent=other, session_type=cast.session_type, starts=TEN),
    ],
    ids=["another type", "takes no sessions", "another language", "away too", "busy"],
)
def test_not_a_colleague_who(cast, booking, colleague, spoils):
    third = AgentFactory(session_types=[cast.session_type], office_hours=True)
    spoils(cast, colleague)
    assert proposed(booking).best.agent == third


def test_else_the_next_free_time_of_anyone(cast, booking):
    """Nobody but the agent holds the type: the first start after they are back."""
    best = proposed(booking).best
    assert best.agent == cast.agent
    assert instant_at(best.first_cell) == datetime(2026, 11, 25, 8, tzinfo=UTC)


def test_else_an_apology(cast, booking):
    cast.session_type.horizon_days = 1
    cast.session_type.save()
    assert proposed(booking, until=EVENING + timedelta(days=3)).best is None


def test_two_proposals_never_take_the_same_room(cast, booking, colleague):
    other = AgentFactory(session_types=[cast.session_type])
    second = BookingFactory(agent=other, session_type=cast.session_type, starts=TEN)
    found = propose([booking, second], cast.agent, until=EVENING, at=AT)
    assert found[0].best.agent == colleague
    assert found[1].best.first_cell != TEN.timestamp() // 300


def test_the_clients_own_sessions_are_in_the_way(cast, booking):
    next_morning = datetime(2026, 11, 25, 8, tzinfo=UTC)
    BookingFactory(client=cast.client, session_type=cast.session_type, starts=next_morning)
    assert instant_at(proposed(booking).best.first_cell) == next_morning + timedelta(minutes=30)


def test_proposals_take_the_same_queries_for_one_session_and_for_eight(cast, booking, colleague):
    rows = Booking.objects.for_listing()
    propose(list(rows), cast.agent, until=EVENING, at=AT)
    with CaptureQueriesContext(connection) as one:
        propose(list(rows), cast.agent, until=EVENING, at=AT)
    for number in range(1, 8):
        starts = TEN + timedelta(minutes=30 * number)
        BookingFactory(agent=cast.agent, session_type=cast.session_type, starts=starts)
    propose(list(rows), cast.agent, until=EVENING, at=AT)  # there are new people: the timetable is read again
    with CaptureQueriesContext(connection) as eight:
        propose(list(rows), cast.agent, until=EVENING, at=AT)
    assert len(one) == len(eight)


@pytest.mark.parametrize(
    ("starts", "is_hit"),
    [
        (TEN, True),
        (AT - timedelta(minutes=3), False),
        (EVENING - timedelta(minutes=30), True),
        (EVENING, False),
    ],
    ids=["within", "begun already", "until the end", "from the end on"],
)
def test_sessions_hit(cast, starts, is_hit):
    BookingFactory(agent=cast.agent, session_type=cast.session_type, starts=starts)
    assert bool(firm.sessions_hit(cast.agent, AT, EVENING, at=AT)) is is_hit


# -- one press ---------------------------------------------------------------------------------------------------------


def test_moving_is_imposed_and_told_and_never_counts(booking, colleague):
    done = clear(booking, Choice(booking.pk, booking.version, colleague, booking.first_cell))
    moved = done.booking
    assert (moved.imposed_at, moved.agreed_at) == (AT, None)
    assert not Strike.objects.exists()
    assert consequence(moved, at=TEN - timedelta(minutes=5)).because == Because.IMPOSED
    assert {"booking_moved", "agent_booked", "agent_cancelled"} <= kinds(moved)


def test_a_cancellation_of_ours_is_told_and_never_counts(booking):
    done = clear(booking, Choice(booking.pk, booking.version))
    assert (done.booking.state, done.booking.cancel_reason) == ("cancelled", "firm")
    assert not Strike.objects.exists()
    assert "booking_cancelled" in kinds(done.booking)


@pytest.mark.parametrize("is_agreed", [False, True], ids=["not agreed", "agreed"])
def test_only_an_agreed_time_counts_when_refused_late(booking, colleague, is_agreed):
    moved = clear(booking, Choice(booking.pk, booking.version, colleague, booking.first_cell)).booking
    if is_agreed:
        firm.agree(moved, version=moved.version, by=None, at=AT)
    operations.cancel(moved, reason="cannot_come", by=None, at=TEN - timedelta(minutes=5))
    assert Strike.objects.exists() is is_agreed


def test_agreeing_needs_the_time_that_was_seen(booking, colleague):
    with pytest.raises(NothingImposed):
        firm.agree(booking, version=booking.version, by=None, at=AT)
    moved = clear(booking, Choice(booking.pk, booking.version, colleague, booking.first_cell)).booking
    with pytest.raises(NothingImposed):
        firm.agree(moved, version=moved.version - 1, by=None, at=AT)


@pytest.mark.parametrize(
    ("hours", "phone", "consents", "sms", "why"),
    [
        (4, "+390612345678", True, True, None),
        (4, "+390612345678", False, False, "no_consent"),
        (4, "", True, False, "no_number"),
        (5, "+390612345678", True, False, None),
        (5, "", False, False, None),
    ],
    ids=["four hours", "no consent", "no number", "later: mail is enough", "later: no call either"],
)
def test_who_is_told_quickly_and_who_has_to_be_called(cast, hours, phone, consents, sms, why):
    client = ClientFactory(account=cast.client.account, phone=phone, sms_consent_at=AT if consents else None)
    at = TEN
    booking = BookingFactory(
        client=client, agent=cast.agent, session_type=cast.session_type, starts=at + timedelta(hours=hours)
    )
    firm.cancel(booking, by=cast.agent.user, at=at)
    assert ("firm_cancelled_sms" in kinds(booking)) is sms
    assert list(Unreached.objects.values_list("why", flat=True)) == ([why] if why else [])


def test_a_text_message_that_fails_puts_the_client_on_the_list(cast, booking):
    cast.client.sms_consent_at = AT
    cast.client.save()
    firm.cancel(booking, by=cast.agent.user, at=AT)
    message = Message.objects.get(kind="firm_cancelled_sms")
    told = registry.get(message.kind).on_outcome
    told(message, "sent", AT)
    assert not Unreached.objects.exists()
    told(message, "failed", AT)
    told(message, "failed", AT)
    assert Unreached.objects.get().why == "not_delivered"


def test_pressing_twice_is_pressing_once(booking, colleague):
    choice = Choice(booking.pk, booking.version, colleague, booking.first_cell)
    first, second = clear(booking, choice), clear(booking, choice)
    assert not first.refusal and not second.refusal
    assert first.booking.version == second.booking.version == booking.version + 1
    assert TimeOff.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_pressing_twice_at_once_is_pressing_once(booking, colleague):
    by, choice = booking.agent.user, Choice(booking.pk, booking.version, colleague, booking.first_cell)
    refused = []

    def press():
        try:
            off = firm.take_off(booking.agent, AT, EVENING, by=by, at=AT)
            refused.extend(one.refusal for one in firm.clear_away(off, [choice], by=by, at=AT).done)
        finally:
            connection.close()

    threads = [Thread(target=press) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    booking.refresh_from_db()
    assert refused == ["", ""]
    assert (booking.agent_id, booking.version) == (colleague.pk, 2)
    assert TimeOff.objects.count() == 1


def test_what_changed_since_it_was_shown_is_left_alone(booking, colleague):
    choice = Choice(booking.pk, booking.version, colleague, booking.first_cell)
    later = datetime(2026, 11, 24, 13, tzinfo=UTC)
    operations.move(booking, first_cell=cell_at(later), by=booking.client, at=AT - timedelta(days=2))
    done = clear(booking, choice)
    assert done.refusal
    assert done.booking.agent_id == booking.agent_id


def test_each_session_is_a_transaction_of_its_own(cast, booking, colleague):
    other = BookingFactory(agent=cast.agent, session_type=cast.session_type, starts=TEN + timedelta(hours=1))
    BookingFactory(agent=colleague, session_type=cast.session_type, starts=TEN)
    off = firm.take_off(cast.agent, AT, EVENING, by=cast.agent.user, at=AT)
    choices = [Choice(booking.pk, booking.version, colleague, booking.first_cell), Choice(other.pk, other.version)]
    report = firm.clear_away(off, choices, by=cast.agent.user, at=AT)
    assert [bool(one.refusal) for one in report.done] == [True, False]
    other.refresh_from_db()
    assert other.state == "cancelled"


def test_nobody_books_a_time_that_has_been_taken_off(cast):
    firm.take_off(cast.agent, AT, EVENING, by=cast.agent.user, at=AT)
    start = cell_at(datetime(2026, 11, 24, 13, tzinfo=UTC))
    with pytest.raises(BookingRefused):
        operations.book(
            session_type=cast.session_type, client=cast.client, first_cell=start, topic="VAT", by=cast.client, at=AT
        )


def test_reached_once(cast, booking):
    firm.cancel(booking, by=cast.agent.user, at=AT)
    other = StaffFactory()
    call = firm.reached(Unreached.objects.get(), by=cast.agent.user, at=AT)
    call = firm.reached(call, by=other, at=AT + timedelta(minutes=1))
    assert (call.reached_by, call.reached_at) == (cast.agent.user, AT)


# -- ten minutes late --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "is_allowed"),
    [(31, False), (30, True), (0, True), (-9, True), (-10, False)],
    ids=["too early", "half an hour before", "at the start", "nine minutes in", "ten minutes in"],
)
def test_when_the_agent_can_say_so(booking, before, is_allowed):
    assert firm.can_be_late(booking, TEN - timedelta(minutes=before)) is is_allowed


def test_the_agent_is_late_once(booking):
    at, by = TEN - timedelta(minutes=5), booking.agent.user
    firm.tell_late(booking, by=by, at=at)
    assert {"agent_late", "agent_late_sms"} <= kinds(booking)
    with pytest.raises(AlreadyTold):
        firm.tell_late(booking, by=by, at=at)
    assert Message.objects.filter(kind="agent_late").count() == 1


def test_not_late_for_what_has_begun(booking):
    Booking.objects.filter(pk=booking.pk).update(started_at=TEN)
    with pytest.raises(NotTheTime):
        firm.tell_late(booking, by=booking.agent.user, at=TEN)


@pytest.mark.django_db(transaction=True)
def test_two_who_name_an_attendee_at_once_leave_one(booking):
    """Whoever comes second is told, or names the next one; the session is one person's, and each was told once."""
    people = [ClientFactory(account=booking.client.account) for _number in range(2)]
    refused = []

    def name(attendee):
        try:
            replace_attendee(booking, attendee=attendee, by=booking.client, at=AT)
        except BookingRefused as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [Thread(target=name, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    booking.refresh_from_db()
    assert booking.client in people
    assert booking.version + len(refused) == 3
    taken = set(OccupiedCell.objects.filter(booking=booking).values_list("person", flat=True))
    assert taken == {booking.agent_id, booking.client_id}
