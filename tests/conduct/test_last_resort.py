"""Where nobody else is left, the owner hears of it, or a deputy; nobody to whom the case is closed (S-1, C-8)."""

from datetime import timedelta

import pytest

from complaints.models import NamedStaff
from conduct.operations import appeals, deciding, watching
from supportportal.outbox.models import Message
from supportportal.people.models import User
from tests.factories import MONDAY_TEN, ClientFactory, FirmFactory, StaffFactory
from tests.factories_complaints import ComplaintFactory
from tests.factories_conduct import limited, make_incident, make_measure

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN
DAY = timedelta(days=1)


@pytest.fixture
def cast():
    FirmFactory()
    roles = {"owner": ["owner"], "deputy": ["deputy"], "senior": ["senior manager"], "second": ["senior manager"]}
    return {name: StaffFactory(roles=mine, name=name) for name, mine in roles.items()}


def measure_of(cast, *named, concerned=None):
    """One for an incident of a complaint that names these people; whoever decided it has left."""
    client = ClientFactory()
    complaint = ComplaintFactory(client=client)
    for name in named:
        complaint.named.create(part=NamedStaff.Part.ABOUT, typed=name, person=cast[name])
    about = {"client": client, "reporter": cast["senior"], "concerned": concerned or StaffFactory()}
    incident = make_incident(**about, complaint=complaint)
    step = limited(AT, days=100, review_on=(AT + 20 * DAY).date())
    measure = make_measure(step, incident=incident, by=cast["senior"])
    deciding.approve(measure, by=cast["second"], at=AT, seen=None)
    return measure


def nobody_else_is_left(cast):
    User.objects.filter(pk__in=[cast["senior"].pk, cast["second"].pk]).update(is_active=False)


def told(kind):
    return [one.recipient.name for one in Message.objects.filter(kind=kind)]


@pytest.mark.parametrize(
    ("named", "reminded"),
    [
        pytest.param([], ["owner", "deputy"], id="nobody is named"),
        pytest.param(["owner"], ["deputy"], id="the owner is named"),
        pytest.param(["deputy"], ["owner"], id="the deputy is named"),
        pytest.param(["owner", "deputy"], [], id="both are named"),
    ],
)
def test_a_review_ahead_is_told_to_nobody_to_whom_the_case_is_closed(cast, named, reminded):
    measure_of(cast, *named)
    nobody_else_is_left(cast)
    watching.sweep(AT + 10 * DAY)
    assert told("conduct_review_due") == reminded


def test_the_owner_hears_of_a_review_that_is_about_the_owner(cast):
    """Whom it was aimed at does not decide, but appoints who does."""
    cast["deputy"].delete()
    measure_of(cast, concerned=cast["owner"])
    nobody_else_is_left(cast)
    watching.sweep(AT + 10 * DAY)
    assert told("conduct_review_due") == ["owner"]


@pytest.mark.parametrize(("named", "reminded"), [([], True), (["owner", "deputy"], False)], ids=["not named", "named"])
def test_nor_is_a_late_appeal(cast, named, reminded):
    measure = measure_of(cast, *named)
    appeals.lodge(measure, reasons="No.", at=AT + DAY)
    nobody_else_is_left(cast)
    watching.sweep(AT + 21 * DAY)
    assert bool(told("conduct_appeals_due")) is reminded
