"""Who is told of which date about measures and follow-ups, when, and once (R-4, R-7, R-8)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from bookings.models import Booking
from complaints import calendars
from conduct import standing, timeline
from conduct.admin_access import today_of
from conduct.models import Appeal, Approval, Category, FollowUp, Incident, Measure
from conduct.operations import appeals, care, deciding, effects, stopping, suspending, watching
from supportportal.outbox import rendering
from supportportal.outbox.models import Message
from supportportal.people.models import Account, Firm, Gate, Restriction
from supportportal.trail.models import Entry
from tests.factories import MONDAY_TEN, AccountFactory, BookingFactory, ClientFactory, FirmFactory, StaffFactory
from tests.factories_conduct import limited, make_incident, make_measure
from tests.support.racing import at_once

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN  # 11:00 in Rome
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
STOP_ENDED = "conduct_stop_ended"
REVIEW, LATE, ENDED, CARE = "conduct_review_due", "conduct_approval_late", "conduct_ended", "conduct_care_due"
# A review on Monday 29 March 2027, in summer time, is told of two weeks before: on Monday 15 March, in winter time.
REVIEWED = date(2027, 3, 29)


@pytest.fixture(autouse=True)
def firm():
    return FirmFactory(country="IT")


@pytest.fixture
def manager():
    return StaffFactory(roles=["manager"], name="Nadia Haddad")


@pytest.fixture
def second():
    return StaffFactory(roles=["manager"], name="Jonas Weber")


def told(kind):
    return [message.recipient for message in Message.objects.filter(kind=kind).order_by("pk")]


def permanent(manager, second, **changed):
    step = deciding.Step(Measure.Kind.PERMANENT, gates=[Gate.BOOKING], review_on=REVIEWED, **changed)
    measure = make_measure(step, by=manager)
    return deciding.approve(measure, by=second, at=AT, seen=None)


def the_mail(kind):
    message = Message.objects.filter(kind=kind).get()
    subject = rendering.load_subjects([message])[message.pk]
    return rendering.write(message, subject, firm=Firm.current())


# -- reviews -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "is_told"),
    [
        pytest.param(datetime(2027, 3, 14, 12, tzinfo=UTC), False, id="the day before"),
        pytest.param(datetime(2027, 3, 15, 8, tzinfo=UTC) - SECOND, False, id="a second before the desk opens"),
        pytest.param(datetime(2027, 3, 15, 8, tzinfo=UTC), True, id="when the desk opens"),
        pytest.param(datetime(2027, 3, 15, 8, tzinfo=UTC) + SECOND, True, id="a second after"),
        pytest.param(datetime(2027, 3, 20, 12, tzinfo=UTC), False, id="on a Saturday"),
        pytest.param(datetime(2027, 3, 26, 12, tzinfo=UTC), True, id="late, on the last working day before"),
        pytest.param(datetime(2027, 3, 28, 22, tzinfo=UTC), False, id="it has lapsed, after the night of the clocks"),
    ],
)
def test_who_decided_is_reminded_of_a_review_in_time(manager, second, at, is_told):
    permanent(manager, second)
    watching.sweep(at)
    assert told(REVIEW) == ([manager] if is_told else [])


def test_and_once(manager, second):
    permanent(manager, second)
    for hours in range(0, 72, 3):
        watching.sweep(datetime(2027, 3, 15, 8, tzinfo=UTC) + hours * HOUR)
    assert told(REVIEW) == [manager]
    sent = the_mail(REVIEW)
    assert "28 March" in sent.subject
    assert "29 March" in sent.text


@pytest.mark.parametrize("gone", ["inactive", "role taken"])
def test_where_that_person_is_gone_those_who_may_decide_are(manager, second, gone):
    permanent(manager, second)
    if gone == "inactive":
        manager.is_active = False
        manager.save(update_fields=["is_active"])
    else:
        manager.groups.clear()
    watching.sweep(datetime(2027, 3, 15, 9, tzinfo=UTC))
    assert told(REVIEW) == [second]


@pytest.mark.parametrize("ended", ["lifted", "extended", "over"])
def test_nobody_is_reminded_of_what_is_no_longer_to_review(manager, second, ended):
    until = datetime(2027, 3, 10, tzinfo=UTC)
    step = limited(AT, review_on=date(2027, 3, 8)) if ended == "over" else None
    if step:
        measure = make_measure(deciding.Step(step.kind, step.gates, until=until, review_on=step.review_on), by=manager)
        measure = deciding.approve(measure, by=second, at=AT, seen=None)
    else:
        measure = permanent(manager, second)
    if ended == "lifted":
        deciding.lift(measure, "No longer needed.", by=manager, at=AT + DAY, seen=None)
    if ended == "extended":
        incident = measure.incident
        incident.refresh_from_db()
        longer = deciding.Step(
            Measure.Kind.PERMANENT, gates=[Gate.BOOKING], review_on=date(2028, 3, 29), extends=measure
        )
        proposed = make_measure(longer, incident=incident, by=manager, at=AT + DAY)
        deciding.approve(proposed, by=second, at=AT + DAY, seen=None)
    watching.sweep(datetime(2027, 3, 15, 9, tzinfo=UTC))
    assert told(REVIEW) == []


# -- restrictions that end by themselves -------------------------------------------------------------------------------


@pytest.mark.parametrize(("after", "is_told"), [(-SECOND, False), (0 * SECOND, True), (SECOND, True), (9 * DAY, True)])
def test_the_client_is_told_that_it_has_ended(manager, after, is_told):
    measure = make_measure(limited(AT, days=30), by=manager)
    watching.sweep(AT + 30 * DAY + after)
    assert told(ENDED) == ([measure.incident.client] if is_told else [])


@pytest.mark.parametrize(
    ("until", "zone"),
    [
        pytest.param(datetime(2026, 10, 25, 1, tzinfo=UTC), "Europe/Rome", id="in the hour that is twice"),
        pytest.param(datetime(2027, 3, 28, 1, tzinfo=UTC), "Europe/Rome", id="when an hour is missing"),
    ],
)
def test_at_the_instant_itself_when_clocks_change(firm, manager, second, until, zone):
    start = until - 30 * DAY
    measure = make_measure(limited(start, days=30), at=start, by=manager)
    watching.sweep(until - SECOND)
    assert told(ENDED) == []
    watching.sweep(until)
    assert told(ENDED) == [measure.incident.client]


def test_it_is_told_once_and_says_what_is_open(manager):
    make_measure(limited(AT, days=3, gates=[Gate.BOOKING, Gate.MAIL]), by=manager)
    for minutes in range(5):
        watching.sweep(AT + 3 * DAY + minutes * timedelta(minutes=1))
    text = the_mail(ENDED).text
    assert str(Gate.BOOKING.label) in text
    assert str(Gate.MAIL.label) in text


@pytest.mark.parametrize("how", ["lifted", "quashed", "paused"])
def test_whoever_was_told_otherwise_is_not_told_again(manager, how):
    measure = make_measure(limited(AT, days=30), by=manager)
    if how == "lifted":
        deciding.lift(measure, "No longer needed.", by=manager, at=AT + DAY, seen=None)
    elif how == "quashed":
        effects.end(measure, state=Measure.State.QUASHED, reasons="Wrong.", by=manager, at=AT + DAY)
    else:  # an appeal that nobody can decide suspends it (S-1), and says so itself
        effects.pause(measure, at=AT + DAY)
    for later in (2 * DAY, 31 * DAY):
        watching.sweep(AT + later)
    assert told(ENDED) == []


def test_what_was_paused_and_goes_on_is_told_at_its_end(manager):
    measure = make_measure(limited(AT, days=30), by=manager)
    effects.pause(measure, at=AT + DAY)
    watching.sweep(AT + 2 * DAY)
    effects.resume(measure, at=AT + 3 * DAY)
    watching.sweep(AT + 29 * DAY)
    assert told(ENDED) == []
    watching.sweep(AT + 30 * DAY)
    assert told(ENDED) == [measure.incident.client]


def test_what_something_else_keeps_closed_is_not_said_to_be_open(manager):
    measure = make_measure(limited(AT, days=3, gates=[Gate.BOOKING, Gate.MAIL]), by=manager)
    client = measure.incident.client
    make_measure(limited(AT, days=9, gates=[Gate.MAIL]), incident=make_incident(client=client), by=manager)
    watching.sweep(AT + 3 * DAY)
    assert Message.objects.get(kind=ENDED).data["gates"] == [Gate.BOOKING]
    watching.sweep(AT + 9 * DAY)
    assert Message.objects.filter(kind=ENDED).last().data["gates"] == [Gate.MAIL]


def test_what_is_wholly_closed_by_something_else_is_not_told(manager):
    measure = make_measure(limited(AT, days=3), by=manager)
    make_measure(limited(AT, days=9), incident=make_incident(client=measure.incident.client), by=manager)
    watching.sweep(AT + 3 * DAY)
    assert told(ENDED) == []


def test_colleagues_whom_it_reached_are_told_too(manager):
    account = AccountFactory()
    client, colleague = ClientFactory(account=account), ClientFactory(account=account)
    make_measure(limited(AT, days=3, whole_account=True), incident=make_incident(client=client), by=manager)
    watching.sweep(AT + 3 * DAY)
    assert told(ENDED) == [client]
    assert told("conduct_colleague_open") == [colleague]


# -- contact stopped because of a threat -------------------------------------------------------------------------------


def stopped(at=AT, hours=48, **given):
    incident = make_incident(categories=(Category.THREAT,), **given)
    duty = StaffFactory(roles=["duty manager"])
    return stopping.stop_contact(incident, "He named the day.", hours=hours, by=duty, at=at, seen=None)


@pytest.mark.parametrize(
    ("at", "is_told"),
    [
        pytest.param(AT + 2 * DAY - SECOND, False, id="a second before its end"),
        pytest.param(AT + 2 * DAY, True, id="at its end, whatever the hour"),
        pytest.param(AT + 9 * DAY - SECOND, True, id="after an outage"),
        pytest.param(AT + 9 * DAY, False, id="long ago"),
    ],
)
def test_the_client_is_told_once_that_contact_is_open_again(at, is_told):
    stop = stopped()
    for _tick in range(3):
        watching.sweep(at)
    assert told(STOP_ENDED) == ([stop.incident.client] if is_told else [])
    assert Entry.objects.filter(verb="incident.contact_open").count() == is_told


def test_the_mail_says_what_is_open_and_that_the_case_is_still_looked_at():
    stop = stopped(client=ClientFactory(language="en"))
    watching.sweep(AT + 2 * DAY)
    text = the_mail(STOP_ENDED).text
    assert "Contact is open again" in text and "23 November 2026" in text and "still looking" in text
    assert stop.reasons not in text and stop.incident.words not in text
    incident = Incident.objects.get()
    page = timeline.of(timeline.Rows.read(incident, all_of_it=True), all_of_it=True)
    assert [len(one.mails) for one in page if str(one.what) == "The stop has ended by itself"] == [1]


@pytest.mark.parametrize("kind", ["decided", "closed otherwise"])
def test_a_stop_that_something_took_the_place_of_is_not_told(manager, kind):
    stop = stopped()
    client = stop.incident.client
    other = stop.incident if kind == "decided" else make_incident(client=client)
    if kind == "decided":
        other.refresh_from_db()
    make_measure(limited(AT, days=20, gates=Gate.values), incident=other, by=manager)
    watching.sweep(AT + 2 * DAY)
    assert told(STOP_ENDED) == []


def test_only_what_is_open_is_said_to_be_open(manager):
    stop = stopped()
    make_measure(limited(AT, days=20), incident=make_incident(client=stop.incident.client), by=manager)
    watching.sweep(AT + 2 * DAY)
    assert set(Message.objects.get(kind=STOP_ENDED).data["gates"]) == set(Gate.values) - {Gate.BOOKING}


# -- approvals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "is_told"),
    [
        pytest.param(datetime(2026, 11, 25, 15, tzinfo=UTC), False, id="on the last day"),
        pytest.param(datetime(2026, 11, 25, 23, 30, tzinfo=UTC), False, id="in the night after it"),
        pytest.param(datetime(2026, 11, 26, 8, tzinfo=UTC) - SECOND, False, id="a second before the desk opens"),
        pytest.param(datetime(2026, 11, 26, 8, tzinfo=UTC), True, id="when the desk opens"),
        pytest.param(datetime(2026, 11, 30, 12, tzinfo=UTC), True, id="days later"),
    ],
)
def test_a_late_approval_is_told_to_who_may_give_it_and_who_asked(manager, second, at, is_told):
    make_measure(limited(AT, days=90), by=manager)
    assert Approval.objects.get().due_on == date(2026, 11, 25)
    for _tick in range(3):
        watching.sweep(at)
    assert sorted(one.name for one in told(LATE)) == (["Jonas Weber", "Nadia Haddad"] if is_told else [])


def test_a_day_is_over_when_it_is_over_at_the_desk(manager, second, monkeypatch, rf):
    """Where the desk is in a zone of its own, lists, pages and mails go by that."""
    monkeypatch.setattr(calendars, "POLICY", replace(calendars.POLICY, desk_zone="Pacific/Auckland"))
    measure = make_measure(limited(AT, days=90), by=manager)
    appeal = Appeal(measure=measure, answer_by=date(2026, 11, 25))
    request = rf.get("/")
    request.firm = Firm.current()
    for at, is_late in (
        (datetime(2026, 11, 25, 10, tzinfo=UTC), False),
        (datetime(2026, 11, 25, 21, tzinfo=UTC), True),
    ):
        watching.sweep(at)
        assert bool(told(LATE)) == is_late
        assert (today_of(request, at) > Approval.objects.get().due_on) == is_late
        measure.appeal = appeal
        assert standing.of(measure, at).is_late == is_late


def test_an_answered_one_is_not_late(manager, second):
    measure = make_measure(limited(AT, days=90), by=manager)
    deciding.approve(measure, by=second, at=AT + HOUR, seen=None)
    watching.sweep(AT + 10 * DAY)
    assert told(LATE) == []


# -- sessions of an ended subscription ---------------------------------------------------------------------------------


def test_sessions_that_a_crash_left_standing_are_cancelled(manager, second, monkeypatch):
    client = ClientFactory()
    booking = BookingFactory(client=client, booked_at=AT - DAY, starts=AT + 5 * DAY)
    proposed = make_measure(deciding.Step(Measure.Kind.SUBSCRIPTION), incident=make_incident(client=client), by=manager)
    with monkeypatch.context() as crash:
        crash.setattr(effects, "cancel_all", lambda *args, **kwargs: 0)
        deciding.approve(proposed, by=second, at=AT, seen=None)
    assert Booking.objects.get(pk=booking.pk).state == Booking.State.BOOKED
    assert Account.objects.get(pk=client.account_id).subscription == Account.Subscription.ENDED
    watching.sweep(AT + timedelta(minutes=1))
    assert Booking.objects.get(pk=booking.pk).state == Booking.State.CANCELLED
    assert watching.sweep(AT + timedelta(minutes=2)) == 0


# -- follow-ups --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "is_told"),
    [
        pytest.param(datetime(2026, 11, 23, 15, tzinfo=UTC), False, id="on the day"),
        pytest.param(datetime(2026, 11, 23, 23, 30, tzinfo=UTC), False, id="in the night after"),
        pytest.param(datetime(2026, 11, 24, 8, tzinfo=UTC) - SECOND, False, id="a second before the desk opens"),
        pytest.param(datetime(2026, 11, 24, 8, tzinfo=UTC), True, id="when the desk opens"),
    ],
)
@pytest.mark.parametrize("taken", [False, True], ids=["nobody took it", "nothing was noted"])
def test_a_talk_that_has_not_been_is_told_to_whom_it_falls(manager, second, at, is_told, taken):
    make_incident(reporter=second)
    if taken:
        care.take_on(FollowUp.objects.get(), by=manager, at=AT)
    else:
        StaffFactory(roles=["agent"])
    for _tick in range(3):
        watching.sweep(at)
    assert told(CARE) == ([manager] if is_told else [])  # not to whom it is about, a manager too


def test_who_took_it_last_thing_has_a_day(manager):
    make_incident()
    care.take_on(FollowUp.objects.get(), by=manager, at=datetime(2026, 11, 24, 15, tzinfo=UTC))
    watching.sweep(datetime(2026, 11, 24, 15, 30, tzinfo=UTC))
    assert told(CARE) == []
    watching.sweep(datetime(2026, 11, 25, 8, tzinfo=UTC))
    assert told(CARE) == [manager]


def test_a_note_is_enough(manager):
    make_incident()
    follow_up = care.take_on(FollowUp.objects.get(), by=manager, at=AT)
    care.note(follow_up, "pangolin", by=manager, at=AT)
    watching.sweep(AT + 5 * DAY)
    assert told(CARE) == []


def test_the_mails_name_who_waits_and_nothing_else(manager):
    incident = make_incident(reporter=StaffFactory(name="Elisa Conti"), words="quokka", effect="numbat")
    watching.sweep(AT + DAY)
    parcel = the_mail(CARE)
    assert "Elisa Conti" in parcel.subject
    for word in ("quokka", "numbat", incident.reference, incident.client.name):
        assert word not in f"{parcel.subject}{parcel.text}{parcel.html}"


def test_whose_manager_has_left_waits_again(manager, second):
    make_incident()
    care.take_on(FollowUp.objects.get(), by=manager, at=AT)
    manager.is_active = False
    manager.save(update_fields=["is_active"])
    watching.sweep(AT + HOUR)
    assert FollowUp.objects.waiting().count() == 1
    watching.sweep(AT + DAY)
    assert told(CARE) == [second]


# -- one tick ----------------------------------------------------------------------------------------------------------


def test_an_idle_tick_asks_little(manager, django_assert_max_num_queries):
    make_measure(limited(AT), by=manager)
    with django_assert_max_num_queries(11):
        assert watching.sweep(AT) == 0


def test_what_fails_for_one_is_done_for_the_others(manager, monkeypatch, caplog):
    first, other = (make_measure(limited(AT, days=3), by=manager) for _number in range(2))
    plan = watching.outbox.plan

    def fail_for_the_first(owed, *, at):
        owed = list(owed)
        if any(one.kind == ENDED and one.subject_id == first.incident_id for one in owed):
            raise RuntimeError("Out of ink.")
        plan(owed, at=at)

    with monkeypatch.context() as broken:
        broken.setattr(watching.outbox, "plan", fail_for_the_first)
        watching.sweep(AT + 3 * DAY)
    assert told(ENDED) == [other.incident.client]
    assert "Out of ink." in caplog.text
    watching.sweep(AT + 3 * DAY)  # tried anew
    assert told(ENDED) == [other.incident.client, first.incident.client]


def test_an_appeal_that_fails_is_no_other_appeals_trouble(manager, monkeypatch, caplog):
    """Each is suspended for itself, however the one before it ended (S-1)."""
    first, other = (make_measure(deciding.Step(Measure.Kind.WARNING), by=manager) for _number in range(2))
    one, two = (appeals.lodge(measure, reasons="It was not me.", at=AT) for measure in (first, other))
    is_late = suspending.appeal_time.has_waited_too_long

    def fail_for_the_first(appeal, at):
        if appeal == one:
            raise RuntimeError("Out of days.")
        return is_late(appeal, at)

    monkeypatch.setattr(suspending.appeal_time, "has_waited_too_long", fail_for_the_first)
    watching.sweep(AT + 40 * DAY)
    assert "Out of days." in caplog.text
    assert [appeal for appeal in (one, two) if Appeal.objects.get(pk=appeal.pk).suspended_at] == [two]


def test_appeals_that_somebody_can_decide_lock_nothing(manager, second, monkeypatch):
    measure = make_measure(limited(AT, days=3), by=manager)
    appeals.lodge(measure, reasons="It was not me.", at=AT)
    monkeypatch.setattr(suspending, "lock", None)
    assert not any(suspending.suspend(one, at=AT + 40 * DAY) for one in suspending.waiting(AT + 40 * DAY))
    assert not suspending.waiting(AT + 18 * DAY).exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_tell_it_once(manager, second):
    for _number in range(3):
        make_measure(limited(AT, days=3), by=manager)
        make_measure(limited(AT, days=90), by=manager)
    later = AT + 4 * DAY
    at_once(*(partial(watching.sweep, later) for _worker in range(2)))
    watching.sweep(later)
    assert Message.objects.filter(kind=ENDED).count() == 3
    assert Message.objects.filter(kind=LATE).count() == 6
    assert FollowUp.objects.filter(reminded_at__isnull=False).count() == 6
    assert Message.objects.filter(kind=CARE).count() == 12
    assert not Restriction.objects.in_force(later).exists()
