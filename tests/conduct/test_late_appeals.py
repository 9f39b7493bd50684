"""Whoever may decide an appeal is reminded of it twice, by one mail about all that are late (R-7, S-1)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from complaints.models import NamedStaff
from conduct import eligibility
from conduct.models import Appeal
from conduct.operations import appeals, watching
from supportportal.outbox import kinds, rendering
from supportportal.outbox.models import Message
from supportportal.people.models import Firm
from supportportal.trail.models import Entry
from tests.factories import MONDAY_TEN, FirmFactory, StaffFactory
from tests.factories_complaints import ComplaintFactory
from tests.factories_conduct import limited, make_incident, make_measure
from tests.support.racing import at_once

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN  # lodged on Monday 23 November: to be answered by Monday 7 December, suspended after 21 December
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
DUE = "conduct_appeals_due"
FIRST, AGAIN = datetime(2026, 12, 8, 8, tzinfo=UTC), datetime(2026, 12, 22, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def firm():
    return FirmFactory(country="IT")


@pytest.fixture
def manager():
    return StaffFactory(roles=["manager"], name="Nadia Haddad")


@pytest.fixture
def second():
    return StaffFactory(roles=["manager"], name="Jonas Weber")


def lodged(manager, **given):
    measure = make_measure(limited(AT), by=manager, incident=make_incident(**given))
    return appeals.lodge(measure, reasons="It was not me.", at=AT)


def told():
    return [(one.recipient.name, len(one.data["appeals"])) for one in Message.objects.filter(kind=DUE).order_by("pk")]


@pytest.mark.parametrize(
    ("at", "is_told"),
    [
        pytest.param(datetime(2026, 12, 7, 15, tzinfo=UTC), False, id="on the day by which it is answered"),
        pytest.param(datetime(2026, 12, 7, 23, 30, tzinfo=UTC), False, id="in the night after"),
        pytest.param(FIRST - SECOND, False, id="a second before the desk opens"),
        pytest.param(FIRST, True, id="when the desk opens"),
        pytest.param(datetime(2026, 12, 12, 10, tzinfo=UTC), False, id="on a Saturday"),
        pytest.param(datetime(2026, 12, 14, 10, tzinfo=UTC), True, id="days later"),
    ],
)
def test_who_may_decide_is_reminded_when_the_time_to_answer_is_over(manager, second, at, is_told):
    assert lodged(manager).answer_by == date(2026, 12, 7)
    for _tick in range(3):
        watching.sweep(at)
    assert told() == ([("Jonas Weber", 1)] if is_told else [])  # not who decided the measure
    assert Entry.objects.filter(verb="appeal.reminded").count() == is_told


def test_and_once_more_after_twenty_days(manager, second):
    lodged(manager)
    for hours in range(0, 24 * 14, 6):
        watching.sweep(FIRST + timedelta(hours=hours))
    assert len(told()) == 1
    watching.sweep(AGAIN - SECOND)
    assert len(told()) == 1
    for hours in range(0, 24 * 20, 6):
        watching.sweep(AGAIN + timedelta(hours=hours))
    assert [dict(one.data["appeals"]) for one in Message.objects.filter(kind=DUE).order_by("pk")] == [
        {Appeal.objects.get().pk: "reminded_at"},
        {Appeal.objects.get().pk: "pressed_at"},
    ]


def test_what_was_late_already_is_told_once(manager, second):
    lodged(manager)
    for _tick in range(2):
        watching.sweep(AGAIN)
    assert [list(dict(one.data["appeals"]).values()) for one in Message.objects.filter(kind=DUE)] == [["pressed_at"]]


def test_all_that_is_late_stands_in_one_mail(manager, second):
    for _number in range(3):
        lodged(manager)
    lodged(second)
    watching.sweep(FIRST)
    assert sorted(told()) == [("Jonas Weber", 3), ("Nadia Haddad", 1)]


def test_what_is_decided_is_told_of_no_more(manager, second):
    first, other = lodged(manager), lodged(manager)
    appeals.decide(first, "upheld", "It stands.", by=second, at=AT + DAY, seen=None)
    watching.sweep(FIRST)
    assert told() == [("Jonas Weber", 1)]
    mail = Message.objects.get(kind=DUE)
    kind = kinds.get(DUE)
    assert not kind.is_due(mail, second)
    appeals.decide(other, "upheld", "It stands.", by=second, at=FIRST, seen=None)
    assert kind.is_due(mail, second) == "nothing of it is open any more"


def test_where_nobody_may_decide_the_owner_hears_of_it_and_then_of_the_suspension_alone():
    """Who is appointed for it is the owner's to say; what is suspended all managers are told by that (S-1)."""
    owner = StaffFactory(roles=["owner"], name="Olga Owner")
    appeal = lodged(owner)  # decided by the one who is left
    watching.sweep(FIRST)
    assert told() == [("Olga Owner", 1)]
    assert kinds.get(DUE).is_due(Message.objects.get(kind=DUE), owner) == ""
    watching.sweep(AGAIN)
    appeal.refresh_from_db()
    assert (appeal.suspended_at, appeal.pressed_at) == (AGAIN, None)
    assert told() == [("Olga Owner", 1)]


def test_the_mail_is_read_by_whom_it_went_to_and_keeps_no_case(manager, second):
    appeal = lodged(manager)
    watching.sweep(FIRST)
    mail = Message.objects.get(kind=DUE)
    parcel = rendering.write(mail, second, firm=Firm.current())
    assert parcel.subject == "1 appeal waits for a decision"
    assert appeal.measure.incident.reference in parcel.text and appeal.get_absolute_url() in parcel.text
    assert appeal.measure.incident.client.name not in parcel.text
    seen = kinds.get(DUE).visible_to
    assert list(seen(Message.objects.filter(kind=DUE), second)) == [mail]
    assert not seen(Message.objects.filter(kind=DUE), manager).exists()
    assert appeal.measure.incident.reference in mail.data["cases"]
    second.groups.clear()
    assert kinds.get(DUE).is_due(mail, type(second).objects.get(pk=second.pk))


def test_whom_an_open_complaint_keeps_from_it_is_told_as_well(manager, second):
    """What is left out would tell of the complaint (C-8)."""
    appeal = lodged(manager)
    complaint = ComplaintFactory(client=appeal.measure.incident.client)
    NamedStaff.objects.create(complaint=complaint, part="about", typed="Jonas", person=second)
    assert not eligibility.appeal_reviewers(appeal.measure).exists()
    watching.sweep(FIRST)
    assert told() == [("Jonas Weber", 1)]


@pytest.mark.django_db(transaction=True)
def test_two_watches_at_once_tell_once(manager, second):
    lodged(manager)
    at_once(lambda: watching.sweep(FIRST), lambda: watching.sweep(FIRST))
    assert told() == [("Jonas Weber", 1)]
