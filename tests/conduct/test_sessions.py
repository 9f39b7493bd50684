"""Sessions that were booked before a measure: kept or cancelled, each for itself (R-5)."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from icalendar import Calendar

from bookings.models import Booking, Strike
from bookings.operations import booking as bookings
from conduct import messages_appeal
from conduct.models import AffectedSession, Appeal, Measure
from conduct.operations import appeals, deciding, effects, sessions, watching
from conduct.refusals import NotForYou, NotLawful
from supportportal.outbox import rendering
from supportportal.outbox.models import Message
from supportportal.people.models import Account, Firm, Gate, Role
from supportportal.trail.models import Entry
from tests.factories import (
    MONDAY_TEN,
    BookingFactory,
    ClientFactory,
    ClosureFactory,
    FirmFactory,
    StaffFactory,
    TimeOffFactory,
)
from tests.factories_conduct import limited, make_incident, make_measure

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Choice, Kind = AffectedSession.Choice, Measure.Kind


@pytest.fixture
def manager():
    return StaffFactory(roles=["manager"])


@pytest.fixture
def offender():
    return ClientFactory(name="Omar Offender")


def session_of(client, *, in_days=2, **fields):
    return BookingFactory(client=client, starts=AT + in_days * DAY, **fields)


def measure_of(client, step=None, **changed):
    return make_measure(step or limited(AT), incident=make_incident(client=client), **changed)


def ended_subscription(client, by):
    measure = measure_of(client, deciding.Step(Kind.SUBSCRIPTION), by=by)
    return deciding.approve(measure, by=StaffFactory(roles=["manager"]), at=AT, seen=None)


def chosen(measure, booking, choice, *, by, at):
    """For who has looked at the list already."""
    return sessions._choose(measure, booking, choice, by=by, at=at, asks=sessions.still_asks)


def written(kind):
    message = Message.objects.get(kind=kind)
    subject = rendering.load_subjects([message])[message.pk]
    return rendering.write(message, subject, firm=Firm.current())


def test_what_is_asked_about(offender):
    colleague = ClientFactory(account=offender.account)
    mine = session_of(offender)
    session_of(offender, in_days=3, state=Booking.State.CANCELLED, cancelled_at=AT, cancel_reason="other")
    BookingFactory(client=offender, starts=AT - HOUR)
    theirs = session_of(colleague, in_days=4)
    stranger = session_of(ClientFactory(), in_days=5)
    alone, whole = measure_of(offender), measure_of(offender, limited(AT, whole_account=True))
    assert sessions.affected_sessions(alone, AT) == [mine]
    assert sessions.affected_sessions(whole, AT) == [mine, theirs]
    assert stranger not in sessions.affected_sessions(whole, AT)
    assert sessions.affected_sessions(alone, mine.starts_at) == []


def test_what_is_booked_later_is_not_asked_about(offender):
    measure = measure_of(offender, limited(AT, gates=[Gate.MAIL]))
    session_of(offender, booked_at=AT + HOUR)
    assert sessions.affected_sessions(measure, AT + 2 * HOUR) == []


def test_a_session_that_is_cancelled_counts_against_nobody(manager, offender):
    FirmFactory()
    soon = BookingFactory(client=offender, starts=AT + HOUR)  # by the client it would be a no-show by now
    measure = measure_of(offender)
    assert sessions.choose(measure, soon, Choice.CANCEL, by=manager, at=AT)
    soon.refresh_from_db()
    assert (soon.state, soon.cancel_reason) == (Booking.State.CANCELLED, Booking.CancelReason.MEASURE)
    assert not Strike.objects.exists()
    mail = written("booking_cancelled")
    words = " ".join(mail.text.split())
    assert "It counts against nobody, and costs nothing." in words
    assert "new time" not in words and reverse("bookings:book") not in words
    calendar = Calendar.from_ical(mail.attachments[0].content)
    assert calendar["METHOD"] == "CANCEL"
    entry = Entry.objects.get(verb="measure.session_chosen")
    assert (entry.facts["booking"], entry.facts["choice"]) == (soon.pk, "cancel")


def test_a_cancellation_of_the_clients_own_still_offers_a_new_time(offender):
    FirmFactory()
    soon = session_of(offender)
    bookings.cancel(soon, reason="other", by=offender, at=AT)
    words = " ".join(written("booking_cancelled").text.split())
    assert "Book a new time" in words and "We cancelled it" not in words


def test_a_session_that_is_kept_stands(manager, offender):
    kept = session_of(offender)
    measure = measure_of(offender)
    assert sessions.choose(measure, kept, Choice.KEEP, by=manager, at=AT)
    kept.refresh_from_db()
    assert kept.is_live and sessions.affected_sessions(measure, AT) == []


@pytest.mark.parametrize("how", ["lifted", "quashed"])
def test_what_has_ended_a_moment_before_cancels_nothing(manager, offender, how):
    """The manager has looked at the list before somebody else has ended the measure (R-7)."""
    booking, measure = session_of(offender), measure_of(offender)
    seen = Measure.objects.select_related("incident", "restriction").get(pk=measure.pk)
    if how == "lifted":
        deciding.lift(measure, "It was a misunderstanding.", by=manager, at=AT, seen=None)
    else:
        appeal = appeals.lodge(measure, reasons="It was not me.", at=AT)
        appeals.decide(appeal, "quashed", "Right.", by=manager, at=AT, seen=None)
    with pytest.raises(NotLawful):
        sessions.choose(seen, booking, Choice.CANCEL, by=manager, at=AT)
    booking.refresh_from_db()
    assert booking.is_live and not AffectedSession.objects.exists()


def test_a_subscription_that_is_back_a_moment_before_keeps_its_sessions(manager, offender, monkeypatch):
    booking = session_of(offender)
    with monkeypatch.context() as slow:
        slow.setattr(effects, "cancel_all", lambda *args, **kwargs: 0)
        seen = ended_subscription(offender, manager)
    deciding.lift(Measure.objects.get(pk=seen.pk), "A misunderstanding.", by=manager, at=AT, seen=None)
    assert seen.state == Measure.State.TAKEN
    assert sessions.cancel_all(seen, by=manager, at=AT) == 0
    booking.refresh_from_db()
    assert booking.is_live


def test_the_first_choice_counts(manager, offender):
    """Two managers at once: the second has looked at the list before the first has chosen."""
    kept = session_of(offender)
    measure = measure_of(offender)
    assert chosen(measure, kept, Choice.KEEP, by=manager, at=AT)
    assert not chosen(measure, kept, Choice.CANCEL, by=StaffFactory(roles=["manager"]), at=AT)
    kept.refresh_from_db()
    assert kept.is_live
    assert AffectedSession.objects.get().choice == Choice.KEEP


def test_what_the_client_has_cancelled_is_not_chosen(manager, offender):
    """Else quashing the measure would give back what the client did not want."""
    gone = session_of(offender)
    measure = measure_of(offender)
    bookings.cancel(Booking.objects.get(pk=gone.pk), reason="other", by=offender, at=AT)
    assert not sessions.choose(measure, gone, Choice.CANCEL, by=manager, at=AT + HOUR)
    assert not chosen(measure, gone, Choice.CANCEL, by=manager, at=AT + HOUR)
    assert not AffectedSession.objects.exists()


def test_what_has_begun_is_not_cancelled(manager, offender):
    begun = session_of(offender)
    measure = measure_of(offender)
    assert not chosen(measure, begun, Choice.CANCEL, by=manager, at=begun.starts_at)
    assert not AffectedSession.objects.exists()
    assert begun.is_live


@pytest.mark.parametrize("who", ["agent", "concerned", "superuser"])
def test_only_who_may_decide_chooses(offender, who):
    incident = make_incident(client=offender, concerned=StaffFactory(roles=["manager"]))
    measure, booking = make_measure(incident=incident), session_of(offender)
    people = {
        "agent": StaffFactory(roles=["agent"]),
        "concerned": incident.concerned,
        "superuser": StaffFactory(is_superuser=True),
    }
    with pytest.raises(NotForYou):
        sessions.choose(measure, booking, Choice.KEEP, by=people[who], at=AT)
    assert not AffectedSession.objects.exists()


@pytest.mark.parametrize("how", ["lapsed", "lifted", "warning", "extended"])
def test_what_restricts_nobody_asks_nothing(manager, offender, how):
    booking = session_of(offender, in_days=40)
    measure = measure_of(offender, deciding.Step(Kind.WARNING) if how == "warning" else None)
    at = AT + 31 * DAY if how == "lapsed" else AT + HOUR
    if how == "lifted":
        deciding.lift(measure, "It was a misunderstanding.", by=manager, at=AT, seen=None)
    if how == "extended":
        longer = limited(AT, days=45, extends=measure)
        more = make_measure(longer, incident=measure.incident, by=manager, at=AT)
        deciding.approve(more, by=StaffFactory(roles=["manager"]), at=AT, seen=None)
    measure.refresh_from_db()
    with pytest.raises(NotLawful):
        sessions.choose(measure, booking, Choice.CANCEL, by=manager, at=at)
    assert measure not in [one for one, _bookings in sessions.undecided(at, manager)]


def test_an_extension_does_not_ask_again(manager, offender):
    kept, left = session_of(offender), session_of(offender, in_days=3)
    measure = measure_of(offender, limited(AT, days=5))
    sessions.choose(measure, kept, Choice.KEEP, by=manager, at=AT)
    longer = make_measure(limited(AT, days=9, extends=measure), incident=measure.incident, by=manager, at=AT)
    assert sessions.affected_sessions(longer, AT) == [left]
    assert sessions.undecided(AT, manager) == [(longer, [left])]


# -- an ended subscription ---------------------------------------------------------------------------------------------


def test_an_ended_subscription_cancels_the_sessions_of_the_account(manager, offender):
    mine, theirs = session_of(offender), session_of(ClientFactory(account=offender.account), in_days=3)
    other = session_of(ClientFactory(), in_days=4)
    ended_subscription(offender, manager)
    for booking in (mine, theirs, other):
        booking.refresh_from_db()
    assert [mine.is_live, theirs.is_live, other.is_live] == [False, False, True]
    assert sessions.undecided(AT, manager) == []


def test_what_a_crash_left_standing_is_cancelled_once(manager, offender, monkeypatch):
    booking = session_of(offender)
    monkeypatch.setattr(effects, "cancel_all", lambda *args, **kwargs: 0)
    ended_subscription(offender, manager)
    booking.refresh_from_db()
    assert booking.is_live
    for _tick in range(2):
        watching.sweep(AT + HOUR)
    booking.refresh_from_db()
    assert booking.cancel_reason == Booking.CancelReason.MEASURE
    assert AffectedSession.objects.count() == 1


def test_whoever_subscribes_again_keeps_what_is_booked_then(manager, offender):
    ended_subscription(offender, manager)
    Account.objects.update(subscription=Account.Subscription.ACTIVE)
    later = session_of(offender, in_days=30, booked_at=AT + 20 * DAY)
    watching.sweep(AT + 21 * DAY)
    later.refresh_from_db()
    assert later.is_live


# -- pages -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def signed_in(client, manager):
    FirmFactory()
    client.force_login(manager)
    with time_machine.travel(AT, tick=False):
        yield client


def page_of(measure):
    return reverse("admin:conduct_measure_sessions", args=[measure.pk])


def test_each_session_is_decided_on_the_page(signed_in, offender):
    one, two, three = (session_of(offender, in_days=day) for day in (2, 3, 4))
    measure = measure_of(offender)
    assert page_of(measure) in signed_in.get(reverse("admin:index")).content.decode()
    given = {f"choice-{one.pk}": "keep", f"choice-{two.pk}": "cancel", f"choice-{three.pk}": ""}
    answer = signed_in.post(page_of(measure), given, follow=True)
    assert "2 sessions are decided." in answer.content.decode()
    assert sessions.affected_sessions(measure, AT) == [three]
    signed_in.post(page_of(measure), {f"choice-{three.pk}": "keep"})
    assert "Nothing is left to decide" in signed_in.get(page_of(measure)).content.decode()
    assert page_of(measure) not in signed_in.get(reverse("admin:index")).content.decode()


def test_another_clients_session_is_not_cancelled_from_the_page(signed_in, offender):
    session_of(offender)
    stranger = session_of(ClientFactory(), in_days=3)
    signed_in.post(page_of(measure_of(offender)), {f"choice-{stranger.pk}": "cancel"})
    stranger.refresh_from_db()
    assert stranger.is_live


def test_who_may_not_decide_is_told_so_and_nothing_is_chosen(signed_in, manager, offender):
    booking = session_of(offender)
    measure = make_measure(incident=make_incident(client=offender, concerned=manager))
    answer = signed_in.post(page_of(measure), {f"choice-{booking.pk}": "cancel"})
    assert "Another manager has to decide this." in answer.content.decode()
    booking.refresh_from_db()
    assert booking.is_live


@pytest.mark.parametrize("role", [Role.AGENT, None], ids=["agent", "client"])
def test_the_page_is_for_managers(client, offender, role):
    FirmFactory()
    measure = measure_of(offender)
    person = StaffFactory(roles=[role]) if role else offender
    client.force_login(person)
    assert client.get(page_of(measure)).status_code == (404 if role else 302)


def test_the_first_page_asks_as_often_for_thirty_as_for_one(signed_in, manager, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        assert sessions.undecided(AT, manager) == []
    for _each in range(30):
        client = ClientFactory()
        session_of(client)
        measure_of(client)
    with django_assert_max_num_queries(5):
        assert len(sessions.undecided(AT, manager)) == 30


# -- given back only where somebody can hold them ----------------------------------------------------------------------


@pytest.mark.parametrize("since", ["nothing", "agent", "sign-in", "time off", "closure"])
def test_a_session_that_nobody_can_hold_any_more_is_lost(since):
    FirmFactory()
    measure = make_measure(limited(AT, days=9))
    session = BookingFactory(client=measure.incident.client, starts=AT + 5 * DAY, booked_at=AT - DAY)
    sessions.choose(measure, session, "cancel", by=measure.decided_by, at=AT)
    agent, over = session.agent, {"starts_at": session.starts_at, "ends_at": session.ends_at}
    match since:
        case "agent":
            type(agent).objects.filter(pk=agent.pk).update(is_active=False)
        case "sign-in":
            type(agent.user).objects.filter(pk=agent.user_id).update(is_active=False)
        case "time off":
            TimeOffFactory(agent=agent, **over)
        case "closure":
            ClosureFactory(**over)
    appeal = appeals.lodge(measure, reasons="No.", at=AT)
    appeals.decide(appeal, "quashed", "No.", by=StaffFactory(roles=["manager"]), at=AT + DAY, seen=None)
    session.refresh_from_db()
    back, lost = messages_appeal.sessions_of(Appeal.objects.get(), session.client)
    if since == "nothing":
        assert (session.state, back, lost) == (Booking.State.BOOKED, [session], [])
    else:
        assert (session.state, back, lost) == (Booking.State.CANCELLED, [], [session])
