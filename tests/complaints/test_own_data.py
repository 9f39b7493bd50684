"""What of a complaint its complainant gets with the own data, and what stays with those who review it (R-6, C-8)."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from complaints.models import Letter, NamedStaff
from complaints.operations import appeals, intake, letters, naming, ombudsman, remedies, review, statements
from complaints.operations.intake import Told
from supportportal.files.intake import accept
from supportportal.people.models import Gate
from tests.factories import MONDAY_TEN, ClientFactory, RestrictionFactory, StaffFactory
from tests.factories_complaints import ComplaintFactory, PointFactory, SchemeFactory, decided
from tests.support.own_data import assert_asks_the_same, holds, opened, said

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN + timedelta(hours=1)
Part = NamedStaff.Part


@pytest.fixture
def person(firm):
    return ClientFactory(name="Carla Conti")


def text(words, name="photo.txt"):
    return accept(SimpleUploadedFile(name, words.encode()), AT)


def of(person, **told):
    return ComplaintFactory(client=person, **told)


def complaint_in(person):
    (one,) = said(opened(person, AT), "complaints", "complaints")
    return one


def test_what_was_said_and_sent(person, anna):
    complaint = of(person, summary="Nobody called", wish="Call me", numbers="+39 06 1", files=[text("What I saw")])
    intake.add(complaint, text="And again", source="page", files=[text("More", "more.txt")], at=AT)
    files = opened(person, AT)
    (one,) = said(files, "complaints", "complaints")
    assert (one["summary"], one["wish"], one["numbers"]) == ("Nobody called", "Call me", "+39 06 1")
    assert one["reference"] == complaint.reference
    assert files[one["files"][0]] == b"What I saw"
    (reply,) = one["replies"]
    assert (reply["text"], files[reply["files"][0]]) == ("And again", b"More")


def test_our_answer_once_it_is_given(person, anna, bert):
    SchemeFactory()
    complaint = of(person)
    PointFactory(complaint=complaint, text="Nobody called", reasons="The list shows none.")
    remedies.promise(complaint, "We call tomorrow", by=anna, at=AT, seen=None)
    decided(complaint, by=anna, at=AT)
    letters.draft(complaint, "letter", by=anna, at=AT)
    appeals.lodge(complaint, reasons="You never asked me", at=AT)
    ombudsman.refer(complaint, their_reference="CO-1", referred_on=AT.date(), by=anna, at=AT)
    files = opened(person, AT)
    (one,) = said(files, "complaints", "complaints")
    assert (one["state"], one["outcome"]) == ("appealed", "not_upheld")
    assert [(point["text"], point["reasons"]) for point in one["points"]] == [("Nobody called", "The list shows none.")]
    assert [remedy["text"] for remedy in one["remedies"]] == ["We call tomorrow"]
    assert one["appeal"][0]["reasons"] == "You never asked me"
    assert one["ombudsman"][0]["their_reference"] == "CO-1"
    assert [letter["kind"] for letter in one["letters"]] == ["acknowledgement", "response", "appeal_received"]
    sent = [files[letter["as_sent"][0]].decode() for letter in one["letters"]]
    assert all("<!doctype html>" in letter for letter in sent) and "Nobody called" in sent[1]
    assert {"acknowledge", "update", "respond", "appeal"} <= {row["step"] for row in one["deadlines"]}


def test_findings_are_not_told_before_the_decision(person, anna):
    complaint = of(person)
    PointFactory(complaint=complaint, reasons="Canary reasons")
    remedies.promise(complaint, "Canary remedy", by=anna, at=AT, seen=None)
    assert not holds(opened(person, AT), "Canary")
    decided(complaint, by=anna, at=AT)
    assert holds(opened(person, AT), "Canary reasons") and holds(opened(person, AT), "Canary remedy")


@pytest.fixture
def full_of_canaries(person, anna, bert, mario):
    """A complaint with everything that is not the complainant's to read."""
    complaint = of(person, about="staff", summary="Mario was rude", complained_about="the tall one")
    review.note(complaint, "Canary note", by=anna, at=AT)
    named = naming.add(complaint, "Canary Typed", Part.ABOUT, by=anna, at=AT, seen=None, person=mario)
    naming.add(complaint, "Canary Unknown", Part.SPOKEN_WITH, by=anna, at=AT, seen=None)
    statement = statements.ask_statement(named, "Canary extract", "Canary questions?", by=anna, at=AT)
    statements.give_statement(statement, "Canary statement", by=mario, at=AT)
    draft = letters.draft(complaint, "letter", by=anna, at=AT)
    letters.edit(draft, subject="Canary draft", body="Canary body", by=anna, at=AT)
    complaint.refresh_from_db()
    complaint.root_cause, complaint.late_entry_reason = "Canary cause", "Canary lateness"
    complaint.reviewer = bert
    complaint.save()
    return complaint


def test_statements_notes_drafts_and_names_of_ours_are_not(full_of_canaries, person, mario, anna, bert):
    files = opened(person, AT)
    assert not holds(files, "Canary")
    assert [holds(files, one.name) for one in (mario, anna, bert)] == [[], [], []]
    assert said(files, "complaints", "complaints")[0]["names"] == ["the tall one"]


def test_the_canaries_can_be_found(full_of_canaries, person, anna):
    """So that the test above would see them: a draft that leaves is told, and so is a name that was typed."""
    letters.send(Letter.objects.get(subject="Canary draft"), by=anna, at=AT)
    intake.add(full_of_canaries, text="I mean Mario Bianchi", source="page", at=AT)
    files = opened(person, AT)
    assert holds(files, "Canary draft") and holds(files, "Canary body")
    assert said(files, "complaints", "complaints")[0]["names"] == ["the tall one", "Mario Bianchi"]


def test_a_full_name_found_for_what_was_written_is_not_given_away(person, anna, mario):
    complaint = of(person, summary="Mario was rude")
    naming.match(complaint.named.get(person=mario), mario, by=anna, at=AT, seen=None)
    assert complaint_in(person)["names"] == []


def test_evidence_that_staff_entered_with_a_letter_is_the_complainants(person, anna):
    from django.core.management import call_command

    call_command("migrate", verbosity=0)  # gives the roles what each app grants
    told = Told(name="Carla", postal_address="Via Roma 1", summary="No call", country="IT")
    scan, photo = text("The letter", "scan.txt"), text("The photo")
    by = StaffFactory(roles=["senior manager"])
    given = {"files": [photo], "scan": scan, "late_entry_reason": "The post was late", "client": person}
    intake.enter(told, source="letter", arrived_at=AT - timedelta(days=3), by=by, at=AT, **given)
    files = opened(person, AT)
    (one,) = said(files, "complaints", "complaints")
    assert [files[path] for path in one["files"]] == [b"The photo", b"The letter"]
    assert not holds(files, "The post was late")


def test_complaints_of_others_are_not(person):
    colleague = ClientFactory(account=person.account)
    of(colleague, summary="Canary of a colleague", files=[text("Canary file")])
    ComplaintFactory(summary="Canary of a stranger", name="Carla Conti", email=person.email)
    assert not holds(opened(person, AT), "Canary")
    assert holds(opened(colleague, AT), "Canary of a colleague")


def test_no_restriction_and_no_bar_of_staff_takes_it_away(person, mario):
    of(person, about="staff", summary="Mario was rude")
    RestrictionFactory(user=person, gates=list(Gate.values), starts_at=AT)
    assert complaint_in(person)["summary"] == "Mario was rude"


def test_as_many_questions_for_thirty_as_for_one(person, anna):
    def make(count):
        for _count in range(count):
            complaint = of(person, files=[text("A file")])
            PointFactory(complaint=complaint)
            intake.add(complaint, text="And again", source="page", files=[text(f"More {complaint.pk}")], at=AT)
            naming.add(complaint, "Somebody", Part.ABOUT, by=anna, at=AT, seen=None)
            decided(complaint, by=anna, at=AT)

    assert_asks_the_same(person, make, AT)
