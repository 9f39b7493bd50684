"""The one appeal against a measure: in time or with a cause, decided by somebody with no part in it (R-7)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bookings.models import Booking
from complaints.models import NamedStaff
from conduct import appeal_time, timeline
from conduct.messages_appeal import sessions_of
from conduct.models import Appeal, Incident, Measure
from conduct.operations import appeals, deciding, sessions
from conduct.operations.varying import Change
from conduct.refusals import (
    AppealedBefore,
    EndsInPast,
    NoReason,
    NotEligible,
    NotForYou,
    NothingClosed,
    NothingVaried,
    NotLawful,
    NotYours,
    Stale,
    TooLate,
)
from conduct.refusals_appeal import ArrivedInFuture, BeforeMeasure, NoAppealReasons, NotTaken
from supportportal.outbox.models import Message
from supportportal.people.access import gate_is_open
from supportportal.people.models import Account, Gate
from supportportal.trail.models import Entry
from tests.factories import (
    MONDAY_TEN,
    AccountFactory,
    BookingFactory,
    ClientFactory,
    FirmFactory,
    HolidayFactory,
    StaffFactory,
)
from tests.factories_complaints import ComplaintFactory
from tests.factories_conduct import limited, make_incident, make_measure

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN  # Monday 23 November 2026, 11:00 in Rome
DAY = timedelta(days=1)
Outcome, Kind = Appeal.Outcome, Measure.Kind


@pytest.fixture(autouse=True)
def firm():
    return FirmFactory()


@pytest.fixture
def reviewer():
    return StaffFactory(roles=["manager"], name="Rita Neutral")


def told(measure: Measure, at: datetime = AT) -> Measure:
    Measure.objects.filter(pk=measure.pk).update(told_at=at)
    measure.refresh_from_db()
    return measure


def lodged(measure: Measure, at: datetime = AT + DAY, **said) -> Appeal:
    return appeals.lodge(measure, **{"reasons": "It was not me.", "at": at, **said})


def decided(appeal: Appeal, outcome: str, by, at: datetime = AT + 2 * DAY, change: Change | None = None) -> Appeal:
    return appeals.decide(appeal, outcome, "We looked at it.", change, by=by, at=at, seen=None)


def mails(kind: str):
    return Message.objects.filter(kind=kind)


# -- when --------------------------------------------------------------------------------------------------------------

# Told on Monday 23 November 2026: the twentieth business day is Monday 21 December.
LAST = datetime(2026, 12, 21, 22, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "cause", "taken"),
    [
        pytest.param(AT, "", True, id="in the same second"),
        pytest.param(LAST, "", True, id="on the last day at 23:59:59"),
        pytest.param(LAST + timedelta(seconds=1), "", False, id="the first second after"),
        pytest.param(LAST + timedelta(seconds=1), "I was in hospital.", True, id="late with a cause"),
        pytest.param(LAST + timedelta(days=300), "  ", False, id="late with blanks"),
        pytest.param(LAST + timedelta(days=300), "I never got it.", True, id="very late with a cause"),
    ],
)
def test_an_appeal_is_taken_for_twenty_business_days_and_later_with_a_cause(at, cause, taken):
    measure = told(make_measure())
    if not taken:
        with pytest.raises(TooLate):
            lodged(measure, at, late_cause=cause)
        assert not Appeal.objects.exists()
    else:
        assert lodged(measure, at, late_cause=cause).late_cause == (cause if at > LAST else "")


@pytest.mark.parametrize(
    ("told_at", "holidays", "last"),
    [
        pytest.param(datetime(2026, 11, 20, 22, 59, tzinfo=UTC), [], date(2026, 12, 18), id="Friday before midnight"),
        pytest.param(datetime(2026, 11, 20, 23, 1, tzinfo=UTC), [], date(2026, 12, 18), id="Saturday"),
        pytest.param(AT, [date(2026, 12, 8)], date(2026, 12, 22), id="a holiday in between"),
        pytest.param(AT, [date(2026, 12, 5)], date(2026, 12, 21), id="a holiday on a Saturday"),
        pytest.param(datetime(2026, 10, 9, 10, tzinfo=UTC), [], date(2026, 11, 6), id="clocks go back in between"),
        pytest.param(datetime(2027, 3, 12, 10, tzinfo=UTC), [], date(2027, 4, 9), id="clocks go forward in between"),
    ],
)
def test_the_last_day_is_counted_at_the_desk(told_at, holidays, last):
    for day in holidays:
        HolidayFactory(country="IT", day=day)
    measure = told(make_measure(at=told_at), told_at)
    assert appeal_time.last_day(measure) == last
    before = 22 if last.month == 4 else 23
    end = datetime(last.year, last.month, last.day, before - 1, 59, 59, 999999, tzinfo=UTC)
    assert appeal_time.is_in_time(measure, end)
    assert not appeal_time.is_in_time(measure, end + timedelta(microseconds=1))


def test_time_counts_from_when_the_client_was_told_and_never_ends_before_the_notice_says():
    measure = make_measure()
    assert measure.appeal_by == date(2026, 12, 21)
    assert appeal_time.last_day(measure) is None
    assert appeal_time.is_in_time(measure, AT + timedelta(days=400))
    assert appeal_time.last_day(told(measure, AT + 3 * DAY)) == date(2026, 12, 24)
    assert appeal_time.last_day(told(measure, AT - 3 * DAY)) == date(2026, 12, 21)


def test_it_is_to_be_answered_within_ten_business_days():
    assert lodged(make_measure()).answer_by == date(2026, 12, 8)


# -- lodging -----------------------------------------------------------------------------------------------------------


def test_it_changes_nothing_by_itself_and_is_acknowledged(reviewer):
    measure = make_measure()
    lodged(measure)
    assert not gate_is_open(measure.incident.client, Gate.BOOKING, AT + DAY)
    assert mails("conduct_appeal_received").get().recipient == measure.incident.client
    assert [one.recipient for one in mails("conduct_appeal_asked")] == [reviewer]
    assert Entry.objects.filter(verb="measure.appealed").count() == 1


def test_it_can_be_made_once():
    measure = make_measure()
    lodged(measure)
    with pytest.raises(AppealedBefore):
        lodged(measure, AT + 3 * DAY)
    assert Appeal.objects.count() == 1


@pytest.mark.parametrize("reasons", ["", " \n "])
def test_it_needs_reasons(reasons):
    with pytest.raises(NoAppealReasons):
        lodged(make_measure(), reasons=reasons)


@pytest.mark.parametrize("kind", [Kind.WARNING, Kind.LIMITED])
def test_warnings_and_what_is_over_can_be_appealed(kind, reviewer):
    step = deciding.Step(Kind.WARNING) if kind == Kind.WARNING else limited(AT, days=1)
    measure = make_measure(step)
    appeal = lodged(measure, AT + 5 * DAY)
    decided(appeal, Outcome.QUASHED, reviewer, AT + 6 * DAY)
    assert Measure.objects.get().state == Measure.State.QUASHED


def test_a_lifted_measure_can_be_appealed_and_quashed(reviewer):
    measure = make_measure()
    deciding.lift(measure, "Enough.", by=measure.decided_by, at=AT + DAY, seen=None)
    decided(lodged(measure, AT + 2 * DAY), Outcome.QUASHED, reviewer, AT + 3 * DAY)
    assert Measure.objects.get().state == Measure.State.QUASHED


def test_a_proposal_cannot_be_appealed():
    with pytest.raises(NotTaken):
        lodged(make_measure(limited(AT, days=60)))


def test_staff_enter_what_came_by_post_at_its_arrival(reviewer):
    measure = told(make_measure())
    appeal = lodged(measure, LAST + 5 * DAY, by=reviewer, arrived_at=LAST)
    assert (appeal.lodged_at, appeal.late_cause) == (LAST, "")


@pytest.mark.parametrize(
    ("arrived_at", "refusal"),
    [
        pytest.param(AT + 2 * DAY, ArrivedInFuture, id="later than now"),
        pytest.param(AT - DAY, BeforeMeasure, id="before the measure"),
    ],
)
def test_an_impossible_arrival_is_refused(reviewer, arrived_at, refusal):
    with pytest.raises(refusal):
        lodged(make_measure(), AT + DAY, by=reviewer, arrived_at=arrived_at)


def test_who_reported_it_enters_no_appeal():
    measure = make_measure()
    with pytest.raises(NotYours):
        lodged(measure, by=measure.incident.reporter)


# -- who decides -------------------------------------------------------------------------------------------------------


@pytest.fixture
def cast(db):
    """An extended and approved measure, and everybody around it."""
    people = {
        name: StaffFactory(roles=["manager"], name=name)
        for name in ("reporter", "concerned", "decider", "first decider", "approver", "named", "neutral")
    }
    people["agent"] = StaffFactory(roles=["agent"], name="agent")
    people["superuser"] = StaffFactory(is_superuser=True, name="superuser")
    people["left"] = StaffFactory(roles=["manager"], name="left", is_active=False)
    client = ClientFactory()
    incident = make_incident(reporter=people["reporter"], concerned=people["concerned"], client=client)
    first = make_measure(limited(AT, days=20), incident=incident, by=people["first decider"])
    incident.refresh_from_db()
    step = limited(AT, days=50, extends=first)
    measure = make_measure(step, at=AT + DAY, incident=incident, by=people["decider"])
    deciding.approve(measure, by=people["approver"], at=AT + DAY, seen=None)
    complaint = ComplaintFactory(at=AT + DAY, client=client, email=client.email)
    NamedStaff.objects.create(complaint=complaint, typed="named", part=NamedStaff.Part.ABOUT, person=people["named"])
    measure.refresh_from_db()
    return people, measure


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("reporter", NotEligible),
        ("concerned", NotEligible),
        ("decider", NotEligible),
        ("first decider", NotEligible),
        ("approver", NotEligible),
        ("named", NotForYou),
        ("agent", NotYours),
        ("superuser", NotEligible),
        ("left", NotYours),
        ("neutral", None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_only_who_has_no_part_in_it_decides(cast, who, refusal):
    people, measure = cast
    appeal = lodged(measure, AT + 2 * DAY)
    if refusal is None:
        decided(appeal, Outcome.UPHELD, people[who], AT + 3 * DAY)
        assert Appeal.objects.get().decided_by == people[who]
        return
    with pytest.raises(refusal):
        decided(appeal, Outcome.QUASHED, people[who], AT + 3 * DAY)
    assert Appeal.objects.get().is_open
    assert not gate_is_open(measure.incident.client, Gate.BOOKING, AT + 3 * DAY)


@pytest.mark.parametrize("who", ["named", "neutral"])
def test_whom_a_complaint_names_is_given_it_like_anybody(cast, who):
    """Who gives it learns nothing of the complaint (C-8); who is named is refused when deciding."""
    people, measure = cast
    appeal = lodged(measure, AT + 2 * DAY)
    giver = StaffFactory(roles=["manager"])
    appeals.assign(appeal, people[who], by=giver, at=AT + 2 * DAY, seen=None)
    assert Appeal.objects.get().reviewer == people[who]
    if who == "named":
        with pytest.raises(NotForYou):
            decided(appeal, Outcome.UPHELD, people[who], AT + 3 * DAY)
    else:
        decided(appeal, Outcome.UPHELD, people[who], AT + 3 * DAY)
    assert Appeal.objects.get().is_open is (who == "named")


@pytest.mark.parametrize("who", ["reporter", "concerned", "decider", "first decider", "approver", "agent"])
def test_nor_is_it_given_to_anybody_with_a_part(cast, who):
    people, measure = cast
    appeal = lodged(measure, AT + 2 * DAY)
    with pytest.raises(NotEligible):
        appeals.assign(appeal, people[who], by=people["neutral"], at=AT + 2 * DAY, seen=None)


@pytest.mark.parametrize("who", ["reporter", "decider", "approver", "agent"])
def test_nor_does_anybody_with_a_part_choose_who_decides(cast, who):
    people, measure = cast
    appeal = lodged(measure, AT + 2 * DAY)
    with pytest.raises((NotEligible, NotYours)):
        appeals.assign(appeal, people["neutral"], by=people[who], at=AT + 2 * DAY, seen=None)


def test_it_is_given_to_somebody_and_back(cast):
    people, measure = cast
    appeal = lodged(measure, AT + 2 * DAY)
    neutral = people["neutral"]
    appeals.assign(appeal, neutral, by=neutral, at=AT + 2 * DAY, seen=None)
    assert Appeal.objects.get().reviewer == neutral
    appeals.assign(appeal, None, by=neutral, at=AT + 2 * DAY, seen=None)
    assert Appeal.objects.get().reviewer is None


def test_whoever_a_complaint_alone_keeps_out_gets_the_same_mail(cast):
    people, measure = cast
    lodged(measure, AT + 2 * DAY)
    assert {one.recipient for one in mails("conduct_appeal_asked")} == {people["neutral"], people["named"]}


def test_who_declined_an_earlier_proposal_may_decide():
    """The control of the table above: a no is no part in what was taken later."""
    decliner, decider, second = (StaffFactory(roles=["manager"]) for _ in range(3))
    incident = make_incident()
    proposal = make_measure(limited(AT, days=60), incident=incident, by=decider)
    deciding.decline(proposal, "Too long.", by=decliner, at=AT, seen=None)
    incident.refresh_from_db()
    measure = make_measure(limited(AT, days=20), incident=incident, by=second)
    decided(lodged(measure), Outcome.UPHELD, decliner)


def test_two_who_decide_at_once_do_not_both(reviewer):
    measure = make_measure()
    appeal = lodged(measure)
    seen = Incident.objects.get().version
    other = StaffFactory(roles=["manager"])
    appeals.decide(appeal, Outcome.UPHELD, "It stands.", by=reviewer, at=AT + 2 * DAY, seen=seen)
    with pytest.raises(Stale):
        appeals.decide(appeal, Outcome.QUASHED, "No.", by=other, at=AT + 2 * DAY, seen=seen)
    with pytest.raises(NotLawful):
        appeals.decide(appeal, Outcome.QUASHED, "No.", by=other, at=AT + 2 * DAY, seen=None)
    assert Appeal.objects.get().outcome == Outcome.UPHELD


# -- what follows ------------------------------------------------------------------------------------------------------


def test_a_decision_needs_reasons(reviewer):
    appeal = lodged(make_measure())
    with pytest.raises(NoReason):
        appeals.decide(appeal, Outcome.QUASHED, " ", by=reviewer, at=AT + 2 * DAY, seen=None)


def test_upheld_it_goes_on_as_it_was(reviewer):
    measure = make_measure()
    appeal = decided(lodged(measure), Outcome.UPHELD, reviewer)
    client = measure.incident.client
    assert not gate_is_open(client, Gate.BOOKING, AT + 29 * DAY)
    assert gate_is_open(client, Gate.BOOKING, AT + 30 * DAY)
    assert mails("conduct_appeal_decided").get().recipient == client
    assert (appeal.reviewer, appeal.decided_by) == (reviewer, reviewer)


def test_quashed_nothing_is_closed_any_more(reviewer):
    measure = make_measure()
    decided(lodged(measure), Outcome.QUASHED, reviewer)
    measure.refresh_from_db()
    assert gate_is_open(measure.incident.client, Gate.BOOKING, AT + 2 * DAY)
    assert (measure.state, measure.ended_by) == (Measure.State.QUASHED, reviewer)


def test_quashed_an_ended_subscription_is_back(reviewer):
    client = ClientFactory()
    incident = make_incident(client=client)
    measure = make_measure(deciding.Step(Kind.SUBSCRIPTION), incident=incident)
    deciding.approve(measure, by=StaffFactory(roles=["manager"]), at=AT, seen=None)
    assert Account.objects.get().subscription == Account.Subscription.ENDED
    decided(lodged(measure), Outcome.QUASHED, reviewer)
    assert Account.objects.get().subscription == Account.Subscription.ACTIVE


def test_quashed_after_a_lift_nothing_is_undone_twice(reviewer):
    """The lift stays what it was; what staff have changed since is not changed back."""
    measure = make_measure(deciding.Step(Kind.SUBSCRIPTION), incident=make_incident(client=ClientFactory()))
    measure = deciding.approve(measure, by=StaffFactory(roles=["manager"]), at=AT, seen=None)
    deciding.lift(measure, "Enough.", by=measure.decided_by, at=AT + DAY, seen=None)
    Account.objects.update(subscription=Account.Subscription.ENDED)  # the account gives notice itself
    decided(lodged(measure, AT + 2 * DAY), Outcome.QUASHED, reviewer, AT + 3 * DAY)
    measure.refresh_from_db()
    assert Account.objects.get().subscription == Account.Subscription.ENDED
    assert measure.state == Measure.State.QUASHED
    assert (measure.ended_by, measure.ended_at, measure.ending_reason) == (measure.decided_by, AT + DAY, "Enough.")
    lines = timeline.of(timeline.Rows.read(measure.incident, all_of_it=True), all_of_it=True)
    assert [str(one.what) for one in lines if one.at == measure.ended_at] == ["end of the subscription: lifted"]


def booked(client, starts: datetime) -> Booking:
    return BookingFactory(client=client, starts=starts, booked_at=AT - DAY)


def cancelled(measure: Measure, booking: Booking) -> Booking:
    sessions.choose(measure, booking, "cancel", by=measure.decided_by, at=AT)
    return booking


def test_quashed_sessions_are_back_where_their_time_is_free(reviewer):
    client = ClientFactory()
    free = booked(client, AT + 8 * DAY)
    taken = booked(client, AT + 9 * DAY)
    over = booked(client, AT + DAY)
    kept = booked(client, AT + 10 * DAY)
    measure = make_measure(incident=make_incident(client=client))
    for one in (free, taken, over):
        cancelled(measure, one)
    sessions.choose(measure, kept, "keep", by=measure.decided_by, at=AT)
    BookingFactory(agent=taken.agent, session_type=taken.session_type, starts=taken.starts_at)
    appeal = decided(lodged(measure), Outcome.QUASHED, reviewer)
    states = {one: Booking.objects.get(pk=one.pk).state for one in (free, taken, over, kept)}
    live, gone = Booking.State.BOOKED, Booking.State.CANCELLED
    assert states == {free: live, taken: gone, over: gone, kept: live}
    assert sessions_of(appeal, client) == ([free], [taken])


def test_upheld_sessions_stay_cancelled(reviewer):
    """The control of the test above."""
    client = ClientFactory()
    booking = booked(client, AT + 8 * DAY)
    measure = make_measure(incident=make_incident(client=client))
    cancelled(measure, booking)
    decided(lodged(measure), Outcome.UPHELD, reviewer)
    assert Booking.objects.get().state == Booking.State.CANCELLED


def both(at: datetime, **changed):
    return limited(at, gates=[Gate.BOOKING, Gate.MAIL], **changed)


@pytest.mark.parametrize(
    ("until", "gates", "refusal"),
    [
        pytest.param(None, [Gate.BOOKING, Gate.MAIL], NothingVaried, id="nothing"),
        pytest.param(AT + 30 * DAY, [Gate.BOOKING, Gate.MAIL], NothingVaried, id="the same end"),
        pytest.param(AT + 31 * DAY, [Gate.BOOKING], NothingVaried, id="a later end"),
        pytest.param(AT + DAY, [Gate.BOOKING], EndsInPast, id="an end in the past"),
        pytest.param(AT + 2 * DAY, [Gate.BOOKING], EndsInPast, id="an end just now"),
        pytest.param(None, [], NothingClosed, id="nothing closed"),
        pytest.param(None, [Gate.CALLBACK], NothingClosed, id="something else closed"),
        pytest.param(AT + 10 * DAY, [Gate.BOOKING, Gate.MAIL], None, id="an earlier end"),
        pytest.param(None, [Gate.MAIL], None, id="fewer things"),
        pytest.param(AT + 10 * DAY, [Gate.MAIL, Gate.CALLBACK], None, id="both, and nothing more"),
    ],
)
def test_varied_it_is_milder_at_once(reviewer, until, gates, refusal):
    measure = make_measure(both(AT))
    appeal = lodged(measure)
    if refusal:
        with pytest.raises(refusal):
            decided(appeal, Outcome.VARIED, reviewer, change=Change(until, gates))
        assert Appeal.objects.get().is_open
        return
    decided(appeal, Outcome.VARIED, reviewer, change=Change(until, gates))
    measure.refresh_from_db()
    client, end = measure.incident.client, until or AT + 30 * DAY
    closed = {gate for gate in Gate.values if not gate_is_open(client, gate, AT + 2 * DAY)}
    assert closed == set(gates) & {Gate.BOOKING, Gate.MAIL}
    assert all(gate_is_open(client, gate, end) for gate in Gate.values)
    assert (measure.state, measure.restriction.ends_at) == (Measure.State.TAKEN, end)


def test_one_for_good_that_is_given_an_end_is_a_limited_one(reviewer):
    measure = make_measure(deciding.Step(Kind.PERMANENT, gates=[Gate.BOOKING]))
    deciding.approve(measure, by=StaffFactory(roles=["manager"]), at=AT, seen=None)
    decided(lodged(measure), Outcome.VARIED, reviewer, change=Change(AT + 60 * DAY, [Gate.BOOKING]))
    measure.refresh_from_db()
    assert (measure.kind, measure.until, measure.review_on) == (Kind.LIMITED, AT + 60 * DAY, None)


def test_correspondence_that_is_open_again_is_limited_access(reviewer):
    measure = make_measure(limited(AT, kind=Kind.CORRESPONDENCE))
    decided(lodged(measure), Outcome.VARIED, reviewer, change=Change(None, [Gate.BOOKING]))
    measure.refresh_from_db()
    assert (measure.kind, measure.gates) == (Kind.LIMITED, [Gate.BOOKING])


@pytest.mark.parametrize("why", ["a warning", "lifted", "run out"])
def test_what_closes_nothing_cannot_be_varied(reviewer, why):
    measure = make_measure(deciding.Step(Kind.WARNING) if why == "a warning" else limited(AT, days=1))
    if why == "lifted":
        deciding.lift(measure, "Enough.", by=measure.decided_by, at=AT, seen=None)
    appeal = lodged(measure, AT + 2 * DAY)
    with pytest.raises(NothingVaried):
        decided(appeal, Outcome.VARIED, reviewer, AT + 3 * DAY, Change(AT + 4 * DAY, [Gate.BOOKING]))


def test_colleagues_hear_that_what_was_closed_to_the_account_is_open(reviewer):
    client = ClientFactory()
    colleague = ClientFactory(account=client.account)
    ClientFactory(account=AccountFactory())
    measure = make_measure(limited(AT, whole_account=True), incident=make_incident(client=client))
    assert [one.recipient for one in mails("conduct_colleague")] == [colleague]
    decided(lodged(measure), Outcome.QUASHED, reviewer)
    assert [one.recipient for one in mails("conduct_colleague_open")] == [colleague]
    assert gate_is_open(colleague, Gate.BOOKING, AT + 2 * DAY)
