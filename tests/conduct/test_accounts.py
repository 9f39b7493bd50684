"""What a measure does to an account stays with that account, wherever its client goes."""

from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.urls import reverse

from bookings.models import Booking
from conduct import messages
from conduct.models import Measure
from conduct.operations import appeals, deciding, sessions, watching
from conduct.refusals import AccountChanged, NotClient
from supportportal.outbox.models import Message
from supportportal.people.access import gate_is_open
from supportportal.people.models import Account, Gate, User
from tests.factories import MONDAY_TEN, AccountFactory, BookingFactory, ClientFactory, FirmFactory, StaffFactory
from tests.factories_conduct import limited, make_incident, make_measure, suspend_late

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN
DAY = timedelta(days=1)
Subscription = Account.Subscription
ENDS = deciding.Step(Measure.Kind.SUBSCRIPTION)


@pytest.fixture(autouse=True)
def firm():
    return FirmFactory()


@pytest.fixture
def accounts():
    return AccountFactory(name="Former Ltd"), AccountFactory(name="New Ltd")


def manager(**about):
    return StaffFactory(roles=["manager"], **about)


def taken(step, account, at=AT):
    measure = make_measure(step, incident=make_incident(client=ClientFactory(account=account), at=at), at=at)
    if measure.state == Measure.State.PROPOSED:
        deciding.approve(measure, by=manager(), at=at, seen=None)
    return read(measure)


def read(measure):
    return Measure.objects.select_related("restriction", "incident__client").get(pk=measure.pk)


def move(measure, account):
    User.objects.filter(pk=measure.incident.client_id).update(account=account)
    return read(measure)


def subscriptions(accounts):
    return [Account.objects.get(pk=one.pk).subscription for one in accounts]


def test_the_watch_leaves_the_sessions_of_the_new_account_alone(accounts):
    former, new = accounts
    theirs = BookingFactory(client=ClientFactory(account=new), starts=AT + 20 * DAY, booked_at=AT - DAY)
    move(taken(ENDS, former), new)
    watching.sweep(AT + DAY)
    theirs.refresh_from_db()
    assert theirs.state == Booking.State.BOOKED


def test_the_watch_cancels_what_is_left_of_the_account_itself(accounts):
    former, new = accounts
    move(taken(ENDS, former), new)
    left = BookingFactory(client=ClientFactory(account=former), starts=AT + 20 * DAY, booked_at=AT - DAY)
    watching.sweep(AT + DAY)
    left.refresh_from_db()
    assert left.state == Booking.State.CANCELLED


def lift(measure):
    deciding.lift(measure, "Enough.", by=manager(), at=AT + DAY, seen=None)


def quash(measure):
    appeal = appeals.lodge(measure, reasons="No.", at=AT)
    appeals.decide(appeal, "quashed", "It is not shown.", by=manager(), at=AT + DAY, seen=None)


def suspend(measure):
    appeals.lodge(measure, reasons="No.", at=AT)
    User.objects.filter(is_staff=True).update(is_active=False)
    assert suspend_late(AT + 40 * DAY) == 1


@pytest.mark.parametrize("undo", [lift, quash, suspend])
@pytest.mark.parametrize("moves_to", ["New Ltd", None], ids=["another account", "no account"])
def test_the_subscription_that_was_ended_is_the_one_renewed(accounts, undo, moves_to):
    measure = move(taken(ENDS, accounts[0]), accounts[1] if moves_to else None)
    Account.objects.filter(pk=accounts[1].pk).update(subscription=Subscription.ENDED)
    assert subscriptions(accounts) == [Subscription.ENDED, Subscription.ENDED]
    undo(measure)
    assert subscriptions(accounts) == [Subscription.ACTIVE, Subscription.ENDED]


@pytest.mark.parametrize("undo", [lift, quash, suspend])
def test_where_nobody_knows_the_account_any_more_the_rest_is_undone(accounts, undo):
    measure = taken(ENDS, accounts[0])
    Measure.objects.update(account=None)
    undo(move(measure, None))
    assert subscriptions(accounts)[0] == Subscription.ENDED


def test_a_restriction_of_an_account_is_told_and_asked_about_there(accounts):
    former, new = accounts
    measure = taken(limited(AT, days=9, whole_account=True), former)
    stays, innocent = ClientFactory(account=former), ClientFactory(account=new)
    theirs = BookingFactory(client=stays, starts=AT + 5 * DAY, booked_at=AT - DAY)
    others = BookingFactory(client=innocent, starts=AT + 5 * DAY, booked_at=AT - DAY)
    measure = move(measure, new)
    assert not gate_is_open(stays, Gate.BOOKING, AT + DAY)
    assert [rows for _one, rows in sessions.undecided(AT + DAY, manager())] == [[theirs]]
    assert sessions.affected_sessions(measure, AT + DAY) == [theirs]
    lift(measure)
    told = Message.objects.filter(kind=messages.COLLEAGUE_OPEN).values_list("recipient", flat=True)
    assert list(told) == [stays.pk]
    others.refresh_from_db()
    assert others.state == Booking.State.BOOKED


def test_it_stands_on_the_pages_of_its_own_account(client, accounts):
    former, new = accounts
    measure = move(taken(limited(AT, whole_account=True), former), new)
    client.force_login(StaffFactory(is_superuser=True))
    for account, stands in ((former, True), (new, False)):
        person = ClientFactory(account=account)
        page = client.get(reverse("admin:people_user_change", args=[person.pk])).content.decode()
        assert (measure.incident.reference in page) is stands


# -- before it is approved ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "step",
    [pytest.param(ENDS, id="subscription"), pytest.param(limited(AT, days=60, whole_account=True), id="closed to all")],
)
def test_what_was_proposed_for_one_account_is_not_taken_against_another(accounts, step):
    former, new = accounts
    proposed = make_measure(step, incident=make_incident(client=ClientFactory(account=former)))
    with pytest.raises(AccountChanged):
        deciding.approve(move(proposed, new), by=manager(), at=AT + DAY, seen=None)
    assert subscriptions(accounts) == [Subscription.ACTIVE, Subscription.ACTIVE]
    assert read(proposed).state == Measure.State.PROPOSED
    deciding.decline(read(proposed), "They have left.", by=manager(), at=AT + DAY, seen=None)


def test_what_concerns_the_client_alone_goes_along(accounts):
    former, new = accounts
    proposed = make_measure(limited(AT, days=60), incident=make_incident(client=ClientFactory(account=former)))
    deciding.approve(move(proposed, new), by=manager(), at=AT + DAY, seen=None)
    assert not gate_is_open(proposed.incident.client, Gate.BOOKING, AT + DAY)


def test_nothing_is_taken_against_somebody_who_has_become_staff(accounts):
    proposed = make_measure(limited(AT, days=60))
    User.objects.filter(pk=proposed.incident.client_id).update(is_staff=True)
    with pytest.raises(NotClient):
        deciding.approve(read(proposed), by=manager(), at=AT + DAY, seen=None)
    assert read(proposed).state == Measure.State.PROPOSED


# -- measures of before ------------------------------------------------------------------------------------------------


def test_measures_of_before_get_the_account_that_they_close(accounts):
    former, new = accounts
    closed, alone = taken(limited(AT, whole_account=True), former), taken(limited(AT), former)
    Measure.objects.update(account=None)
    for one in (closed, alone):
        move(one, new)
    fill = import_module("conduct.migrations.0004_fill_measure_account").fill
    fill(apps, SimpleNamespace(connection=connection))
    assert read(closed).account == former
    assert read(alone).account == new


# -- two ends of one subscription --------------------------------------------------------------------------------------


def test_lifting_the_second_end_gives_it_back_while_the_first_is_suspended(accounts):
    first = taken(ENDS, accounts[0])
    suspend(first)
    later = AT + 41 * DAY
    second = taken(ENDS, accounts[0], at=later)
    assert subscriptions(accounts)[0] == Subscription.ENDED
    deciding.lift(second, "Enough.", by=manager(), at=later + DAY, seen=None)
    assert subscriptions(accounts)[0] == Subscription.ACTIVE
    appeals.decide(first.appeal, "upheld", "It stands.", by=manager(), at=later + 2 * DAY, seen=None)
    assert subscriptions(accounts)[0] == Subscription.ENDED


def test_while_both_stand_one_lifted_gives_nothing_back(accounts):
    first, second = taken(ENDS, accounts[0]), taken(ENDS, accounts[0])
    lift(first)
    assert subscriptions(accounts)[0] == Subscription.ENDED
    lift(second)
    assert subscriptions(accounts)[0] == Subscription.ACTIVE
