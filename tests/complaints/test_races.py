"""Two at once: one does it, the other is told, and nothing is lost or done twice."""

from datetime import timedelta
from functools import partial

import pytest

from complaints.models import Appeal, Complaint, Letter
from complaints.operations import appeals, closing, letters, naming, ombudsman, review
from complaints.refusals import ComplaintRefused
from supportportal.outbox.models import Message
from supportportal.trail.models import Entry

from ..factories import MONDAY_TEN
from ..factories_complaints import ComplaintFactory, PointFactory, SchemeFactory, decided, final_draft, senior
from ..support.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)
AT = MONDAY_TEN + timedelta(hours=1)
ROUNDS = 4


def come_to(*acts):
    """What each of them comes to, all at once: "done", or the refusal's code."""
    return [one.code if isinstance(one, ComplaintRefused) else "done" for one in at_once(*acts)]


@pytest.fixture
def pair():
    return senior(name="Anna Rossi"), senior(name="Bert Vink")


def test_two_take_one_case(pair):
    for _round in range(ROUNDS):
        complaint = ComplaintFactory()

        def take(who, complaint=complaint):
            review.assign(complaint, who, by=who, at=AT, seen=complaint.version)

        assert sorted(come_to(*(partial(take, who) for who in pair))) == ["done", "stale"]
        found = Complaint.objects.get(pk=complaint.pk)
        assert (found.version, found.reviewer in pair) == (complaint.version + 1, True)
        assert Entry.objects.filter(verb="complaint.assigned", subject_id=complaint.pk).count() == 1


def test_two_answer_one_case(pair):
    for _round in range(ROUNDS):
        complaint = ComplaintFactory()
        PointFactory(complaint=complaint)
        drafts = [letters.draft(complaint, "response", by=who, at=AT) for who in pair]

        def answer(who, draft, complaint=complaint):
            words = {"outcome": "upheld", "root_cause": "", "by": who, "at": AT, "seen": complaint.version}
            return closing.answer(complaint, draft, **words)

        said = come_to(
            *(lambda who=who, draft=draft: answer(who, draft) for who, draft in zip(pair, drafts, strict=True))
        )
        assert sorted(said) == ["done", "stale"]
        states = sorted(Letter.objects.filter(complaint=complaint, kind="response").values_list("state", flat=True))
        assert states == ["draft", "leaving"]
        assert Complaint.objects.get(pk=complaint.pk).decided_by == pair[said.index("done")]


def test_one_letter_sent_by_two_goes_once(pair):
    for _round in range(ROUNDS):
        complaint = ComplaintFactory()
        draft = letters.draft(complaint, "update", by=pair[0], at=AT)
        assert come_to(*(partial(letters.send, draft, by=who, at=AT) for who in pair)) == ["done", "done"]
        assert (
            Message.objects.filter(kind="complaint_letter", subject_id=complaint.pk).count() == 2
        )  # the first, and this
        assert Entry.objects.filter(verb="complaint.letter", subject_id=complaint.pk).count() == 2


def test_an_answer_against_a_match_of_the_same_person(pair):
    """Either the answer stands and its author is kept out from then on, or the author was kept out before."""
    anna, bert = pair
    for _round in range(ROUNDS):
        complaint = ComplaintFactory()
        PointFactory(complaint=complaint)
        named = naming.add(complaint, "x", "about", by=anna, at=AT, seen=None)
        draft = letters.draft(complaint, "response", by=bert, at=AT)

        def answer(complaint=complaint, draft=draft):
            closing.answer(complaint, draft, outcome="upheld", root_cause="", by=bert, at=AT, seen=None)

        said = come_to(answer, lambda named=named: naming.match(named, bert, by=anna, at=AT, seen=None))
        assert said[1] == "done"
        found = Complaint.objects.get(pk=complaint.pk)
        assert (said[0], found.state) in [("done", "answered"), ("not_yours", "open")]
        assert found.reviewer != bert
        assert found not in Complaint.objects.visible_to(bert)


def test_an_appeal_against_its_withdrawal_and_another_appeal(pair):
    for _round in range(ROUNDS):
        complaint = decided(ComplaintFactory(), by=pair[0], at=AT)

        def lodge(complaint=complaint):
            appeals.lodge(complaint, reasons="No.", at=AT)

        said = come_to(lodge, lodge, lambda complaint=complaint: closing.withdraw(complaint, at=AT))
        assert sorted(said[:2]) == ["appealed", "done"]
        assert said[2] in ("done", "not_lawful")
        assert Appeal.objects.filter(complaint=complaint).count() == 1
        state = Complaint.objects.get(pk=complaint.pk).state
        assert state == ("withdrawn" if said[2] == "done" else "appealed")
        clock = complaint.deadlines.get(step="appeal").outcome
        assert clock == ("closed" if said[2] == "done" else "running")


def test_a_closing_against_an_appeal_of_the_same_case(pair):
    """An appeal needs a decision: it comes after the closing, or is refused before it."""
    for _round in range(ROUNDS):
        complaint = ComplaintFactory()

        def close(complaint=complaint):
            closing.close(complaint, "not_a_complaint", reason="A question.", by=pair[0], at=AT, seen=None)

        said = come_to(close, lambda complaint=complaint: appeals.lodge(complaint, reasons="No.", at=AT))
        assert said in (["done", "done"], ["done", "not_lawful"])
        expected = "appealed" if said[1] == "done" else "not_a_complaint"
        assert Complaint.objects.get(pk=complaint.pk).state == expected


def test_a_bounce_against_an_update(pair):
    """Whichever comes first: the first reply is owed again by post, and what the update set stands."""
    for _round in range(ROUNDS):
        complaint = ComplaintFactory(postal_address="Via Roma 12")
        first = complaint.letters.get()
        letters.has_gone(first, when=AT)
        update = letters.send_new(complaint, "update", by=pair[0], at=AT)
        said = come_to(
            lambda update=update: letters.has_gone(update, when=AT + timedelta(hours=1)),
            lambda first=first: letters.has_failed(first, at=AT + timedelta(hours=1)),
        )
        assert said == ["done", "done"]
        clocks = {row.step: row for row in complaint.deadlines.all()}
        assert [clocks[step].outcome for step in ("acknowledge", "update", "respond")] == ["running", "met", "running"]
        assert (clocks["respond"].start_at, clocks["respond"].is_projected) == (AT + timedelta(hours=1), False)
        assert complaint.letters.get(way="post", kind="acknowledgement").state == "leaving"


def test_the_limit_against_the_final_answer(pair):
    """One ombudsman letter, whichever of the two causes comes first (C-10)."""
    anna, bert = pair
    SchemeFactory()
    limit = MONDAY_TEN + timedelta(weeks=6)
    for _round in range(ROUNDS):
        complaint = decided(ComplaintFactory(), by=anna, at=limit - timedelta(days=3))
        appeal = appeals.lodge(complaint, reasons="No.", at=limit)
        final = final_draft(complaint, by=bert, at=limit)

        def decide(appeal=appeal, final=final):
            appeals.decide(appeal, final, outcome="upheld", by=bert, at=limit, seen=None)

        said = come_to(decide, lambda: ombudsman.send_due(limit), lambda: ombudsman.send_due(limit))
        assert said == ["done"] * 3
        assert complaint.letters.filter(kind="ombudsman").count() == 1
