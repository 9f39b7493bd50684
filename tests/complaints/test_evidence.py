"""What belongs to a complaint: files kept as they came with a copy for staff, and what is sent later."""

import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from complaints.models import Complaint, NamedStaff, Reply
from complaints.operations import intake
from complaints.operations.intake import Told
from complaints.policy import POLICY
from complaints.refusals import NothingSaid, TooMuchEvidence, TooMuchInAll
from supportportal.files import screening
from supportportal.files.intake import accept
from supportportal.files.models import StoredFile
from tests.factories import MONDAY_TEN, StaffFactory
from tests.factories_complaints import ComplaintFactory
from tests.files import pictures, samples
from tests.files.test_stripping import exif, jpeg, jpeg_segment

pytestmark = pytest.mark.django_db
LATER = MONDAY_TEN + timedelta(hours=3)
PHOTO = jpeg(jpeg_segment(0xE1, b"Exif\0\0" + exif()))


def file(name: str = "note.txt", content: bytes = b"a line"):
    return accept(SimpleUploadedFile(name, content), MONDAY_TEN)


def content_of(stored) -> bytes:
    with stored.content.open("rb") as kept:
        return kept.read()


def say(complaint, text="More of it.", *files, at=LATER):
    return intake.add(complaint, text=text, source=Reply.Source.PAGE, files=files, at=at)


def told(**values) -> Told:
    return Told(
        **{"name": "Anna Neri", "summary": "It failed.", "email": "anna@example.org", "country": "IT", **values}
    )


def test_what_is_known_is_kept_once_and_what_was_deleted_is_taken_anew():
    complaint = ComplaintFactory(files=[file()])
    say(complaint, "Again.", file())
    assert complaint.evidence.count() == 1
    StoredFile.objects.filter(pk=complaint.evidence.get().file_id).update(screening="deleted")
    say(complaint, "And once more.", file())
    assert [one.file.screening for one in complaint.evidence.order_by("pk")] == ["deleted", "clean"]


# -- copies for staff --------------------------------------------------------------------------------------------------


def test_a_photo_is_kept_as_it_came_with_a_copy_that_tells_nothing():
    complaint = ComplaintFactory(files=[file("photo.jpg", PHOTO)])
    evidence = complaint.evidence.get()
    assert content_of(evidence.file) == PHOTO
    assert content_of(evidence.shown) == pictures.JPEG
    assert (evidence.shown.name, evidence.shown.content_type) == ("photo.jpg", "image/jpeg")
    assert evidence.shown.sha256 != evidence.file.sha256


def test_a_withheld_photo_is_deleted_with_its_copy(django_capture_on_commit_callbacks):
    complaint, by = ComplaintFactory(files=[file("photo.jpg", PHOTO), file()]), StaffFactory()
    photo, other = complaint.evidence.order_by("pk")
    StoredFile.objects.filter(pk=photo.file_id).update(screening="withheld", virus="Eicar")
    photo.file.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        screening.delete(photo.file, of=complaint, by=by, at=LATER)
    is_kept = {one: one.content.storage.exists(one.content.name) for one in (photo.file, photo.shown, other.file)}
    assert is_kept == {photo.file: False, photo.shown: False, other.file: True}
    gone = StoredFile.objects.filter(screening="deleted").values_list("pk", flat=True)
    assert set(gone) == {photo.file_id, photo.shown_id}


@pytest.mark.parametrize(
    ("name", "content"),
    [("scan.pdf", samples.PDF), ("cut.jpg", PHOTO[:-30]), ("cut.png", pictures.PNG[:60]), ("p.heic", samples.HEIC)],
    ids=["PDF", "a JPEG cut off", "a PNG cut off", "HEIC"],
)
def test_what_cannot_be_stripped_is_kept_without_a_copy(name, content):
    evidence = ComplaintFactory(files=[file(name, content)]).evidence.get()
    assert evidence.shown is None
    assert content_of(evidence.file) == content


# -- later -------------------------------------------------------------------------------------------------------------


def test_what_is_sent_later_joins_the_complaint_and_its_evidence():
    complaint = ComplaintFactory()
    reply = say(complaint, "  A photo of it.  ", file("photo.jpg", PHOTO))
    assert (reply.text, reply.source, reply.arrived_at) == ("A photo of it.", Reply.Source.PAGE, LATER)
    evidence = complaint.evidence.get()
    assert list(reply.files.all()) == [evidence.file]
    assert evidence.shown is not None
    assert Complaint.objects.get().version > complaint.version


def test_a_reviewer_who_saw_the_case_before_is_told_that_it_changed():
    complaint = ComplaintFactory()
    say(complaint)
    assert Complaint.objects.get(pk=complaint.pk).version != complaint.version


def test_nothing_at_all_is_refused():
    with pytest.raises(NothingSaid):
        say(ComplaintFactory(), "  ")


def test_the_same_twice_is_taken_once():
    complaint = ComplaintFactory()
    first = say(complaint, "A photo.", file("photo.jpg", PHOTO))
    assert say(complaint, "A photo.", file("photo.jpg", PHOTO)) == first
    assert (complaint.replies.count(), complaint.evidence.count()) == (1, 1)


def test_the_same_words_a_day_later_are_said_again():
    complaint = ComplaintFactory()
    say(complaint, "Any news?")
    say(complaint, "Any news?", at=LATER + timedelta(days=1))
    assert complaint.replies.count() == 2


def test_too_much_at_once_is_refused_with_nothing_taken(monkeypatch):
    monkeypatch.setattr(intake.evidence, "POLICY", type(POLICY)(evidence_files=2, evidence_files_in_all=3))
    complaint = ComplaintFactory()
    three = [file(f"{number}.txt", b"%d" % number) for number in range(3)]
    with pytest.raises(TooMuchEvidence):
        say(complaint, "Here.", *three)
    assert not complaint.replies.exists()
    say(complaint, "Here.", *three[:2])
    with pytest.raises(TooMuchInAll):
        say(complaint, "And here.", three[2], file("4.txt", b"4"))
    say(complaint, "And here.", three[2])
    assert complaint.evidence.count() == 3


# -- names -------------------------------------------------------------------------------------------------------------


def test_who_is_named_later_is_kept_out_from_then_on():
    bruno = StaffFactory(name="Bruno Galli", roles=["manager"])
    complaint = ComplaintFactory()
    assert Complaint.objects.visible_to(bruno).exists()
    say(complaint, "It was Bruno who said so.")
    assert not Complaint.objects.visible_to(bruno).exists()
    assert complaint.named.get().part == NamedStaff.Part.MENTIONED


def test_the_name_of_a_file_counts_too():
    bruno = StaffFactory(name="Bruno Galli", roles=["manager"])
    complaint = ComplaintFactory(files=[file("Chat with Bruno.txt")])
    assert not Complaint.objects.visible_to(bruno).exists()
    other = ComplaintFactory()
    say(other, "Here.", file("bruno2.txt", b"x"))
    assert not Complaint.objects.visible_to(bruno).filter(pk__in=[other.pk, complaint.pk]).exists()


def test_other_words_keep_nobody_out():
    """The negative control."""
    bruno = StaffFactory(name="Bruno Galli", roles=["manager"])
    complaint = ComplaintFactory(files=[file()])
    say(complaint, "It was somebody else.")
    assert Complaint.objects.visible_to(bruno).exists()


# -- the form twice ----------------------------------------------------------------------------------------------------


def test_the_form_sent_twice_is_one_complaint():
    key = uuid.uuid4()
    taken = [intake.lodge(told(), files=[file()], form_key=key, at=MONDAY_TEN) for _press in range(2)]
    assert taken[0] == taken[1]
    assert (taken[0].replies.count(), taken[0].evidence.count(), taken[0].letters.count()) == (0, 1, 1)


def test_what_the_second_form_adds_is_not_lost():
    key = uuid.uuid4()
    first = intake.lodge(told(), form_key=key, at=MONDAY_TEN)
    more = told(summary="It failed twice.", postal_address="Via Nuova 1", complained_about="Bruno\nCarla")
    assert intake.lodge(more, files=[file()], form_key=key, at=LATER) == first
    reply = first.replies.get()
    assert reply.text == "It failed twice.\n\nVia Nuova 1\n\nBruno\n\nCarla"
    assert reply.files.count() == 1
    assert Complaint.objects.count() == 1
