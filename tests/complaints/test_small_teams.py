"""Where nobody is left who may review, the owner appoints somebody from outside (S-1)."""

from datetime import timedelta

import pytest

from complaints import eligibility
from complaints.models import Appeal, Complaint
from complaints.operations import appeals, appointments, closing, letters, naming, review
from complaints.refusals import (
    AnotherReviewer,
    NameOnRecord,
    NoReason,
    NotEligible,
    NotLawful,
    NotStaff,
    NotYours,
    OnlyOwner,
    SomebodyElseCan,
)
from complaints.thin_roles import thin_roles
from supportportal.people.models import Role

from ..factories import MONDAY_TEN, ClientFactory, StaffFactory
from ..factories_complaints import ComplaintFactory, PointFactory, decided

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN + timedelta(hours=1)


@pytest.fixture
def owner(staff):
    return staff("Oscar Owner", Role.OWNER)


@pytest.fixture
def deputy(staff):
    return staff("Dora Deputy", Role.DEPUTY)


@pytest.fixture
def outside(staff):
    return staff("Olga Outside")


def name(complaint, person, *, by, part="spoken_with"):
    naming.add(complaint, "x", part, by=by, at=AT, seen=None, person=person)


def appoint(complaint, person, *, by, reason="Nobody is left."):
    return appointments.appoint(complaint, person, reason=reason, by=by, at=AT)


@pytest.fixture
def stuck(owner):
    """The owner is alone, and was spoken with."""
    complaint, helper = ComplaintFactory(), StaffFactory(is_superuser=True)
    name(complaint, owner, by=helper)
    return complaint


def test_the_outside_reviewer_sees_and_reviews_this_one_case(stuck, owner, outside):
    ComplaintFactory()
    appoint(stuck, outside, by=owner)
    stuck.refresh_from_db()
    assert stuck.reviewer == outside
    assert list(Complaint.objects.visible_to(outside)) == [stuck]
    PointFactory(complaint=stuck)
    draft = letters.draft(stuck, "response", by=outside, at=AT)
    closing.answer(stuck, draft, outcome="upheld", root_cause="", by=outside, at=AT, seen=None)


def test_clocks_run_on(stuck, owner, outside):
    before = list(stuck.deadlines.values_list("step", "due_at", "outcome"))
    appoint(stuck, outside, by=owner)
    assert list(stuck.deadlines.values_list("step", "due_at", "outcome")) == before


def test_nobody_is_appointed_where_somebody_is_eligible(stuck, owner, outside, bert):
    with pytest.raises(SomebodyElseCan):
        appoint(stuck, outside, by=owner)


def test_one_at_a_time(stuck, owner, outside):
    appoint(stuck, outside, by=owner)
    with pytest.raises(SomebodyElseCan):
        appoint(stuck, StaffFactory(), by=owner)


@pytest.mark.parametrize("owner_is", ["spoken_with", "about"])
def test_the_deputy_appoints_only_if_the_owner_is_named(owner, deputy, outside, owner_is):
    complaint, helper = ComplaintFactory(), StaffFactory(is_superuser=True)
    name(complaint, deputy, by=helper)
    name(complaint, owner, by=helper, part=owner_is)
    if owner_is == "about":
        with pytest.raises(NotYours):
            appoint(complaint, outside, by=owner)
        appoint(complaint, outside, by=deputy)
    else:
        with pytest.raises(OnlyOwner):
            appoint(complaint, outside, by=deputy)


def test_no_superuser_appoints(stuck, outside):
    with pytest.raises(OnlyOwner):
        appoint(stuck, outside, by=StaffFactory(is_superuser=True))


def test_who_is_appointed_is_staff_and_not_named(stuck, owner, outside):
    with pytest.raises(NoReason):
        appoint(stuck, outside, by=owner, reason=" ")
    with pytest.raises(NotStaff):
        appoint(stuck, ClientFactory(), by=owner)
    with pytest.raises(NameOnRecord):
        appoint(stuck, owner, by=owner)
    with pytest.raises(NotEligible):
        appoint(stuck, StaffFactory(email=stuck.email), by=owner)
    assert not stuck.appointments.exists()


def test_an_appointment_ends(stuck, owner, outside):
    appointment = appoint(stuck, outside, by=owner)
    with pytest.raises(OnlyOwner):
        appointments.end(appointment, by=outside, at=AT)
    appointments.end(appointment, by=owner, at=AT)
    appointments.end(appointment, by=owner, at=AT + timedelta(days=1))
    stuck.refresh_from_db()
    appointment.refresh_from_db()
    assert (stuck.reviewer, appointment.ended_at) == (None, AT)
    assert not Complaint.objects.visible_to(outside).exists()


def test_the_appeal_gets_another_outside_reviewer(owner, outside):
    complaint = decided(ComplaintFactory(), by=owner, at=AT)
    appeal = appeals.lodge(complaint, reasons="No.", at=AT)
    assert not eligibility.appeal_reviewers(complaint).exists()
    with pytest.raises(AnotherReviewer):
        appoint(complaint, owner, by=owner)
    appoint(complaint, outside, by=owner)
    appeal.refresh_from_db()
    assert appeal.reviewer == outside
    assert list(eligibility.appeal_reviewers(complaint)) == [outside]


def test_the_outside_reviewer_of_the_first_answer_has_no_part_in_the_appeal(stuck, owner, outside):
    appoint(stuck, outside, by=owner)
    decided(stuck, by=outside, at=AT)
    appeals.lodge(stuck, reasons="No.", at=AT)
    stuck.refresh_from_db()
    second = StaffFactory()
    appoint(stuck, second, by=owner)
    assert Appeal.objects.get().reviewer == second
    assert not Complaint.objects.visible_to(outside).exists()


def test_a_closed_case_needs_nobody(stuck, owner, outside):
    closing.withdraw(stuck, at=AT)
    with pytest.raises(NotLawful):
        appoint(stuck, outside, by=owner)


def test_an_appointed_reviewer_may_not_review_another_case(stuck, owner, outside):
    appoint(stuck, outside, by=owner)
    other = ComplaintFactory()
    assert outside not in eligibility.reviewers(other)
    with pytest.raises(NotYours):
        review.note(other, "Hm.", by=outside, at=AT)


@pytest.mark.parametrize(
    ("roles", "missing"),
    [
        pytest.param([], ["reviewer", "senior", "owner", "deputy"], id="nobody"),
        pytest.param([["manager"]], ["senior", "owner", "deputy"], id="a manager"),
        pytest.param([["owner"]], ["second", "deputy"], id="an owner"),
        pytest.param([["owner", "deputy"]], ["second", "deputy"], id="one who is both"),
        pytest.param([["owner"], ["deputy"]], ["third"], id="owner and deputy"),
        pytest.param([["owner"], ["deputy"], ["senior manager"]], [], id="three"),
    ],
)
def test_the_portal_says_where_roles_are_too_thin(firm, django_assert_num_queries, roles, missing):
    for one in roles:
        StaffFactory(roles=one)
    StaffFactory(roles=["owner", "deputy", "senior manager"], is_active=False)
    with django_assert_num_queries(1):
        assert [thin.code for thin in thin_roles()] == missing
