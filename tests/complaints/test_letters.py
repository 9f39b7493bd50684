"""What letters say, when they leave, and what is kept of them (C-9, C-11)."""

import hashlib
from datetime import date, timedelta

import pytest

from complaints import letter_texts
from complaints.models import Letter
from complaints.operations import appeals, closing, intake, letters, naming, remedies
from complaints.refusals import ComplaintRefused, NotEligible, NotLawful, NotYours
from supportportal.people.models import User

from ..factories import MONDAY_TEN
from ..factories_complaints import ComplaintFactory, PointFactory, SchemeFactory, ToldFactory, decided, final_draft

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN + timedelta(hours=1)
AUTHORITIES = {
    "IT": "garanteprivacy.it",
    "NL": "autoriteitpersoonsgegevens.nl",
    "GB": "ico.org.uk",
    "SE": "edpb.europa.eu",
}
DECISIVE = [Letter.Kind.RESPONSE, Letter.Kind.CLOSING, Letter.Kind.APPEAL_RECEIVED, Letter.Kind.FINAL]


FREE = [Letter.Kind.UPDATE, Letter.Kind.LETTER]


def sent_bytes(letter):
    with letter.content.content.open("rb") as file:
        return file.read()


def every_letter(complaint, anna, bert):
    """One of each kind that a case can see, from its arrival to the final answer."""
    letters.send_new(complaint, "update", by=anna, at=AT)
    decided(complaint, by=anna, at=AT)
    appeal = appeals.lodge(complaint, reasons="No.", at=AT)
    appeals.decide(appeal, final_draft(complaint, by=bert, at=AT), outcome="upheld", by=bert, at=AT, seen=None)
    return {letter.kind: letter for letter in complaint.letters.all()}


@pytest.mark.parametrize("country", AUTHORITIES)
def test_the_authority_of_the_country_is_named(anna, bert, country):
    found = every_letter(ComplaintFactory(country=country), anna, bert)
    closed = ComplaintFactory(country=country)
    closing.close(closed, "not_a_complaint", reason="A question.", by=anna, at=AT, seen=None)
    found["closing"] = closed.letters.get(kind="closing")
    for kind in ("acknowledgement", "response", "closing", "final"):
        assert AUTHORITIES[country] in found[kind].body


@pytest.mark.parametrize("language", ["en", "it", "nl"])
def test_every_letter_is_whole_in_every_language(anna, bert, language):
    SchemeFactory()
    found = every_letter(ComplaintFactory(language=language), anna, bert)
    assert set(found) == {"acknowledgement", "update", "response", "appeal_received", "final", "ombudsman"}
    for letter in found.values():
        assert letter.subject.endswith(f"({letter.complaint.reference})")
        assert letter.body.endswith("help@meridian.example")
        assert "\n\n\n" not in letter.body
        assert not {"{{", "{%", "None", "&#"} & set(letter.body.split())


def test_nothing_a_complainant_writes_is_escaped_or_run(anna):
    complaint = ComplaintFactory(name="O'Neil & {{ firm }} <b>")
    assert complaint.letters.get().body.startswith("Dear O'Neil & {{ firm }} <b>,")
    assert b"O&#x27;Neil &amp; {{ firm }} &lt;b&gt;" in sent_bytes(complaint.letters.get())


def test_the_response_answers_each_point(complaint, anna):
    first = PointFactory(complaint=complaint, text="Nobody called back.", reasons="The list shows none.")
    PointFactory(complaint=complaint, text="The bill is wrong.", finding="not_upheld", reasons="It is right.")
    remedies.promise(complaint, "We call you", point=first, due_on=date(2026, 12, 1), by=anna, at=AT, seen=None)
    remedies.promise(complaint, "A credit of 20 euros", by=anna, at=AT, seen=None)
    body = letters.draft(complaint, "response", by=anna, at=AT).body
    assert (
        "Point 1\nYou complained of: Nobody called back.\nOur finding: upheld\nOur reasons: The list shows none.\n"
        "What we do: We call you (by Tuesday 1 December)\n\n"
        "Point 2\nYou complained of: The bill is wrong.\nOur finding: not upheld\nOur reasons: It is right.\n\n"
        "To put things right as a whole:\n- A credit of 20 euros\n\n"
    ) in body
    assert "until Monday 21 December 2026: that is 20 business days from this letter" in body
    assert "not an appeal" in body


def test_a_point_without_a_finding_is_left_to_be_written(complaint, anna):
    PointFactory(complaint=complaint, finding="", reasons="")
    draft = letters.draft(complaint, "response", by=anna, at=AT)
    assert draft.body.count(letter_texts.TO_WRITE) == 2


@pytest.mark.parametrize("kind", DECISIVE)
def test_a_letter_of_a_decision_leaves_with_it_alone(complaint, anna, kind):
    draft = letters.draft(complaint, kind, by=anna, at=AT)
    draft.body = "All written."
    draft.save()
    with pytest.raises(NotLawful):
        letters.send(draft, by=anna, at=AT)
    draft.refresh_from_db()
    assert (draft.state, draft.content) == ("draft", None)


@pytest.mark.parametrize("is_written", [True, False], ids=["written", "left open"])
def test_what_is_left_to_be_written_does_not_leave(complaint, anna, is_written):
    draft = letters.draft(complaint, "letter", by=anna, at=AT)
    if is_written:
        letters.edit(draft, subject="s", body="We looked.", by=anna, at=AT)
        assert letters.send(draft, by=anna, at=AT).state == "leaving"
    else:
        with pytest.raises(ComplaintRefused, match="still to be written"):
            letters.send(draft, by=anna, at=AT)


def test_dates_are_written_anew_when_a_letter_leaves_later(complaint, anna):
    letters.has_gone(complaint.letters.get(), when=AT)
    draft = letters.draft(complaint, "update", by=anna, at=AT)
    assert "by Wednesday 2 December 2026" in draft.body
    letters.edit(draft, subject=draft.subject, body=f"{draft.body}\n\nBye.", by=anna, at=AT)
    sent = letters.send(draft, by=anna, at=AT + timedelta(days=1))
    assert "by Thursday 3 December 2026" in sent.body
    assert "2 December" not in sent.body
    assert sent.body.endswith("Bye.")
    assert complaint.deadlines.get(step="respond").told_at.isoformat() == "2026-12-03T23:00:00+00:00"
    assert "Thursday 3 December" in sent_bytes(sent).decode()


def test_a_letter_that_came_back_tells_by_post_what_it_told_before(firm):
    complaint = ComplaintFactory(postal_address="Via Roma 12\n00100 Roma")
    first = complaint.letters.get()
    letters.has_gone(first, when=AT)
    told = dict(complaint.deadlines.values_list("step", "told_at"))
    letters.has_failed(first, at=AT + timedelta(days=2))
    again = complaint.letters.get(way="post")
    assert (again.body, again.instead_of) == (first.body, first)
    assert dict(complaint.deadlines.values_list("step", "told_at")) == told


def test_what_was_sent_is_kept_with_its_hash(complaint):
    letter = complaint.letters.get()
    assert letter.content.sha256 == hashlib.sha256(sent_bytes(letter)).hexdigest()


def test_a_letter_leaves_once(complaint, anna):
    draft = letters.draft(complaint, "update", by=anna, at=AT)
    first = letters.send(draft, by=anna, at=AT)
    assert letters.send(draft, by=anna, at=AT).content == first.content
    with pytest.raises(NotLawful):
        letters.edit(draft, subject="x", body="y", by=anna, at=AT)


@pytest.mark.parametrize("posted_at", [AT - timedelta(days=1), AT + timedelta(days=1)], ids=["before", "to come"])
def test_a_letter_is_posted_after_it_was_written_and_not_tomorrow(anna, posted_at):
    complaint = ComplaintFactory(email="", postal_address="Via Roma 12", at=MONDAY_TEN)
    letter = complaint.letters.get()
    with pytest.raises(ComplaintRefused):
        letters.mark_posted(letter, posted_at=posted_at, by=anna, at=AT)
    letters.mark_posted(letter, posted_at=AT, by=anna, at=AT)
    assert complaint.deadlines.get(step="acknowledge").met_at == AT


def test_who_is_kept_out_marks_nothing_as_posted(firm, mario):
    complaint = ComplaintFactory(email="", postal_address="Via Roma 12", summary="It was Bianchi.")
    with pytest.raises(NotYours):
        letters.mark_posted(complaint.letters.get(), posted_at=AT, by=mario, at=AT)


def test_the_first_letter_leaves_even_if_it_is_about_whoever_entered_it(mario):
    told = ToldFactory(complained_about="Mario Bianchi")
    taken = intake.enter(told, source="letter", arrived_at=AT, by=mario, at=AT)
    assert taken.letters.get().state == "leaving"


# -- who writes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FREE)
def test_whoever_was_spoken_with_writes_no_letter(complaint, anna, bert, kind):
    drafted = letters.draft(complaint, kind, by=bert, at=AT)
    naming.add(complaint, "Bert Vink", "spoken_with", person=bert, by=anna, at=AT, seen=None)
    letters.edit(drafted, subject="Hello", body="Good news.", by=anna, at=AT)
    for act in (lambda: letters.draft(complaint, kind, by=bert, at=AT), lambda: letters.send(drafted, by=bert, at=AT)):
        with pytest.raises(NotEligible):
            act()
    assert letters.send(drafted, by=anna, at=AT).state == Letter.State.LEAVING


@pytest.mark.parametrize("kind", FREE)
def test_who_decided_first_writes_nothing_while_the_appeal_is_open(complaint, anna, bert, kind):
    appeals.lodge(decided(complaint, by=anna, at=AT), reasons="No.", at=AT)
    with pytest.raises(NotEligible):
        letters.draft(complaint, kind, by=anna, at=AT)
    letters.draft(complaint, kind, by=bert, at=AT)


def test_who_decided_first_can_enter_the_appeal_that_came_by_post(complaint, anna):
    """Its confirmation leaves by itself."""
    appeals.lodge(decided(complaint, by=anna, at=AT), reasons="No.", by=anna, at=AT)
    assert complaint.letters.get(kind="appeal_received").state == Letter.State.LEAVING


# -- who prints and posts ----------------------------------------------------------------------------------------------


def by_post(by, **told) -> Letter:
    told = ToldFactory(email="", postal_address="Via Roma 1", **told)
    return intake.enter(told, source="letter", arrived_at=AT, by=by, at=AT).letters.get()


def post(letter, by):
    return letters.mark_posted(letter, posted_at=AT, by=by, at=AT)


def test_whoever_entered_a_letter_posts_its_acknowledgement(mario):
    assert post(by_post(mario), mario).state == Letter.State.GONE


@pytest.mark.parametrize("who", ["another clerk", "a manager, of a case about staff", "no longer staff", "named in it"])
def test_others_post_nothing(mario, mark, staff, who):
    letter = by_post(mario, about="staff", **({"complained_about": "Mario Bianchi"} if who == "named in it" else {}))
    people = {
        "another clerk": lambda: staff("Nora Blom", "agent"),
        "a manager, of a case about staff": lambda: mark,
        "no longer staff": lambda: User.objects.filter(pk=mario.pk).update(is_active=False) and mario,
        "named in it": lambda: mario,
    }
    person = people[who]()
    person.refresh_from_db()
    with pytest.raises(NotYours):
        post(letter, person)


def test_later_letters_are_not_the_clerks(mario, anna):
    letter = by_post(mario)
    update = letters.send_new(letter.complaint, "update", by=anna, at=AT)
    with pytest.raises(NotYours):
        post(update, mario)
    assert post(update, anna).state == Letter.State.GONE
