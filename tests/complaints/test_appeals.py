"""The one appeal, other closings, and the way to the ombudsman (C-9a, C-10, C-12)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from complaints import appeal_time, eligibility
from complaints.models import Appeal, Complaint, Letter
from complaints.operations import appeals, closing, intake, letters, naming, ombudsman, review
from complaints.refusals import (
    AnotherReviewer,
    AppealedBefore,
    ArrivedInFuture,
    ComplaintRefused,
    NoOtherComplaint,
    NoReason,
    NoScheme,
    NotEligible,
    NotLawful,
    NotYours,
    TooLate,
    WrongLetter,
)

from ..factories import MONDAY_TEN
from ..factories_complaints import ComplaintFactory, SchemeFactory, decided, final_draft

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN + timedelta(hours=1)
LAST = datetime(2026, 12, 21, 22, 59, 59, tzinfo=UTC)  # the twentieth business day, one second before midnight in Rome
LIMIT = datetime(2027, 1, 4, 8, tzinfo=UTC)  # Monday 23 November and six weeks, 9:00 in Rome


@pytest.fixture
def scheme(firm):
    return SchemeFactory()


@pytest.fixture
def answered(complaint, anna):
    return decided(complaint, by=anna, at=AT)


def lodge(complaint, at=AT, **fields):
    return appeals.lodge(complaint, reasons="You never asked me.", at=at, **fields)


def decide(appeal, *, by, at=AT, outcome="upheld"):
    draft = final_draft(appeal.complaint, by=by, at=at)
    return appeals.decide(appeal, draft, outcome=outcome, by=by, at=at, seen=None)


# -- who answers it ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("writes", [True, False], ids=["wrote a finding", "had the case"])
def test_who_wrote_a_finding_answers_no_appeal_even_if_another_decided(complaint, anna, bert, staff, writes):
    """The control: who had the case for a time, and wrote nothing, may answer."""
    cora = staff("Cora Blom", "senior manager")
    review.assign(complaint, bert, by=anna, at=AT, seen=None)
    if writes:
        (point,) = review.set_points(complaint, ["Nobody called."], by=bert, at=AT, seen=None)
        review.find(point, "not_upheld", "We did.", by=bert, at=AT, seen=None)
    review.assign(complaint, anna, by=anna, at=AT, seen=None)
    appeal = lodge(decided(complaint, by=anna, at=AT))
    assert set(eligibility.appeal_reviewers(complaint)) == ({cora} if writes else {bert, cora})
    if writes:
        with pytest.raises(AnotherReviewer):
            appeals.assign(appeal, bert, by=cora, at=AT, seen=None)
        with pytest.raises(AnotherReviewer):
            decide(appeal, by=bert)
    else:
        decide(appeal, by=bert)


# -- until when --------------------------------------------------------------------------------------------------------


def test_twenty_business_days_from_the_letter_of_the_decision(answered):
    assert appeal_time.last_day(answered) == date(2026, 12, 21)


def test_no_term_runs_before_the_letter_has_gone(complaint, anna):
    closing.close(complaint, "not_a_complaint", reason="A question.", by=anna, at=AT, seen=None)
    assert appeal_time.last_day(complaint) is None
    lodge(complaint, at=AT + timedelta(days=100))


def test_a_letter_that_came_back_starts_no_term(answered):
    letters.has_failed(answered.letters.get(kind="response"), at=AT)
    assert appeal_time.last_day(answered) is None


@pytest.mark.parametrize(
    ("at", "cause", "is_taken"),
    [
        pytest.param(LAST, "", True, id="last second of the last day"),
        pytest.param(LAST + timedelta(seconds=1), "", False, id="midnight"),
        pytest.param(LAST + timedelta(seconds=1), " ", False, id="no word"),
        pytest.param(LAST + timedelta(days=90), "I was in hospital.", True, id="with a cause"),
    ],
)
def test_late_with_a_cause_alone(answered, at, cause, is_taken):
    if is_taken:
        assert lodge(answered, at=at, late_cause=cause).late_cause == cause
    else:
        with pytest.raises(TooLate):
            lodge(answered, at=at, late_cause=cause)
        assert not Appeal.objects.exists()


def test_what_came_in_time_and_was_entered_late_is_in_time(answered, anna):
    appeal = lodge(answered, at=LAST + timedelta(days=3), arrived_at=LAST, by=anna)
    assert appeal.lodged_at == LAST
    assert answered.deadlines.get(step="appeal").day == date(2027, 1, 4)


def test_nothing_arrives_tomorrow(answered, anna):
    with pytest.raises(ArrivedInFuture):
        lodge(answered, arrived_at=AT + timedelta(days=1), by=anna)


# -- once, with reasons ------------------------------------------------------------------------------------------------


def test_an_appeal_starts_its_clock_and_is_acknowledged(answered):
    lodge(answered)
    answered.refresh_from_db()
    assert answered.state == "appealed"
    row = answered.deadlines.get(step="appeal")
    assert (row.day, row.told_at) == (date(2026, 12, 7), row.due_at)
    assert "Monday 7 December 2026" in answered.letters.get(kind="appeal_received").body


def test_once(answered, bert):
    appeal = lodge(answered)
    with pytest.raises(AppealedBefore):
        lodge(answered)
    decide(appeal, by=bert)
    with pytest.raises(AppealedBefore):
        lodge(answered)


def test_with_reasons(answered):
    with pytest.raises(NoReason):
        appeals.lodge(answered, reasons=" ", at=AT)


def test_not_before_there_is_a_decision(complaint):
    with pytest.raises(NotLawful):
        lodge(complaint)


def test_asking_for_somebody_higher_up_is_no_appeal(answered):
    intake.add(answered, text="Let me speak to your boss!", source="page", at=AT)
    answered.refresh_from_db()
    assert (answered.state, answered.outcome) == ("answered", "not_upheld")
    assert not Appeal.objects.exists()


@pytest.mark.parametrize("state", Complaint.OTHER_CLOSINGS)
def test_every_other_closing_is_open_to_appeal(complaint, anna, bert, state):
    original = ComplaintFactory() if state == "duplicate" else None
    closing.close(complaint, state, reason="Since.", duplicate_of=original, by=anna, at=AT, seen=None)
    complaint.refresh_from_db()
    assert complaint.decided_by == anna
    appeal = lodge(complaint)
    assert list(eligibility.appeal_reviewers(complaint)) == [bert]
    decide(appeal, by=bert)


# -- another senior manager --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "refusal"),
    [("anna", AnotherReviewer), ("mark", NotEligible), ("mario", NotEligible), ("bert", None)],
)
def test_whom_an_appeal_can_be_given_to(answered, anna, bert, mark, mario, who, refusal):
    appeal = lodge(answered)
    person = {"anna": anna, "bert": bert, "mark": mark, "mario": mario}[who]
    if refusal:
        with pytest.raises(refusal):
            appeals.assign(appeal, person, by=anna, at=AT, seen=None)
    else:
        assert appeals.assign(appeal, person, by=anna, at=AT, seen=None).reviewer == person


@pytest.mark.parametrize("part", ["about", "spoken_with"])
def test_who_is_named_or_spoken_with_answers_no_appeal(answered, anna, bert, part):
    appeal = lodge(answered)
    naming.add(answered, "x", part, by=anna, at=AT, seen=None, person=bert)
    with pytest.raises(NotEligible):
        appeals.assign(appeal, bert, by=anna, at=AT, seen=None)
    with pytest.raises((NotEligible, NotYours)):
        decide(appeal, by=bert)


def test_the_first_reviewer_decides_no_appeal_even_if_another_signed(complaint, anna, bert, staff):
    complaint.reviewer = bert
    complaint.save()
    appeal = lodge(decided(complaint, by=anna, at=AT))
    for person in (anna, bert):
        with pytest.raises(AnotherReviewer):
            decide(appeal, by=person)
    decide(appeal, by=staff("Carl Weber", "senior manager"))


def test_the_final_answer_needs_its_letter_and_says_everything(answered, bert):
    appeal = lodge(answered)
    with pytest.raises(WrongLetter):
        draft = letters.draft(answered, "letter", by=bert, at=AT)
        appeals.decide(appeal, draft, outcome="upheld", by=bert, at=AT, seen=None)
    draft = letters.draft(answered, "final", by=bert, at=AT)
    with pytest.raises(ComplaintRefused, match="still to be written"):
        appeals.decide(appeal, draft, outcome="upheld", by=bert, at=AT, seen=None)
    answered.refresh_from_db()
    assert answered.state == "appealed"


def test_the_final_answer_stops_the_clock_once_it_has_gone(answered, bert):
    decide(lodge(answered), by=bert, outcome="varied")
    answered.refresh_from_db()
    assert answered.state == "final"
    assert answered.deadlines.get(step="appeal").outcome == "running"
    letters.has_gone(answered.letters.get(kind="final"), when=AT)
    assert answered.deadlines.get(step="appeal").outcome == "met"


# -- other closings ----------------------------------------------------------------------------------------------------


def test_another_closing_gives_a_reason_and_stops_what_is_not_owed(complaint, anna, scheme):
    letters.has_gone(complaint.letters.get(), when=AT)
    closing.close(complaint, "not_a_complaint", reason="It is a question.", by=anna, at=AT, seen=None)
    outcomes = dict(complaint.deadlines.values_list("step", "outcome"))
    assert outcomes == {"acknowledge": "met", "update": "closed", "respond": "closed"}
    assert "It is a question." in complaint.letters.get(kind="closing").body


def test_the_first_reply_stays_owed(complaint, anna):
    closing.close(complaint, "withdrawn", reason="Wrote so.", by=anna, at=AT, seen=None)
    assert complaint.deadlines.get(step="acknowledge").outcome == "running"


@pytest.mark.parametrize(
    ("state", "reason", "refusal"),
    [
        ("withdrawn", " ", NoReason),
        ("answered", "So.", NotLawful),
        ("final", "So.", NotLawful),
        ("duplicate", "Same.", NoOtherComplaint),
    ],
)
def test_a_closing_that_is_refused_changes_nothing(complaint, anna, state, reason, refusal):
    with pytest.raises(refusal):
        closing.close(complaint, state, reason=reason, by=anna, at=AT, seen=None)
    complaint.refresh_from_db()
    assert (complaint.state, complaint.version) == ("open", 1)


def test_a_duplicate_leads_to_an_original_that_its_closer_sees(complaint, anna, mark):
    def close(one, original, by=anna):
        closing.close(one, "duplicate", reason="Same.", duplicate_of=original, by=by, at=AT, seen=None)

    about_staff = ComplaintFactory(about="staff")
    for other, by in ((complaint, anna), (about_staff, mark)):
        with pytest.raises(NoOtherComplaint):
            close(complaint, other, by)
    close(complaint, about_staff)
    with pytest.raises(NoOtherComplaint):
        close(about_staff, complaint)


@pytest.mark.parametrize("is_same", [True, False], ids=["same complainant", "somebody else"])
def test_a_duplicate_tells_the_other_reference_to_the_same_person_alone(complaint, anna, is_same):
    original = ComplaintFactory(email=complaint.email.upper() if is_same else "other@example.net")
    closing.close(complaint, "duplicate", reason="Same.", duplicate_of=original, by=anna, at=AT, seen=None)
    assert (original.reference in complaint.letters.get(kind="closing").body) is is_same


def test_the_complainant_takes_it_back_once(complaint):
    closing.withdraw(complaint, at=AT)
    closing.withdraw(complaint, at=AT)
    complaint.refresh_from_db()
    assert (complaint.state, complaint.decided_by) == ("withdrawn", None)
    assert complaint.letters.filter(kind="closing").count() == 1


def test_an_answer_is_not_withdrawn_but_its_appeal_is(answered):
    with pytest.raises(NotLawful):
        closing.withdraw(answered, at=AT)
    lodge(answered)
    closing.withdraw(answered, at=AT + timedelta(days=1))
    answered.refresh_from_db()
    assert (answered.state, answered.outcome, answered.decided_at) == ("withdrawn", "not_upheld", AT)
    assert answered.deadlines.get(step="appeal").outcome == "closed"
    body = answered.letters.get(kind="closing").body
    assert "our decision stands" in body
    assert "You can appeal once" not in body


# -- the ombudsman -----------------------------------------------------------------------------------------------------


def ombudsman_letters(complaint):
    return complaint.letters.filter(kind="ombudsman")


@pytest.fixture
def old(scheme):
    """A complaint that came when the scheme applied."""
    return ComplaintFactory()


def test_the_final_answer_is_deadlock(old, anna, bert):
    decide(lodge(decided(old, by=anna, at=AT)), by=bert)
    body = ombudsman_letters(old).get().body
    for said in ("Communications Ombudsman", "PO Box 1", "https://ombudsman.example/", "costs you nothing"):
        assert said in body
    assert "independent of us, and we abide by its decision" in body
    assert "by Tuesday 23 November 2027: you have 12 months" in body
    letters.has_gone(ombudsman_letters(old).get(), when=AT)
    assert old.deadlines.get(step="ombudsman").outcome == "met"


def test_no_scheme_no_letter(answered, bert):
    SchemeFactory(applies_from=date(2026, 11, 24))  # the day after it arrived
    decide(lodge(answered), by=bert)
    assert not ombudsman_letters(answered).exists()
    assert ombudsman.send(answered, at=AT) is None


@pytest.mark.parametrize(
    ("at", "count"),
    [
        pytest.param(LIMIT - timedelta(days=1), 0, id="the day before"),
        pytest.param(LIMIT - timedelta(seconds=1), 0, id="before nine of the day"),
        pytest.param(LIMIT, 1, id="nine of the day"),
        pytest.param(LIMIT + timedelta(days=30), 1, id="long after"),
    ],
)
def test_at_the_limit_it_goes_while_the_case_is_open(old, at, count):
    assert ombudsman.send_due(at) == count
    assert ombudsman_letters(old).count() == count


def test_one_sweep_sends_what_is_due_for_all(scheme):
    found = [ComplaintFactory() for _number in range(3)]
    closing.withdraw(found[1], at=AT)
    assert ombudsman.send_due(LIMIT) == 2
    assert [ombudsman_letters(one).count() for one in found] == [1, 0, 1]


def test_on_its_day_it_is_on_time_and_goes_once(old):
    assert [ombudsman.send_due(LIMIT), ombudsman.send_due(LIMIT)] == [1, 0]
    letters.has_gone(ombudsman_letters(old).get(), when=LIMIT)
    assert old.deadlines.get(step="ombudsman").outcome == "met"
    body = ombudsman_letters(old).get().body
    assert "Within 6 weeks we have not been able to settle it." in body
    assert "We go on working on your complaint meanwhile" in body


def test_one_that_fails_holds_up_no_other(scheme, monkeypatch, caplog):
    found = [ComplaintFactory() for _number in range(3)]
    send = ombudsman.send

    def fail(complaint, **rest):
        if complaint.pk == found[0].pk:
            raise RuntimeError("broken")
        return send(complaint, **rest)

    monkeypatch.setattr(ombudsman, "send", fail)
    assert ombudsman.send_due(LIMIT) == 2
    assert [ombudsman_letters(one).count() for one in found] == [0, 1, 1]
    assert f"could not be told in complaint {found[0].pk}" in caplog.text
    assert "1 of 3 ways to the ombudsman could not be told" in caplog.text
    monkeypatch.setattr(ombudsman, "send", send)
    assert ombudsman.send_due(LIMIT) == 1


def test_one_that_came_back_does_not_go_again_by_itself(old):
    ombudsman.send_due(LIMIT)
    letters.has_failed(ombudsman_letters(old).get(), at=LIMIT)
    assert ombudsman.send_due(LIMIT + timedelta(hours=1)) == 0
    assert old.deadlines.get(step="ombudsman").outcome == "running"
    assert ombudsman.send(old, at=LIMIT).pk != ombudsman_letters(old).first().pk


@pytest.mark.parametrize(
    ("outcome", "decided_at", "count"),
    [
        pytest.param("upheld", AT, 0, id="upheld in full"),
        pytest.param("partly", AT, 0, id="left as it is until it was too late to appeal"),
        pytest.param("partly", LIMIT - timedelta(days=10), 1, id="partly, and an appeal is open"),
        pytest.param("not_upheld", LIMIT - timedelta(days=10), 1, id="not upheld, and an appeal is open"),
    ],
)
def test_at_the_limit_what_is_settled_gets_no_letter(old, anna, outcome, decided_at, count):
    decided(old, by=anna, at=decided_at, outcome=outcome)
    assert ombudsman.send_due(LIMIT) == count
    assert old.deadlines.get(step="ombudsman").outcome == ("running" if count else "closed")


def test_a_settled_case_that_is_appealed_counts_again(old, anna, bert):
    decided(old, by=anna, at=AT)
    assert ombudsman.send_due(LIMIT) == 0
    appeal = lodge(old, at=LIMIT, late_cause="I was ill.")
    assert ombudsman.send_due(LIMIT) == 1
    decide(appeal, by=bert, at=LIMIT)
    assert ombudsman_letters(old).count() == 1


def test_an_appeal_against_a_closing_brings_the_limit_back(old, anna):
    closing.close(old, "not_a_complaint", reason="A question.", by=anna, at=AT, seen=None)
    assert ombudsman.send_due(LIMIT) == 0
    lodge(old, at=LIMIT, late_cause="I was ill.")
    assert ombudsman.send_due(LIMIT) == 1


def test_the_sweep_asks_as_many_questions_for_none_as_for_many_that_are_not_due(scheme, django_assert_num_queries):
    for _number in range(3):
        ComplaintFactory()
    with django_assert_num_queries(2):
        assert ombudsman.send_due(AT) == 0


def test_going_there_early_stops_no_clock(old, anna):
    before = list(old.deadlines.values_list("step", "outcome", "due_at"))
    referral = ombudsman.refer(old, their_reference="CO-1", referred_on=AT.date(), by=anna, at=AT)
    assert list(old.deadlines.values_list("step", "outcome", "due_at")) == before
    old.refresh_from_db()
    assert old.state == "open"
    with pytest.raises(NotLawful):
        ombudsman.refer(old, their_reference="CO-2", referred_on=AT.date(), by=anna, at=AT)
    ombudsman.record_decision(referral, decision="Pay 50.", decided_on=AT.date(), by=anna, at=AT)
    told = {"decision": "Pay 50.", "decided_on": AT.date(), "followed_up": "Paid.", "followed_up_on": AT.date()}
    referral = ombudsman.record_decision(referral, **told, by=anna, at=AT)
    assert (referral.decision, referral.followed_up) == ("Pay 50.", "Paid.")


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({"decision": "Pay."}, id="no day"),
        pytest.param({"decided_on": AT.date()}, id="no words"),
        pytest.param({"followed_up": "Paid.", "followed_up_on": AT.date()}, id="followed before it was decided"),
        pytest.param({"decision": "Pay.", "decided_on": AT.date() + timedelta(days=1)}, id="tomorrow"),
    ],
)
def test_a_decision_is_told_whole(old, anna, told):
    referral = ombudsman.refer(old, their_reference="CO-1", referred_on=AT.date(), by=anna, at=AT)
    with pytest.raises(ComplaintRefused):
        ombudsman.record_decision(referral, **told, by=anna, at=AT)


def test_nobody_is_referred_to_no_scheme(complaint, anna):
    with pytest.raises(NoScheme):
        ombudsman.refer(complaint, their_reference="", referred_on=AT.date(), by=anna, at=AT)


def test_a_stranger_refers_nothing(old, mario):
    with pytest.raises(NotYours):
        ombudsman.refer(old, their_reference="", referred_on=AT.date(), by=mario, at=AT)


def test_the_database_holds_one_ombudsman_letter(old):
    ombudsman.send(old, at=AT)
    first = ombudsman_letters(old).get()
    first.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        first.save(force_insert=True)
    assert Letter.objects.filter(kind="ombudsman").count() == 1
