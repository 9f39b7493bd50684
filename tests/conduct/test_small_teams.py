"""Where nobody is left who may approve or decide: an outside reviewer, a suspended measure, a warning ahead (S-1)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints.models import NamedStaff
from conduct import outcomes
from conduct.models import Appeal, Appointment, Incident, Measure
from conduct.operations import appeals, appointments, deciding, sessions, watching
from conduct.precedents import Precedent
from conduct.refusals import NoReason, NotForYou, NotYours, OnlyOwner, SomebodyElseCan, Stale
from conduct.refusals_appeal import HasAPart, NothingForReviewer
from conduct.thin_roles import thin_roles
from supportportal.outbox.models import Message
from supportportal.people.access import gate_is_open
from supportportal.people.models import Account, Gate, User
from supportportal.trail.models import Entry
from tests.factories import MONDAY_TEN, BookingFactory, ClientFactory, FirmFactory, HolidayFactory, StaffFactory
from tests.factories_complaints import ComplaintFactory
from tests.factories_conduct import limited, make_incident, make_measure, suspend_late

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN
DAY = timedelta(days=1)
# Lodged on Monday 23 November 2026, an appeal has been open for twenty business days when 21 December is over in Rome.
LAST = datetime(2026, 12, 21, 22, 59, 59, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def firm():
    return FirmFactory()


@pytest.fixture
def owner():
    return StaffFactory(roles=["owner"], name="Olga Owner")


@pytest.fixture
def agent():
    return StaffFactory(roles=["agent"], name="Anna Agent")


@pytest.fixture
def alone(owner):
    """A measure that the only manager there is, the owner, has decided; nobody is left for its appeal."""
    return make_measure(limited(AT), by=owner)


def lodged(measure: Measure, at: datetime = AT) -> Appeal:
    return appeals.lodge(measure, reasons="It was not me.", at=at)


def appoint(measure, person, by, at=AT + DAY, **changed):
    return appointments.appoint(
        measure, person, **{"reason": "Nobody else.", "by": by, "at": at, "seen": None, **changed}
    )


# -- outside reviewers -------------------------------------------------------------------------------------------------


def test_the_owner_appoints_somebody_who_then_decides_the_appeal(alone, owner, agent):
    appeal = lodged(alone)
    with pytest.raises(NotYours):
        appeals.decide(appeal, "quashed", "No.", by=agent, at=AT + DAY, seen=None)
    appoint(alone, agent, owner)
    assert Appeal.objects.visible_to(agent).get().reviewer == agent
    assert Incident.objects.in_full_for(agent).exists()
    assert Message.objects.get(kind="conduct_appointed").recipient == agent
    appeals.decide(appeal, "quashed", "It is not shown.", by=agent, at=AT + 2 * DAY, seen=None)
    assert gate_is_open(alone.incident.client, Gate.BOOKING, AT + 2 * DAY)
    assert not Appeal.objects.visible_to(agent).exists()


def test_or_approves_the_measure(owner, agent):
    measure = make_measure(limited(AT, days=60), by=owner)
    with pytest.raises(NotYours):
        deciding.approve(measure, by=agent, at=AT + DAY, seen=None)
    appoint(measure, agent, owner)
    deciding.approve(measure, by=agent, at=AT + DAY, seen=None)
    assert Measure.objects.get().state == Measure.State.TAKEN


def approve(measure, agent):
    deciding.approve(measure, by=agent, at=AT + DAY, seen=None)


def decline(measure, agent):
    deciding.decline(measure, "Too much.", by=agent, at=AT + DAY, seen=None)


def withdraw(measure, agent):
    deciding.withdraw(measure, by=measure.decided_by, at=AT + DAY, seen=None)


@pytest.mark.parametrize("answer", [approve, decline, withdraw])
def test_once_it_is_answered_the_reviewer_sees_the_case_no_longer(owner, agent, answer):
    measure = make_measure(limited(AT, days=60), by=owner)
    appoint(measure, agent, owner)
    assert Incident.objects.in_full_for(agent).exists()
    answer(measure, agent)
    assert not Incident.objects.visible_to(agent).exists()
    assert Appointment.objects.get().ended_at == AT + DAY


def test_having_answered_the_reviewer_is_led_to_the_first_page(client, owner, agent):
    at = timezone.now()
    measure = make_measure(limited(at, days=60), incident=make_incident(at=at), at=at, by=owner)
    appoint(measure, agent, owner, at)
    client.force_login(agent)
    url = reverse("admin:conduct_measure_approve", args=[measure.pk])
    given = {"press": "approve", "reasons": "", "seen": Incident.objects.get().version}
    assert client.get(url).status_code == 200
    assert client.post(url, given).url == reverse("admin:index")
    assert client.get(url).status_code == 404


def test_who_approved_does_not_decide_the_appeal_too(owner, agent):
    measure = make_measure(limited(AT, days=60), by=owner)
    appoint(measure, agent, owner)
    deciding.approve(measure, by=agent, at=AT + DAY, seen=None)
    measure.refresh_from_db()
    appeal = lodged(measure, AT + 2 * DAY)
    with pytest.raises(NotYours):
        appeals.decide(appeal, "upheld", "Yes.", by=agent, at=AT + 3 * DAY, seen=None)
    with pytest.raises(HasAPart):
        appoint(measure, agent, owner, AT + 3 * DAY)
    other = StaffFactory(roles=["agent"])
    appoint(measure, other, owner, AT + 3 * DAY)
    assert [one.person for one in Appointment.objects.filter(ended_at=None)] == [other]


def test_nobody_is_appointed_where_somebody_here_can(alone, owner, agent):
    lodged(alone)
    StaffFactory(roles=["manager"])
    with pytest.raises(SomebodyElseCan):
        appoint(alone, agent, owner)


def test_nor_where_nothing_waits(alone, owner, agent):
    with pytest.raises(NothingForReviewer):
        appoint(alone, agent, owner)


def named_in_a_complaint(client, person):
    complaint = ComplaintFactory(at=AT, client=client, email=client.email)
    NamedStaff.objects.create(complaint=complaint, typed=person.name, part=NamedStaff.Part.ABOUT, person=person)


@pytest.mark.parametrize("who", ["reporter", "concerned", "client", "named", "left"])
def test_whoever_has_a_part_cannot_be_appointed(owner, who):
    people = {name: StaffFactory(roles=["agent"], name=name) for name in ("reporter", "concerned", "named")}
    people["left"] = StaffFactory(roles=["agent"], is_active=False)
    people["client"] = ClientFactory()
    incident = make_incident(client=people["client"], reporter=people["reporter"], concerned=people["concerned"])
    measure = make_measure(limited(AT), incident=incident, by=owner)
    named_in_a_complaint(people["client"], people["named"])
    lodged(measure)
    with pytest.raises(HasAPart):
        appoint(measure, people[who], owner)
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(
    ("role", "owners", "refusal"),
    [
        pytest.param("owner", "impartial", None, id="the owner"),
        pytest.param("deputy", "impartial", OnlyOwner, id="a deputy beside the owner"),
        pytest.param("deputy", "concerned", None, id="a deputy where the owner is concerned"),
        pytest.param("deputy", "named", None, id="a deputy where the owner is named in a complaint"),
        pytest.param("owner", "concerned", NotForYou, id="an owner who is concerned"),
        pytest.param("owner", "named", NotForYou, id="an owner who is named in a complaint"),
        pytest.param("manager", "impartial", OnlyOwner, id="a manager"),
        pytest.param("agent", "impartial", NotYours, id="an agent"),
    ],
)
def test_who_appoints(agent, role, owners, refusal):
    owner = StaffFactory(roles=["owner"], name="Olga Owner")
    by = owner if role == "owner" else StaffFactory(roles=[role])
    client = ClientFactory()
    concerned = owner if owners == "concerned" else StaffFactory(roles=["agent"])
    incident = make_incident(client=client, concerned=concerned, reporter=owner)
    measure = make_measure(limited(AT), incident=incident, by=StaffFactory(roles=["manager"]))
    # So that nobody is left: whoever asks has decided it, the owner has reported it.
    User.objects.filter(pk=measure.decided_by_id).update(is_active=False)
    Measure.objects.update(decided_by=by)
    measure.refresh_from_db()
    appeal = lodged(measure)
    if owners == "named":
        named_in_a_complaint(client, owner)
    if refusal is None:
        appoint(measure, agent, by)
        appeal.refresh_from_db()
        assert appeal.reviewer == agent
        return
    with pytest.raises(refusal):
        appoint(measure, agent, by)


def test_an_appointment_needs_a_reason_and_a_fresh_page(alone, owner, agent):
    lodged(alone)
    with pytest.raises(NoReason):
        appoint(alone, agent, owner, reason=" ")
    with pytest.raises(Stale):
        appoint(alone, agent, owner, seen=1)


def test_an_appointment_ends(alone, owner, agent):
    lodged(alone)
    made = appoint(alone, agent, owner)
    for _twice in range(2):
        appointments.end(made, by=owner, at=AT + 2 * DAY)
    assert Appeal.objects.get().reviewer is None
    assert not Incident.objects.visible_to(agent).exists()
    with pytest.raises(NotYours):
        appeals.decide(Appeal.objects.get(), "upheld", "Yes.", by=agent, at=AT + 2 * DAY, seen=None)
    assert Entry.objects.filter(verb="measure.appointment_ended").count() == 1


# -- an appeal that nobody can decide ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "suspended"),
    [
        pytest.param(AT + DAY, 0, id="a day later"),
        pytest.param(LAST, 0, id="on the twentieth business day at 23:59:59"),
        pytest.param(LAST + SECOND, 1, id="the first second after"),
        pytest.param(LAST + 200 * DAY, 0, id="when the measure is over by itself"),
    ],
)
def test_after_twenty_business_days_the_measure_is_suspended(alone, at, suspended):
    lodged(alone)
    Measure.objects.update(until=AT + 100 * DAY)
    alone.restriction.ends_at = AT + 100 * DAY
    alone.restriction.save()
    assert suspend_late(at) == suspended
    client = alone.incident.client
    if suspended:
        assert gate_is_open(client, Gate.BOOKING, at + SECOND)
        assert Message.objects.get(kind="conduct_suspended").recipient == client
        assert suspend_late(at + DAY) == 0
        measure = Measure.objects.get()
        assert Precedent(measure, at).outcome == "suspended until the appeal is decided"
        told = [one.words for one in outcomes.of(measure.incident, at)]
        assert told[0] == "limited access: suspended until the appeal is decided"
        assert Entry.objects.filter(verb="measure.suspended").count() == 1
    elif at <= LAST:
        assert not gate_is_open(client, Gate.BOOKING, at)


def test_a_holiday_makes_it_wait_a_day_longer(alone):
    HolidayFactory(country="IT", day=date(2026, 12, 8))
    lodged(alone)
    assert suspend_late(LAST + SECOND) == 0
    assert suspend_late(LAST + DAY + SECOND) == 1


def test_it_is_not_suspended_while_somebody_may_decide(alone):
    """The control of the tests above."""
    lodged(alone)
    StaffFactory(roles=["manager"])
    assert suspend_late(LAST + SECOND) == 0


def test_managers_are_told_whoever_of_them_is_kept_out(alone, owner):
    named = StaffFactory(roles=["manager"], name="Nadia Named")
    lodged(alone)
    named_in_a_complaint(alone.incident.client, named)
    assert suspend_late(LAST + SECOND) == 1
    told = {one.recipient for one in Message.objects.filter(kind="conduct_suspended_staff")}
    assert told == {owner, named}


def long_one(owner, agent, days: int = 100, step=None, **about) -> Measure:
    measure = make_measure(step or limited(AT, days=days, whole_account=True), by=owner, **about)
    made = appoint(measure, agent, owner, AT)
    deciding.approve(measure, by=agent, at=AT, seen=None)
    appointments.end(made, by=owner, at=AT)
    measure.refresh_from_db()
    return measure


def test_upheld_later_it_goes_on_until_its_end(owner, agent):
    measure = long_one(owner, agent)
    appeal = lodged(measure)
    suspend_late(LAST + SECOND)
    client, late = measure.incident.client, AT + 60 * DAY
    assert gate_is_open(client, Gate.BOOKING, late)
    manager = StaffFactory(roles=["manager"])
    appeals.decide(appeal, "upheld", "It stands.", by=manager, at=late, seen=None)
    assert not gate_is_open(client, Gate.BOOKING, late)
    assert gate_is_open(client, Gate.BOOKING, AT + 100 * DAY)


@pytest.mark.parametrize(
    ("kind", "outcome"), [("limited", "upheld"), ("limited", "varied"), ("subscription", "upheld")]
)
def test_colleagues_hear_that_it_is_closed_again(owner, agent, kind, outcome):
    client = ClientFactory()
    colleague = ClientFactory(account=client.account)
    step = deciding.Step(Measure.Kind.SUBSCRIPTION) if kind == "subscription" else None
    measure = long_one(owner, agent, step=step, incident=make_incident(client=client))
    appeal, told = lodged(measure), Message.objects.filter(recipient=colleague)
    suspend_late(LAST + SECOND)
    told.delete()
    manager = StaffFactory(roles=["manager"])
    change = appeals.Change(AT + 70 * DAY, [Gate.BOOKING]) if outcome == "varied" else None
    appeals.decide(appeal, outcome, "We looked at it.", change, by=manager, at=AT + 60 * DAY, seen=None)
    assert [one.kind for one in told] == ["conduct_colleague"]


def test_sessions_booked_while_it_was_suspended_are_asked_about(owner, agent):
    measure = long_one(owner, agent)
    appeal = lodged(measure)
    suspend_late(LAST + SECOND)
    booking = BookingFactory(client=measure.incident.client, starts=AT + 90 * DAY, booked_at=AT + 50 * DAY)
    manager, late = StaffFactory(roles=["manager"]), AT + 60 * DAY
    assert sessions.undecided(late, manager) == []
    appeals.decide(appeal, "upheld", "It stands.", by=manager, at=late, seen=None)
    measure = Measure.objects.select_related("incident__client", "restriction").get()
    assert sessions.affected_sessions(measure, late) == [booking]
    assert sessions.undecided(late, manager) == [(measure, [booking])]


def test_sessions_of_a_subscription_that_ends_again_are_cancelled(owner, agent):
    client = ClientFactory()
    measure = long_one(
        owner, agent, step=deciding.Step(Measure.Kind.SUBSCRIPTION), incident=make_incident(client=client)
    )
    appeal = lodged(measure)
    suspend_late(LAST + SECOND)
    booking = BookingFactory(client=client, starts=AT + 90 * DAY, booked_at=AT + 50 * DAY)
    watching.sweep(AT + 59 * DAY)
    booking.refresh_from_db()
    assert booking.is_live  # the control
    appeals.decide(appeal, "upheld", "It stands.", by=StaffFactory(roles=["manager"]), at=AT + 60 * DAY, seen=None)
    watching.sweep(AT + 60 * DAY)
    booking.refresh_from_db()
    assert not booking.is_live


def test_upheld_after_its_end_nothing_is_closed_again(owner, agent):
    measure = long_one(owner, agent, days=40)
    appeal = lodged(measure)
    suspend_late(LAST + SECOND)
    manager = StaffFactory(roles=["manager"])
    appeals.decide(appeal, "upheld", "It stood.", by=manager, at=AT + 60 * DAY, seen=None)
    assert gate_is_open(measure.incident.client, Gate.BOOKING, AT + 60 * DAY)


def test_varied_later_it_goes_on_until_the_new_end(owner, agent):
    measure = long_one(owner, agent)
    appeal = lodged(measure)
    suspend_late(LAST + SECOND)
    manager = StaffFactory(roles=["manager"])
    change = appeals.Change(AT + 70 * DAY, [Gate.BOOKING])
    appeals.decide(appeal, "varied", "Shorter.", change, by=manager, at=AT + 60 * DAY, seen=None)
    client = measure.incident.client
    assert not gate_is_open(client, Gate.BOOKING, AT + 69 * DAY)
    assert gate_is_open(client, Gate.BOOKING, AT + 70 * DAY)


def test_an_ended_subscription_is_suspended_and_ends_again(owner, agent):
    client = ClientFactory()
    measure = make_measure(deciding.Step(Measure.Kind.SUBSCRIPTION), incident=make_incident(client=client), by=owner)
    made = appoint(measure, agent, owner, AT)
    deciding.approve(measure, by=agent, at=AT, seen=None)
    appointments.end(made, by=owner, at=AT)
    appeal = lodged(Measure.objects.get())
    suspend_late(LAST + SECOND)
    assert Account.objects.get().subscription == Account.Subscription.ACTIVE
    manager = StaffFactory(roles=["manager"])
    appeals.decide(appeal, "upheld", "It stands.", by=manager, at=LAST + DAY, seen=None)
    assert Account.objects.get().subscription == Account.Subscription.ENDED


# -- warnings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("roles", "codes"),
    [
        pytest.param([], ["decider", "stop"], id="nobody"),
        pytest.param(["manager"], ["approver", "stop"], id="one manager"),
        pytest.param(["manager", "manager"], ["appeal", "stop"], id="two managers"),
        pytest.param(["manager", "manager", "duty manager"], [], id="three"),
        pytest.param(["manager", "manager", "owner"], [], id="the owner counts"),
        pytest.param(["agent", "agent", "agent", "agent"], ["decider", "stop"], id="agents do not"),
    ],
)
def test_it_is_said_when_roles_are_too_thin(roles, codes):
    for role in roles:
        StaffFactory(roles=[role])
    assert [one.code for one in thin_roles()] == codes
