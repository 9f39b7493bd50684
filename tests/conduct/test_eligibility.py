"""Who is asked about an incident that belongs to a complaint (C-8, R-3)."""

import pytest

from complaints.models import Complaint, NamedStaff
from conduct import eligibility
from conduct.models import Measure
from conduct.operations import deciding
from supportportal.outbox.models import Message
from tests.factories import MONDAY_TEN, ClientFactory, StaffFactory
from tests.factories_complaints import ComplaintFactory
from tests.factories_conduct import make_incident, make_measure

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("is_about_staff", [pytest.param(True, id="about staff"), pytest.param(False, id="about us")])
def test_whoever_may_not_see_the_complaint_is_asked_nothing_about_its_incident(is_about_staff):
    manager, senior, second = (StaffFactory(roles=[role]) for role in ("manager", "senior manager", "senior manager"))
    client = ClientFactory()
    complaint = ComplaintFactory(client=client)
    if is_about_staff:
        Complaint.objects.update(about=Complaint.About.STAFF)
        complaint.named.create(part=NamedStaff.Part.ABOUT, typed="Somebody", person=StaffFactory())
    incident = make_incident(client=client, reporter=senior, concerned=StaffFactory(), complaint=complaint)
    measure = make_measure(deciding.Step(Measure.Kind.WARNING), incident=incident, by=senior)
    assert measure.state == Measure.State.PROPOSED  # the complaint is open (R-7b)
    asked = {second} if is_about_staff else {second, manager}
    assert set(eligibility.offered_approval(measure)) == asked
    assert set(eligibility.approvers(measure)) == asked
    mails = Message.objects.filter(kind="conduct_approval_asked")
    assert {mail.recipient for mail in mails} == asked
    assert measure.decided_at == MONDAY_TEN


def test_of_a_complaints_incident_it_asks_about_managers_alone(django_assert_max_num_queries):
    """However many agents there are."""
    senior, client = StaffFactory(roles=["senior manager"]), ClientFactory()
    complaint = ComplaintFactory(client=client)
    incident = make_incident(client=client, reporter=senior, concerned=StaffFactory(), complaint=complaint)
    measure = make_measure(deciding.Step(Measure.Kind.WARNING), incident=incident, by=senior)
    second = StaffFactory(roles=["manager"])
    for _number in range(10):
        StaffFactory(roles=["agent"])
    with django_assert_max_num_queries(8):
        assert set(eligibility.approvers(measure)) == {second}
