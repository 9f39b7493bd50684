from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from supportportal.people.access import gate_is_open, may_use, may_use_all, restrictions_on, told_to
from supportportal.people.models import REQUEST_TIME, Account, Gate
from tests.factories import (
    AccountFactory,
    ChannelFactory,
    ClientFactory,
    PlanFactory,
    RestrictionFactory,
    SessionTypeFactory,
    StaffFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def basic():
    return PlanFactory(code="basic", name="BASIC", rank=1)


@pytest.fixture
def advanced():
    return PlanFactory(code="advanced", name="ADVANCED", name_it="AVANZATO", rank=2)


@pytest.fixture
def client_of(basic):
    def make(**account):
        return ClientFactory(account=AccountFactory(**{"plan": basic, "name": "Conti", **account}))

    return make


def test_what_the_plan_grants_may_be_used(client_of, basic, at):
    assert may_use(client_of(), SessionTypeFactory(plans=[basic]), at).allowed


@pytest.mark.parametrize("kind", [ChannelFactory, SessionTypeFactory], ids=["channel", "session type"])
@pytest.mark.parametrize(
    ("account", "use", "code", "reason"),
    [
        pytest.param({"subscription": "suspended"}, {}, "subscription", "suspended", id="suspended"),
        pytest.param({"subscription": "ended"}, {}, "subscription", "ended", id="ended"),
        pytest.param({"seats": 4}, {"minimum_seats": 5}, "seats", "at least 5 users; Conti has 4", id="a seat too few"),
        pytest.param({"seats": 5}, {"minimum_seats": 5}, "", "", id="just enough seats"),
    ],
)
def test_account_decides(kind, client_of, basic, account, use, code, reason, at):
    access = may_use(client_of(**account), kind(plans=[basic], **use), at)
    assert (access.allowed, access.code) == (not code, code)
    assert reason in str(access.reason)


def test_the_lowest_plan_that_grants_is_named_in_the_readers_language(client_of, advanced, at):
    highest = PlanFactory(rank=9)
    access = may_use(client_of(), SessionTypeFactory(plans=[highest, advanced]), at)
    assert (access.code, access.plan) == ("plan", advanced)
    assert "BASIC" in str(access.reason) and "ADVANCED" in str(access.reason)
    with translation.override("it"):
        assert "AVANZATO" in str(access.reason)


def test_what_no_plan_grants_says_so(client_of, at):
    access = may_use(client_of(), SessionTypeFactory(), at)
    assert (access.allowed, access.plan) == (False, None)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        pytest.param(lambda: StaffFactory(account=AccountFactory()), "staff", id="staff"),
        pytest.param(lambda: UserFactory(), "no_account", id="nobody's client"),
        pytest.param(lambda: ClientFactory(is_active=False), "inactive", id="switched off"),
    ],
)
def test_person_decides(make, code, at):
    person = make()
    plans = [person.account.plan] if person.account else []
    access = may_use(person, SessionTypeFactory(plans=plans), at)
    assert (access.allowed, access.code) == (False, code)
    assert str(access.reason)


@pytest.mark.parametrize(
    ("gates", "starts", "ends", "allowed"),
    [
        pytest.param(["booking"], -1, 1, False, id="in force"),
        pytest.param(["booking"], 0, 1, False, id="from its first second"),
        pytest.param(["booking"], -1, 0, True, id="over at its last second"),
        pytest.param(["booking"], 1, 2, True, id="not yet"),
        pytest.param(["callback", "mail"], -1, 1, True, id="other gates"),
        pytest.param(["booking"], -1, None, False, id="without end"),
    ],
)
@pytest.mark.parametrize("on", ["user", "account"])
def test_restriction_closes_its_gates_while_in_force(client_of, basic, gates, starts, ends, allowed, on, at):
    person = client_of()
    RestrictionFactory(
        **{on: person if on == "user" else person.account},
        gates=gates,
        starts_at=at + timedelta(days=starts),
        ends_at=None if ends is None else at + timedelta(days=ends),
        review_on=None if ends is not None else at.date() + timedelta(days=365),
        notice="Closed until Monday.",
    )
    access = may_use(person, SessionTypeFactory(plans=[basic]), at)
    assert access.allowed is allowed
    assert gate_is_open(person, Gate.BOOKING, at).allowed is allowed
    if not allowed:
        assert (access.code, access.reason) == ("restricted", "Closed until Monday.")


@pytest.mark.parametrize(
    ("read_before", "allowed"),
    [
        pytest.param(timedelta(0), False, id="at the same instant"),
        pytest.param(timedelta(milliseconds=1), False, id="just before"),
        pytest.param(REQUEST_TIME, False, id="as long as a request can be on its way"),
        pytest.param(REQUEST_TIME + timedelta(seconds=1), True, id="longer: it was no request of then"),
    ],
)
def test_a_restriction_meets_requests_that_were_on_their_way_when_it_began(client_of, basic, read_before, allowed, at):
    person = client_of()
    RestrictionFactory(user=person, starts_at=at)
    assert may_use(person, SessionTypeFactory(plans=[basic]), at - read_before).allowed is allowed


ROME = ZoneInfo("Europe/Rome")
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    "ends",
    [
        pytest.param(datetime(2026, 11, 27, 17, tzinfo=ROME), id="an afternoon"),
        pytest.param(datetime(2027, 3, 29, 0, tzinfo=ROME), id="midnight after a day of 23 hours"),
        pytest.param(datetime(2027, 3, 28, 3, tzinfo=ROME), id="as clocks go forward"),
        pytest.param(datetime(2027, 11, 1, 0, tzinfo=ROME), id="midnight after a day of 25 hours"),
        pytest.param(datetime(2027, 10, 31, 2, 30, tzinfo=ROME), id="half past two, the first"),
        pytest.param(datetime(2027, 10, 31, 2, 30, fold=1, tzinfo=ROME), id="half past two, the second"),
    ],
)
def test_a_restriction_ends_by_itself_to_the_second(client_of, basic, ends):
    person, ends = client_of(), ends.astimezone(UTC)
    use = SessionTypeFactory(plans=[basic])
    RestrictionFactory(user=person, starts_at=ends - timedelta(days=10), ends_at=ends)
    answers = [may_use(person, use, instant).allowed for instant in (ends - SECOND, ends, ends + SECOND)]
    assert answers == [False, True, True]
    assert [len(restrictions_on(person, instant)) for instant in (ends - SECOND, ends)] == [1, 0]


@pytest.mark.parametrize(
    ("reader", "says_why"),
    [
        pytest.param(lambda person: person, True, id="the person"),
        pytest.param(lambda person: ClientFactory(account=person.account, is_coordinator=True), False, id="colleague"),
        pytest.param(lambda person: StaffFactory(), False, id="staff"),
        pytest.param(lambda person: None, False, id="whoever holds a link"),
    ],
)
def test_the_notice_is_for_whom_it_names_alone(client_of, reader, says_why, at):
    person = client_of()
    RestrictionFactory(user=person, starts_at=at, notice="For what you wrote on Monday.")
    told = told_to(gate_is_open(person, Gate.BOOKING, at), reader(person), about=person)
    assert not told and told.code == "restricted"
    assert ("Monday" in str(told.reason)) is says_why
    assert (told.closed_by is not None) is says_why


def test_other_reasons_are_told_to_everybody(client_of, at):
    person = client_of(subscription="ended")
    access = may_use(person, SessionTypeFactory(), at)
    assert told_to(access, StaffFactory(), about=person) == access


def test_restriction_of_somebody_else_closes_nothing(client_of, basic, at):
    RestrictionFactory(user=client_of(name="Other"), starts_at=at)
    assert may_use(client_of(), SessionTypeFactory(plans=[basic]), at).allowed


def test_the_longest_restriction_speaks(client_of, basic, at):
    person = client_of()
    RestrictionFactory(user=person, starts_at=at, ends_at=at + timedelta(days=1), notice="A day.")
    RestrictionFactory(account=person.account, starts_at=at, ends_at=None, review_on=at.date(), notice="No end.")
    RestrictionFactory(user=person, starts_at=at, ends_at=at + timedelta(days=9), notice="Nine days.")
    assert may_use(person, SessionTypeFactory(plans=[basic]), at).reason == "No end."


def test_a_channel_without_a_gate_stays_open_to_the_restricted(client_of, basic, at):
    person = client_of()
    RestrictionFactory(user=person, starts_at=at, gates=Gate.values)
    assert may_use(person, ChannelFactory(plans=[basic]), at).allowed


def test_answers_for_many_come_in_order_and_in_as_many_queries_as_for_one(
    client_of, basic, advanced, at, django_assert_num_queries
):
    person = client_of()
    uses = [ChannelFactory(plans=[basic]), SessionTypeFactory(plans=[advanced]), ChannelFactory(plans=[advanced])]
    uses += [SessionTypeFactory(plans=[basic]) for _count in range(20)]
    uses = [type(use).objects.get(pk=use.pk) for use in uses]
    with django_assert_num_queries(4):  # account, channels' plans, session types' plans, restrictions
        allowed = [access.allowed for access in may_use_all(person, uses, at)]
    assert allowed == [True, False, False] + [True] * 20


def test_subscription_is_read_anew(client_of, basic, at):
    """The person was loaded before somebody suspended the account: the answer is not the old one."""
    person = client_of()
    assert person.account.is_active
    Account.objects.update(subscription="suspended")
    assert may_use(person, SessionTypeFactory(plans=[basic]), at).code == "subscription"
