"""Names are matched by somebody else, and whoever is named takes no part (C-8)."""

from datetime import timedelta

import pytest

from complaints import eligibility
from complaints.models import Appeal, Complaint, NamedStaff
from complaints.operations import appeals, appointments, naming, remedies, review
from complaints.refusals import NotLawful, NotStaff, NotYours, OwnName, Stale

from ..factories import MONDAY_TEN, ClientFactory, StaffFactory
from ..factories_complaints import ComplaintFactory, decided, senior

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN + timedelta(hours=1)
Part = NamedStaff.Part


def sees(user, complaint):
    return Complaint.objects.visible_to(user).filter(pk=complaint.pk).exists()


def add(complaint, typed, part=Part.ABOUT, *, by, person=None):
    return naming.add(complaint, typed, part, by=by, at=AT, seen=None, person=person)


def match(named, person, *, by, part=None):
    return naming.match(named, person, by=by, at=AT, seen=None, part=part)


def test_who_is_matched_to_a_name_is_kept_out_and_taken_off_the_case(complaint, anna, bert):
    review.assign(complaint, bert, by=anna, at=AT, seen=complaint.version)
    assert sees(bert, complaint)
    match(add(complaint, "the tall one", by=anna), bert, by=anna)
    complaint.refresh_from_db()
    assert complaint.reviewer is None
    assert not sees(bert, complaint)
    assert bert not in eligibility.reviewers(complaint)
    assert anna in eligibility.reviewers(complaint)


def test_one_spoken_with_sees_the_case_but_does_not_review_it(complaint, anna, bert):
    review.assign(complaint, bert, by=anna, at=AT, seen=complaint.version)
    match(add(complaint, "the tall one", Part.SPOKEN_WITH, by=anna), bert, by=anna)
    complaint.refresh_from_db()
    assert complaint.reviewer is None
    assert sees(bert, complaint)
    assert bert not in eligibility.reviewers(complaint)


def test_a_manager_loses_a_case_that_turns_out_to_be_about_staff(complaint, anna, mark, mario):
    review.assign(complaint, mark, by=anna, at=AT, seen=complaint.version)
    match(add(complaint, "somebody", by=mark), mario, by=anna)
    complaint.refresh_from_db()
    assert complaint.reviewer is None
    assert not sees(mark, complaint)


@pytest.mark.parametrize("is_superuser", [False, True], ids=["senior", "superuser"])
def test_nobody_matches_the_own_name(complaint, anna, is_superuser):
    person = senior(is_superuser=is_superuser)
    named = add(complaint, "somebody", by=anna)
    with pytest.raises(OwnName):
        match(named, person, by=person)
    named.refresh_from_db()
    assert named.person is None


def test_nobody_clears_the_own_name(complaint, anna):
    bert = senior(name="Bert Vink")
    named = add(complaint, "Bert Vink", by=anna)
    with pytest.raises(NotYours):  # kept out already, since the name fits
        naming.clear(named, by=bert, at=AT, seen=None)
    match(named, bert, by=anna)
    named.refresh_from_db()
    with pytest.raises(OwnName):
        naming.clear(named, by=bert, at=AT, seen=None)
    with pytest.raises(OwnName):
        add(complaint, "me", by=anna, person=anna)


def test_who_cannot_see_a_case_changes_no_names(complaint, anna, mario):
    named = add(complaint, "somebody", by=anna)
    with pytest.raises(NotYours):
        match(named, anna, by=mario)


def test_only_staff_are_matched(complaint, anna):
    with pytest.raises(NotStaff):
        match(add(complaint, "somebody", by=anna), ClientFactory(), by=anna)


def test_names_that_occur_keep_people_out_until_they_are_settled(firm, anna, bert, mario):
    complaint = ComplaintFactory(summary="Vink was rude, so I asked for Bianchi.")
    assert [sees(person, complaint) for person in (anna, bert)] == [True, False]
    assert set(complaint.named.values_list("part", "person")) == {(Part.MENTIONED, bert.pk), (Part.MENTIONED, mario.pk)}
    match(complaint.named.get(person=mario), mario, by=anna, part=Part.SPOKEN_WITH)
    complaint.refresh_from_db()
    naming.settle(complaint, by=anna, at=AT, seen=complaint.version)
    complaint.refresh_from_db()
    assert complaint.names_settled_at == AT
    assert sees(bert, complaint)
    assert set(complaint.named.values_list("part", "person")) == {(Part.CLEARED, bert.pk), (Part.SPOKEN_WITH, mario.pk)}
    with pytest.raises(NotLawful):
        naming.settle(complaint, by=anna, at=AT, seen=None)


def test_a_name_that_fits_nobody_is_left_as_it_is(complaint, anna):
    named = add(complaint, "Zoltan Unknown", by=anna)
    naming.settle(complaint, by=anna, at=AT, seen=None)
    named.refresh_from_db()
    assert (named.part, named.person, named.matched_by) == (Part.ABOUT, None, anna)


def test_whom_an_unmatched_name_fits_does_not_review(complaint, anna, bert):
    add(complaint, "Signor Vink", Part.SPOKEN_WITH, by=anna)
    assert list(eligibility.reviewers(complaint)) == [anna]
    naming.settle(complaint, by=anna, at=AT, seen=None)
    assert list(eligibility.reviewers(complaint)) == [anna, bert]


def test_a_name_added_later_asks_to_be_settled_anew(complaint, anna, bert):
    naming.settle(complaint, by=anna, at=AT, seen=None)
    add(complaint, "Vink", by=anna)
    complaint.refresh_from_db()
    assert complaint.names_settled_at is None
    assert not sees(bert, complaint)


def test_names_in_what_comes_later_keep_people_out_but_for_its_reviewer(complaint, anna, bert):
    review.assign(complaint, anna, by=bert, at=AT, seen=complaint.version)
    assert naming.hear(complaint, ["Dear Mrs Rossi, it was Vink again."], at=AT) == 1
    assert (sees(anna, complaint), sees(bert, complaint)) == (True, False)
    assert naming.hear(complaint, ["Vink!"], at=AT) == 0


def test_one_who_was_cleared_is_not_kept_out_again(complaint, anna, bert):
    naming.hear(complaint, ["Vink"], at=AT)
    naming.settle(complaint, by=anna, at=AT, seen=None)
    assert naming.hear(complaint, ["Vink"], at=AT) == 0
    assert sees(bert, complaint)


def test_a_match_takes_appeal_remedy_and_appointment_away(firm, anna, bert, mario):
    outside, owner = StaffFactory(name="Olga Outside"), StaffFactory(roles=["owner"], name="Oscar Owner")
    complaint = decided(ComplaintFactory(), by=anna, at=AT)
    remedies.promise(complaint, "Call back", owner=mario, by=anna, at=AT, seen=None)
    appeal = appeals.lodge(complaint, reasons="No.", at=AT)
    appeals.assign(appeal, bert, by=anna, at=AT, seen=None)
    match(add(complaint, "one", by=anna), bert, by=anna)
    match(add(complaint, "two", Part.SPOKEN_WITH, by=anna), owner, by=anna)
    appointments.appoint(complaint, outside, reason="Nobody left.", by=owner, at=AT)
    assert Appeal.objects.get().reviewer == outside
    match(add(complaint, "three", by=anna), outside, by=anna)
    match(add(complaint, "four", by=anna), mario, by=anna)
    assert Appeal.objects.get().reviewer is None
    assert complaint.appointments.get().ended_at == AT
    assert complaint.remedies.get().owner is None
    assert not sees(outside, complaint)


def test_what_has_changed_meanwhile_is_looked_at_again(complaint, anna, bert):
    named = add(complaint, "somebody", by=anna)
    with pytest.raises(Stale):
        naming.match(named, bert, by=anna, at=AT, seen=1)
    named.refresh_from_db()
    assert named.person is None
