"""Who reviews, what they write, and what the person concerned is asked (C-8, C-8a, C-8b)."""

from datetime import timedelta

import pytest

from complaints import eligibility
from complaints.models import Complaint, NamedStaff, Statement
from complaints.operations import closing, letters, naming, remedies, review, statements
from complaints.refusals import (
    NameOnRecord,
    NoReason,
    NotEligible,
    NotForManagers,
    NotLawful,
    NotStaff,
    NotYours,
    PointsOpen,
    Stale,
    TellsContactData,
    WrongLetter,
)
from supportportal.outbox import operations as outbox
from supportportal.outbox.models import Message
from supportportal.people.models import Role
from supportportal.trail.models import Entry

from ..factories import MONDAY_TEN, ClientFactory, StaffFactory
from ..factories_complaints import ComplaintFactory, PointFactory, decided

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN + timedelta(hours=1)
Part = NamedStaff.Part


@pytest.fixture
def about_mario(anna, mario):
    complaint = ComplaintFactory(
        about="staff",
        email="carla@example.net",
        postal_address="Carla Conti\nVia Roma 12\n00100 Roma",
        numbers="+39 06 123 456 78",
    )
    naming.add(complaint, "Bianchi", Part.ABOUT, by=anna, at=AT, seen=None, person=mario)
    complaint.refresh_from_db()
    return complaint


# -- who ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("about", [Complaint.About.SERVICE, Complaint.About.STAFF])
@pytest.mark.parametrize(
    ("role", "reviews_service", "reviews_staff"),
    [
        (Role.AGENT, False, False),
        (Role.MANAGER, True, False),
        (Role.DUTY_MANAGER, True, False),
        (Role.SENIOR_MANAGER, True, True),
        (Role.OWNER, True, True),
        (Role.DEPUTY, True, True),
        ("", False, False),
    ],
)
def test_whose_role_reviews_what(firm, about, role, reviews_service, reviews_staff):
    person = StaffFactory(roles=[role] if role else [])
    expected = reviews_staff if about == Complaint.About.STAFF else reviews_service
    assert (person in eligibility.reviewers(ComplaintFactory(about=about))) is expected


def test_nobody_reviews_their_own_complaint(firm, anna, bert):
    complaint = ComplaintFactory(email=anna.email.upper())
    assert list(eligibility.reviewers(complaint)) == [bert]


def test_who_has_left_does_not_review(complaint, anna, bert):
    anna.is_active = False
    anna.save()
    assert list(eligibility.reviewers(complaint)) == [bert]


def test_finding_reviewers_takes_as_many_queries_for_one_as_for_thirty(complaint, anna, django_assert_num_queries):
    def count(expected):
        with django_assert_num_queries(expected):
            list(eligibility.reviewers(complaint))

    naming.add(complaint, "Zoltan", Part.SPOKEN_WITH, by=anna, at=AT, seen=None)
    count(4)
    for _number in range(30):
        person = StaffFactory(roles=["manager"])
        naming.add(complaint, "x", Part.SPOKEN_WITH, by=anna, at=AT, seen=None, person=person)
    count(4)


def test_a_manager_is_told_why_not(about_mario, anna, mark):
    with pytest.raises(NotForManagers):
        review.assign(about_mario, mark, by=anna, at=AT, seen=None)


@pytest.mark.parametrize("is_superuser", [False, True], ids=["agent", "superuser"])
def test_nobody_complained_about_is_given_the_case_or_gives_it(about_mario, anna, mario, is_superuser):
    mario.is_superuser = is_superuser
    mario.save()
    with pytest.raises(NotEligible):
        review.assign(about_mario, mario, by=anna, at=AT, seen=None)
    with pytest.raises(NotYours):
        review.assign(about_mario, anna, by=mario, at=AT, seen=None)
    with pytest.raises(NotYours):
        review.note(about_mario, "Not true.", by=mario, at=AT)
    with pytest.raises(NotYours):
        review.set_points(about_mario, ["Nothing"], by=mario, at=AT, seen=None)
    draft = letters.draft(about_mario, "response", by=anna, at=AT)
    with pytest.raises(NotYours):
        closing.answer(about_mario, draft, outcome="not_upheld", root_cause="", by=mario, at=AT, seen=None)
    with pytest.raises(NotYours):
        closing.close(about_mario, "not_a_complaint", reason="It is none.", by=mario, at=AT, seen=None)
    with pytest.raises(NotYours):
        letters.draft(about_mario, "update", by=mario, at=AT)
    with pytest.raises(NotYours):
        letters.edit(draft, subject="x", body="y", by=mario, at=AT)
    with pytest.raises(NotYours):
        letters.send(draft, by=mario, at=AT)


def test_assigning_is_on_the_trail_and_can_be_undone(complaint, anna, bert):
    review.assign(complaint, bert, by=anna, at=AT, seen=complaint.version)
    review.assign(complaint, bert, by=anna, at=AT, seen=None)
    review.assign(complaint, None, by=anna, at=AT, seen=None)
    facts = Entry.objects.filter(verb="complaint.assigned").order_by("pk").values_list("facts", flat=True)
    assert list(facts) == [{"reviewer": bert.pk, "before": None}, {"reviewer": None, "before": bert.pk}]


def test_many_are_given_at_once_and_those_that_cannot_are_named(complaint, about_mario, anna, mark):
    refused = review.assign_many([complaint, about_mario], mark, by=anna, at=AT)
    assert [(one.pk, type(why)) for one, why in refused] == [(about_mario.pk, NotForManagers)]
    complaint.refresh_from_db()
    assert complaint.reviewer == mark


def test_a_closed_case_is_given_to_nobody(complaint, anna, bert):
    decided(complaint, by=anna, at=AT)
    with pytest.raises(NotLawful):
        review.assign(complaint, bert, by=anna, at=AT, seen=None)


# -- points, findings, notes -------------------------------------------------------------------------------------------


def test_points_are_numbered_and_keep_their_findings(complaint, anna):
    first, second = review.set_points(complaint, ["Nobody called", " ", "The bill is wrong"], by=anna, at=AT, seen=None)
    review.find(second, "upheld", "It is.", by=anna, at=AT, seen=None)
    points = review.set_points(complaint, ["The bill is wrong", "Rude", "Nobody called me"], by=anna, at=AT, seen=None)
    assert [(one.number, one.text, one.finding) for one in points] == [
        (1, "The bill is wrong", "upheld"),
        (2, "Rude", ""),
        (3, "Nobody called me", ""),
    ]
    assert points[0].pk == second.pk
    assert not complaint.points.filter(pk=first.pk).exists()


def test_a_point_with_a_promise_does_not_go(complaint, anna):
    first, _second = review.set_points(complaint, ["a", "b"], by=anna, at=AT, seen=None)
    remedies.promise(complaint, "We call.", point=first, by=anna, at=AT, seen=None)
    with pytest.raises(NotLawful):
        review.set_points(complaint, [], by=anna, at=AT, seen=None)
    assert complaint.points.count() == 2
    points = review.set_points(complaint, ["a, reworded"], by=anna, at=AT, seen=None)
    assert [one.pk for one in points] == [first.pk]


def test_a_finding_needs_reasons(complaint, anna):
    point = PointFactory(complaint=complaint, finding="", reasons="")
    with pytest.raises(NoReason):
        review.find(point, "upheld", "  ", by=anna, at=AT, seen=None)


def test_a_note_says_something(complaint, anna, mario):
    with pytest.raises(NoReason):
        review.note(complaint, " ", by=anna, at=AT)
    with pytest.raises(NotYours):
        review.note(complaint, "Hm.", by=mario, at=AT)
    assert review.note(complaint, " Ask billing. ", by=anna, at=AT).text == "Ask billing."


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda c, p, **who: review.assign(c, None, **who), id="assign"),
        pytest.param(lambda c, p, **who: review.set_points(c, ["a"], **who), id="points"),
        pytest.param(lambda c, p, **who: review.find(p, "upheld", "So.", **who), id="find"),
        pytest.param(lambda c, p, **who: remedies.promise(c, "We call.", **who), id="promise"),
        pytest.param(lambda c, p, **who: closing.close(c, "withdrawn", reason="Wrote so.", **who), id="close"),
    ],
)
def test_what_somebody_else_changed_is_not_overwritten(complaint, anna, act):
    point = PointFactory(complaint=complaint)
    before = complaint.version
    review.set_points(complaint, [point.text, "More"], by=anna, at=AT, seen=before)
    count = Entry.objects.count()
    with pytest.raises(Stale):
        act(complaint, point, by=anna, at=AT, seen=before)
    assert Entry.objects.count() == count
    complaint.refresh_from_db()
    assert complaint.version == before + 1
    act(complaint, point, by=anna, at=AT, seen=complaint.version)


# -- the answer --------------------------------------------------------------------------------------------------------


def answer(complaint, *, by, at=AT, outcome="upheld", letter=None):
    letter = letter or letters.draft(complaint, "response", by=by, at=at)
    return closing.answer(complaint, letter, outcome=outcome, root_cause="phones", by=by, at=at, seen=None)


@pytest.mark.parametrize(
    "points",
    [
        pytest.param([], id="no points"),
        pytest.param([{"finding": ""}], id="no finding"),
        pytest.param([{"reasons": " "}], id="no reasons"),
        pytest.param([{}, {"finding": "", "reasons": ""}], id="one of two"),
    ],
)
def test_the_answer_waits_for_every_point(complaint, anna, points):
    for fields in points:
        PointFactory(complaint=complaint, **fields)
    with pytest.raises(PointsOpen):
        answer(complaint, by=anna)
    complaint.refresh_from_db()
    assert complaint.state == "open"
    assert complaint.letters.get(kind="response").state == "draft"


def test_the_answer_decides_and_sends_the_letter(complaint, anna):
    PointFactory(complaint=complaint)
    answer(complaint, by=anna)
    complaint.refresh_from_db()
    assert (complaint.state, complaint.outcome, complaint.root_cause) == ("answered", "upheld", "phones")
    assert (complaint.decided_by, complaint.decided_at, complaint.reviewer) == (anna, AT, anna)
    assert complaint.letters.get(kind="response").state == "leaving"
    with pytest.raises(NotLawful):
        answer(complaint, by=anna)


def test_the_answer_takes_its_own_letter_alone(complaint, anna):
    PointFactory(complaint=complaint)
    other = letters.draft(ComplaintFactory(), "response", by=anna, at=AT)
    with pytest.raises(WrongLetter):
        answer(complaint, by=anna, letter=other)
    with pytest.raises(WrongLetter):
        answer(complaint, by=anna, letter=letters.draft(complaint, "update", by=anna, at=AT))


def test_a_response_before_any_update_supersedes_it(complaint, anna):
    decided(complaint, by=anna, at=AT)
    outcomes = dict(complaint.deadlines.values_list("step", "outcome"))
    assert outcomes == {"acknowledge": "met", "update": "superseded", "respond": "met"}


def test_the_clock_of_the_answer_runs_until_it_has_gone(complaint, anna):
    PointFactory(complaint=complaint)
    answer(complaint, by=anna)
    assert complaint.deadlines.get(step="respond").outcome == "running"
    letters.has_gone(complaint.letters.get(kind="response"), when=AT + timedelta(minutes=1))
    assert complaint.deadlines.get(step="respond").met_at == AT + timedelta(minutes=1)


# -- remedies ----------------------------------------------------------------------------------------------------------


def test_a_promise_is_tracked_to_done_by_whoever_does_it(complaint, anna, mario):
    remedy = remedies.promise(complaint, "Call back", owner=mario, due_on=AT.date(), by=anna, at=AT, seen=None)
    with pytest.raises(NotYours):
        remedies.done(remedy, "Called", by=StaffFactory(roles=["agent"]), at=AT)
    remedies.done(remedy, "Called at ten", by=mario, at=AT)
    remedies.done(remedy, "Called again", by=anna, at=AT + timedelta(hours=1))
    remedy.refresh_from_db()
    assert (remedy.done_at, remedy.done_note) == (AT, "Called at ten")


def test_a_remedy_is_given_to_staff_who_are_not_named(about_mario, complaint, anna, mario):
    with pytest.raises(NameOnRecord):
        remedies.promise(about_mario, "Say sorry", owner=mario, by=anna, at=AT, seen=None)
    with pytest.raises(NotStaff):
        remedies.promise(complaint, "Say sorry", owner=ClientFactory(), by=anna, at=AT, seen=None)
    with pytest.raises(NotLawful):
        remedies.promise(complaint, "x", point=PointFactory(complaint=about_mario), by=anna, at=AT, seen=None)


# -- the statement -----------------------------------------------------------------------------------------------------


def ask(complaint, *, by, extract="He hung up on me.", questions="Did you?"):
    named = complaint.named.get(part=Part.ABOUT)
    return statements.ask_statement(named, extract, questions, by=by, at=AT)


def test_the_person_concerned_gets_the_extract_and_the_questions_alone(about_mario, anna, mario):
    statement = ask(about_mario, by=anna)
    assert list(Statement.objects.open_for(mario)) == [statement]
    assert not Statement.objects.open_for(anna).exists()
    message = Message.objects.get(kind="statement_asked")
    assert message.recipient == mario
    assert statement.due_at.isoformat() == "2026-11-25T23:00:00+00:00"
    statements.give_statement(statement, "The line broke.", by=mario, at=AT)
    assert not Statement.objects.open_for(mario).exists()
    assert not Complaint.objects.visible_to(mario).exists()


def test_the_mail_to_the_person_concerned_tells_nothing_else(about_mario, anna):
    statement = ask(about_mario, by=anna)
    mail = outbox.preview(Message.objects.get(kind="statement_asked"))
    assert "He hung up on me." in mail.text
    assert "Did you?" in mail.text
    assert "by Wednesday 25 November" in mail.text
    assert statement.get_absolute_url() in mail.text
    for told in (about_mario.name, about_mario.reference, about_mario.email, "Via Roma", about_mario.summary):
        assert told not in f"{mail.subject} {mail.text} {mail.html}"


def test_only_who_sees_the_case_sees_the_mail_in_the_log(about_mario, anna, mario, mark):
    ask(about_mario, by=anna)
    mails = Message.objects.filter(kind="statement_asked")
    assert [mails.visible_to(person).count() for person in (anna, mario, mark)] == [1, 0, 0]


def test_a_statement_is_given_once_and_by_that_person(about_mario, anna, mario):
    statement = ask(about_mario, by=anna)
    with pytest.raises(NotLawful):
        statements.give_statement(statement, "He did not.", by=anna, at=AT)
    with pytest.raises(NoReason):
        statements.give_statement(statement, " ", by=mario, at=AT)
    statements.give_statement(statement, "The line broke.", by=mario, at=AT)
    with pytest.raises(NotLawful):
        statements.give_statement(statement, "Well…", by=mario, at=AT)
    statement.refresh_from_db()
    assert (statement.text, statement.given_at) == ("The line broke.", AT)


def test_nothing_is_asked_any_more_once_the_case_is_closed_or_the_name_cleared(about_mario, anna, mario):
    ask(about_mario, by=anna)
    naming.clear(about_mario.named.get(), by=anna, at=AT, seen=None)
    assert not Statement.objects.open_for(mario).exists()


@pytest.mark.parametrize(
    ("extract", "questions"),
    [
        pytest.param("Write to CARLA@example.net", "", id="e-mail"),
        pytest.param("It happened at via  roma 12.", "", id="street"),
        pytest.param("He called.", "Did you call 0612345678?", id="number"),
    ],
)
def test_contact_data_are_not_put_to_the_person_concerned(about_mario, anna, extract, questions):
    with pytest.raises(TellsContactData):
        ask(about_mario, by=anna, extract=extract, questions=questions)
    assert not Message.objects.filter(kind="statement_asked").exists()


def test_a_statement_is_asked_of_who_was_matched_alone(complaint, anna, mario):
    naming.add(complaint, "Zoltan", Part.ABOUT, by=anna, at=AT, seen=None)
    with pytest.raises(NotLawful):
        ask(complaint, by=anna)
    with pytest.raises(NotYours):
        ask(complaint, by=mario)
