"""The complainant's own page: what it says, what can be done there, and what it keeps to itself (C-3, C-10, C-11)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from complaints import messages, references
from complaints.models import Complaint, Letter, Reply
from complaints.operations import closing, letters
from supportportal import links
from supportportal.people.models import Gate
from supportportal.trail.models import Entry
from tests.factories import ClientFactory, FirmFactory, RestrictionFactory
from tests.factories_complaints import ComplaintFactory, SchemeFactory, letter_that_went, senior
from tests.files import pictures

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 11, 20, 10, tzinfo=UTC)
State = Complaint.State


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(FRIDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def firm():
    return FirmFactory(country="IT")


@pytest.fixture
def complaint():
    return ComplaintFactory(at=FRIDAY, complained_about="Bruno Galli", summary="It is about Bruno Galli.")


def at(complaint, page: str = "") -> str:
    return messages.status_path(complaint) + page


def acknowledged(complaint):
    letter_that_went(complaint.letters.first(), FRIDAY + timedelta(minutes=1))


def answered(complaint) -> Complaint:
    """Answered on the Friday, the letter gone at once."""
    reviewer = senior(name="Carla Riva")
    Complaint.objects.filter(pk=complaint.pk).update(state=State.ANSWERED, decided_at=FRIDAY, decided_by=reviewer)
    letter = letters.send_new(complaint, Letter.Kind.RESPONSE, by=reviewer, at=FRIDAY)
    letter_that_went(letter, FRIDAY)
    complaint.refresh_from_db()
    return complaint


# -- what it says ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Wednesday 25 November"]),
        ("it", ["mercoledì 25 novembre"]),
        ("nl", ["woensdag 25 november"]),
    ],
    ids=["en", "it", "nl"],
)
def test_it_says_what_comes_next_and_by_when_in_the_complainants_language(client, language, words):
    complaint = ComplaintFactory(at=FRIDAY, language=language)
    acknowledged(complaint)
    page = client.get(at(complaint), headers={"accept-language": "nl"}).content.decode()
    assert f'<html lang="{language}">' in page
    assert all(word in page for word in words)


def test_a_reader_who_chose_another_language_gets_it(client, complaint):
    client.cookies["django_language"] = "it"
    assert '<html lang="it">' in client.get(at(complaint)).content.decode()


def test_a_step_that_is_late_says_so(client, complaint, now):
    acknowledged(complaint)
    now.move_to(FRIDAY + timedelta(days=7))
    page = client.get(at(complaint)).content.decode()
    assert "It was due by Wednesday 25 November and is late." in page


@pytest.mark.parametrize("state", State.values)
def test_every_state_has_words_of_its_own(client, complaint, state):
    other = ComplaintFactory(at=FRIDAY)
    Complaint.objects.filter(pk=complaint.pk).update(state=state, duplicate_of=other if state == "duplicate" else None)
    page = client.get(at(complaint))
    assert page.status_code == 200
    assert 'id="standing-title"><' not in page.content.decode()


def test_letters_stand_there_as_text(client, complaint):
    letter = letters.draft(complaint, Letter.Kind.UPDATE, by=None, at=FRIDAY)
    letters.edit(letter, subject="How far we are", body="First.\n\nSecond.", by=senior(), at=FRIDAY)
    assert "How far we are" not in client.get(at(complaint)).content.decode()
    letters.send(letter, by=None, at=FRIDAY)
    page = client.get(at(complaint)).content.decode()
    assert "How far we are" in page
    assert "<p>Second.</p>" in page


def test_what_letters_say_is_text_and_nothing_else(client, complaint):
    letter = letters.draft(complaint, Letter.Kind.UPDATE, by=None, at=FRIDAY)
    letters.edit(letter, subject="<b>x", body="<script>alert(1)</script>", by=senior(), at=FRIDAY)
    letters.send(letter, by=None, at=FRIDAY)
    page = client.get(at(complaint)).content.decode()
    assert "<script>alert" not in page
    assert "<b>x" not in page


def test_a_letter_by_post_is_on_its_way(client):
    complaint = ComplaintFactory(at=FRIDAY, email="", postal_address="Via Roma 1\nRoma")
    assert "A letter is on its way by post" in client.get(at(complaint)).content.decode()


def test_of_a_mail_that_came_back_the_letter_in_its_place_is_shown(client):
    complaint = ComplaintFactory(at=FRIDAY, postal_address="Via Roma 1\nRoma")
    letters.has_failed(complaint.letters.get(), at=FRIDAY)
    page = client.get(at(complaint))
    assert [letter.way for letter in page.context["standing"].letters] == ["post"]


def test_the_authority_of_the_complainants_country_is_named(client):
    page = client.get(at(ComplaintFactory(at=FRIDAY, country="NL"))).content.decode()
    assert "Autoriteit Persoonsgegevens" in page


def test_a_scheme_is_named_once_we_have_said_all_we_can(client, complaint):
    SchemeFactory()
    assert "Communications Ombudsman" not in client.get(at(complaint)).content.decode()
    Complaint.objects.filter(pk=complaint.pk).update(state=State.FINAL)
    assert "Communications Ombudsman" in client.get(at(complaint)).content.decode()


# -- what it keeps to itself -------------------------------------------------------------------------------------------


def test_nothing_about_staff_and_no_file_is_given_out(client, complaint):
    Complaint.objects.filter(pk=complaint.pk).update(reviewer=senior(name="Carla Riva"))
    complaint.notes.create(text="A note for colleagues", by=senior(), at=FRIDAY)
    upload = SimpleUploadedFile("photo.jpg", pictures.JPEG)
    client.post(at(complaint, "add/"), {"text": "Look.", "files": [upload]})
    page = client.get(at(complaint)).content.decode()
    for hidden in ("Carla Riva", "A note for colleagues", "Bruno Galli", "photo.jpg", "/admin/"):
        assert hidden not in page
    assert "1 file" in page


def test_opening_it_changes_nothing(client, complaint):
    acknowledged(complaint)
    answered(complaint)
    before = (Complaint.objects.values().get(), Entry.objects.count(), Letter.objects.count())
    for page in ("", "add/", "withdraw/", "appeal/"):
        for method in (client.get, client.head):
            assert method(at(complaint, page)).status_code in (200, 302)
    assert (Complaint.objects.values().get(), Entry.objects.count(), Letter.objects.count()) == before


@pytest.mark.parametrize("page", ["", "add/", "withdraw/", "appeal/"])
def test_a_token_that_is_not_ours_is_one_plain_page(client, complaint, page):
    number = references.number_of(complaint.reference)
    good = messages.link_token(complaint)
    assert good == links.token(messages.LINK_KIND, number, 1)
    tokens = {
        "truncated": good[:-1],
        "altered": good[:-2] + ("AA" if good[-2:] != "AA" else "BB"),
        "another kind": links.token("booking", number, 1),
        "another complaint": links.token(messages.LINK_KIND, number + 99, 1),
        "one far away": links.token(messages.LINK_KIND, 20**12, 1),
        "its row": links.token(messages.LINK_KIND, complaint.pk, 1),
        "another epoch": links.token(messages.LINK_KIND, number, 2),
        "nothing of a token": "x",
        "very long": "a" * 3000,
    }
    pages = set()
    for name, token in tokens.items():
        for method in (client.get, client.post):
            answer = method(f"/c/{token}/{page}")
            expected = 405 if page == "" and method == client.post else 404
            assert answer.status_code == expected, name
            if expected == 404:
                pages.add(answer.content)
    assert len(pages) == 1 or all(b"This link does not work" in one for one in pages)


def test_a_link_does_not_say_how_many_complaints_there_are(monkeypatch):
    """Of two that are made one after the other, neither part that is not secret says so."""
    first, second = (links.read(messages.LINK_KIND, messages.link_token(ComplaintFactory())).pk for _number in range(2))
    assert abs(second - first) > 1_000
    monkeypatch.setattr("complaints.references.secrets.choice", lambda letters: letters[0])
    lowest = ComplaintFactory()
    assert references.of_number(references.number_of(lowest.reference)) == lowest.reference == "222-222-222"


def test_a_revoked_link_opens_nothing(client, complaint):
    path = at(complaint)
    assert client.get(path).status_code == 200
    Complaint.objects.filter(pk=complaint.pk).update(link_epoch=2)
    assert client.get(path).status_code == 404


def test_it_is_not_kept_nor_listed_by_others(client, complaint):
    page = client.get(at(complaint))
    assert "no-store" in page["Cache-Control"]
    assert page["Referrer-Policy"] == "same-origin"
    assert "noindex" in page["X-Robots-Tag"]


def test_as_many_queries_for_thirty_letters_as_for_one(client, complaint):
    complaint.replies.create(source="page", text="More.", arrived_at=FRIDAY)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(at(complaint))
    for number in range(30):
        letters.send_new(complaint, Letter.Kind.UPDATE, by=None, at=FRIDAY + timedelta(minutes=number))
        complaint.replies.create(source="page", text="More.", arrived_at=FRIDAY)
    with CaptureQueriesContext(connection) as more:
        page = client.get(at(complaint))
    assert len(page.context["standing"].letters) == 31
    assert len(more) == len(few)


# -- adding ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.OPEN, State.ANSWERED, State.FINAL, State.WITHDRAWN])
def test_words_and_files_can_be_added_whatever_the_state(client, complaint, state):
    Complaint.objects.filter(pk=complaint.pk).update(state=state)
    upload = SimpleUploadedFile("photo.jpg", pictures.JPEG)
    page = client.post(at(complaint, "add/"), {"text": "More of it.", "files": [upload]}, follow=True)
    assert "Thank you" in page.content.decode()
    reply = complaint.replies.get()
    assert (reply.source, reply.text, reply.files.count()) == (Reply.Source.PAGE, "More of it.", 1)


def test_nothing_is_not_added(client, complaint):
    page = client.post(at(complaint, "add/"), {"text": "  "})
    assert "Please write something, or add a file." in page.content.decode()


def test_what_was_typed_stays_when_a_file_cannot_be_taken(client, complaint):
    upload = SimpleUploadedFile("a.exe", b"MZ\0\0")
    page = client.post(at(complaint, "add/"), {"text": "More of it.", "files": [upload]})
    assert "More of it." in page.content.decode()
    assert page.context["form"].errors["files"]
    assert not complaint.replies.exists()


def test_a_restricted_client_adds_too(client, complaint):
    restricted = ClientFactory()
    RestrictionFactory(user=restricted, gates=[gate.value for gate in Gate], starts_at=FRIDAY - timedelta(days=1))
    client.force_login(restricted)
    assert client.get(at(complaint)).status_code == 200
    client.post(at(complaint, "add/"), {"text": "More of it."})
    assert complaint.replies.count() == 1


def test_a_page_that_was_open_for_long_loses_nothing(complaint):
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(at(complaint, "add/"), {"text": "More of it."}).status_code == 302
    assert complaint.replies.count() == 1


def test_without_the_link_such_a_page_does_nothing(complaint):
    """The negative control."""
    browser = Client(enforce_csrf_checks=True)
    assert browser.post("/c/a.1.forged/add/", {"text": "More of it."}).status_code == 404
    assert not Reply.objects.exists()


# -- taking it back ----------------------------------------------------------------------------------------------------


def test_it_can_be_taken_back(client, complaint):
    assert client.post(at(complaint, "withdraw/"), {}).status_code == 200
    assert Complaint.objects.get().state == State.OPEN
    page = client.post(at(complaint, "withdraw/"), {"sure": "on"}, follow=True)
    assert "You have taken it back" in page.content.decode()
    assert Complaint.objects.get().state == State.WITHDRAWN
    assert client.post(at(complaint, "withdraw/"), {"sure": "on"}).status_code == 302


def test_what_is_answered_cannot_be_taken_back(client, complaint):
    answered(complaint)
    assert client.post(at(complaint, "withdraw/"), {"sure": "on"}).status_code == 302
    assert Complaint.objects.get().state == State.ANSWERED


# -- the appeal --------------------------------------------------------------------------------------------------------


def test_the_last_day_for_an_appeal_is_shown(client, complaint):
    answered(complaint)
    page = client.get(at(complaint)).content.decode()
    assert "you can appeal once, until" in page
    assert 'href="' + at(complaint, "appeal/") in page


def test_an_appeal_needs_reasons_and_is_made_once(client, complaint):
    answered(complaint)
    page = client.post(at(complaint, "appeal/"), {"reasons": ""})
    assert "Please say why you do not agree." in page.content.decode()
    page = client.post(at(complaint, "appeal/"), {"reasons": "You overlooked the mail."}, follow=True)
    assert "We have your appeal" in page.content.decode()
    assert Complaint.objects.get().appeal.reasons == "You overlooked the mail."
    assert client.post(at(complaint, "appeal/"), {"reasons": "Again."}).status_code == 302
    assert Complaint.objects.get().appeal.reasons == "You overlooked the mail."


def test_an_appeal_comes_with_files(client, complaint):
    answered(complaint)
    photo = SimpleUploadedFile("photo of Bruno.jpg", pictures.JPEG)
    page = client.post(at(complaint, "appeal/"), {"reasons": "", "files": [photo]})
    kept = page.context["form"]["kept_files"].value()
    client.post(at(complaint, "appeal/"), {"reasons": "Look at it.", "kept_files": kept})
    evidence = Complaint.objects.get().evidence.get()
    assert (evidence.file.name, evidence.shown is not None) == ("photo of Bruno.jpg", True)


def test_an_appeal_that_is_refused_leaves_no_file_behind(client, complaint):
    """The negative control."""
    answered(complaint)
    client.post(at(complaint, "appeal/"), {"reasons": "No."})
    client.post(at(complaint, "appeal/"), {"reasons": "No.", "files": [SimpleUploadedFile("a.jpg", pictures.JPEG)]})
    assert not Complaint.objects.get().evidence.exists()


def test_after_the_last_day_a_cause_is_asked_for(client, complaint, now):
    answered(complaint)
    assert "late_cause" not in client.get(at(complaint, "appeal/")).content.decode()
    now.move_to(FRIDAY + timedelta(days=60))
    assert "The last day for an appeal was" in client.get(at(complaint, "appeal/")).content.decode()
    page = client.post(at(complaint, "appeal/"), {"reasons": "You overlooked the mail."})
    assert page.context["form"].errors["late_cause"]
    client.post(at(complaint, "appeal/"), {"reasons": "You overlooked the mail.", "late_cause": "I was ill."})
    assert Complaint.objects.get().appeal.late_cause == "I was ill."


@pytest.mark.parametrize("state", [State.OPEN, State.FINAL])
def test_there_is_nothing_to_appeal_against(client, complaint, state):
    Complaint.objects.filter(pk=complaint.pk).update(state=state)
    assert "appeal/" not in client.get(at(complaint)).content.decode()
    assert client.get(at(complaint, "appeal/")).status_code == 302


def test_a_complaint_that_was_withdrawn_can_be_appealed(client, complaint):
    closing.withdraw(complaint, at=FRIDAY)
    client.post(at(complaint, "appeal/"), {"reasons": "I think better of it."})
    assert Complaint.objects.get().state == State.APPEALED
