"""A mail that answers a letter about a complaint joins that complaint, and is seen by who may see the complaint."""

from datetime import timedelta
from email.message import EmailMessage

import pytest

from complaints.incoming import own_words
from complaints.models import Complaint, Reply
from complaints.operations import desk, letters
from supportportal.outbox import inbound as mail_in
from supportportal.outbox import mails, rendering
from supportportal.outbox.gateways.email import build
from supportportal.outbox.models import Inbound, Message
from supportportal.people.models import Firm, Gate
from tests.factories import MONDAY_TEN, ClientFactory, RestrictionFactory, StaffFactory
from tests.factories_complaints import ComplaintFactory, senior
from tests.files import pictures, samples

pytestmark = pytest.mark.django_db
LATER = MONDAY_TEN + timedelta(hours=2)
PASS, NONE = Inbound.Verdict.PASS, Inbound.Verdict.NONE


@pytest.fixture(autouse=True)
def domain(settings):
    settings.INBOUND_DOMAIN = "in.example.com"


@pytest.fixture
def complaint():
    return ComplaintFactory(email="anna@example.org")


def letter_to(complaint) -> Message:
    """The first mail, as it was handed over."""
    message = Message.objects.about("complaints.complaint", complaint.pk).order_by("pk").first()
    message.message_id = rendering.message_id(message)
    message.save(update_fields=["message_id"])
    return message


def answer(complaint, text="It happened again.", *files, sender="anna@example.org", verdict=PASS, by_header=False):
    message = letter_to(complaint)
    made = EmailMessage()
    made["From"] = sender
    made["To"] = "help@example.com" if by_header else mail_in.reply_address(message, Firm.current())
    made["Subject"] = "Assistenza telefonica"  # whatever it says: what it answers decides
    if by_header:
        made["In-Reply-To"] = message.message_id
    made.set_content(text)
    for name, content, kind in files:
        main, _slash, sub = kind.partition("/")
        made.add_attachment(content, maintype=main, subtype=sub, filename=name)
    raw = made.as_bytes()
    kept = mail_in.receive(raw, mails.read(raw), gateway="test", verdict=verdict, at=LATER)
    return mail_in.handle(kept.pk, at=LATER)


@pytest.mark.parametrize("by_header", [False, True], ids=["our signed address", "the headers of a reply"])
def test_an_answer_joins_the_complaint_with_its_files(complaint, by_header):
    photo = ("photo.jpg", pictures.JPEG, "image/jpeg")
    mail = answer(complaint, "Look at this.\n> We wrote to you\nAnna", photo, by_header=by_header)
    assert (mail.state, mail.subject_id) == (Inbound.State.HANDLED, complaint.pk)
    reply = complaint.replies.get()
    assert (reply.text, reply.source, reply.arrived_at) == ("Look at this.\nAnna", Reply.Source.MAIL, LATER)
    assert reply.inbound == mail
    assert complaint.evidence.get().file.sha256 == reply.files.get().sha256


@pytest.mark.parametrize(
    ("sender", "verdict"),
    [("mallory@example.org", PASS), ("anna@example.org", NONE)],
    ids=["somebody else", "not confirmed"],
)
def test_headers_alone_prove_nothing(complaint, sender, verdict):
    answer(complaint, by_header=True, sender=sender, verdict=verdict)
    assert not complaint.replies.exists()


@pytest.mark.parametrize(
    ("sender", "verdict", "joins"),
    [("mallory@example.org", PASS, False), ("anna@example.org", NONE, False), ("Anna@example.org", PASS, True)],
    ids=["somebody else", "not confirmed", "surely the complainant"],
)
def test_shut_links_shut_the_addresses_of_their_mails(complaint, sender, verdict, joins):
    desk.renew_link(complaint, by=senior(), at=MONDAY_TEN, seen=None)
    mail = answer(complaint, sender=sender, verdict=verdict)
    assert complaint.replies.exists() is joins
    assert mail.subject_id == complaint.pk  # read by who may see the complaint, and looked at by one of them
    assert mail.state == (Inbound.State.HANDLED if joins else Inbound.State.WAITING)


def test_mails_that_went_later_are_answered_as_ever(complaint):
    """The negative control."""
    desk.renew_link(complaint, by=senior(), at=MONDAY_TEN, seen=None)
    letters.send_new(complaint, "update", by=None, at=LATER)
    Message.objects.about("complaints.complaint", complaint.pk).order_by("pk").first().delete()
    answer(complaint, sender="mallory@example.org")
    assert complaint.replies.count() == 1


def test_whoever_is_restricted_is_heard(complaint):
    anna = ClientFactory(email="anna@example.org")
    RestrictionFactory(user=anna, gates=[Gate.MAIL.value], starts_at=MONDAY_TEN)
    assert answer(complaint).state == Inbound.State.HANDLED
    assert complaint.replies.count() == 1


def test_other_mail_of_the_restricted_is_kept_aside():
    """The negative control."""
    anna = ClientFactory(email="anna@example.org")
    RestrictionFactory(user=anna, gates=[Gate.MAIL.value], starts_at=MONDAY_TEN)
    raw = b"From: anna@example.org\nTo: help@example.com\nSubject: Hello\n\nHello"
    kept = mail_in.receive(raw, mails.read(raw), gateway="test", verdict=PASS, at=LATER)
    assert mail_in.handle(kept.pk, at=LATER).state == Inbound.State.REFUSED


def test_files_that_cannot_be_taken_are_named_and_left_to_staff(complaint):
    mail = answer(
        complaint, "Two files.", ("a.exe", b"MZ\0\0", "application/x-exe"), ("b.pdf", samples.PDF, "application/pdf")
    )
    assert (mail.state, mail.note) == (Inbound.State.WAITING, "files that were not taken: a.exe")
    assert [one.file.name for one in complaint.evidence.all()] == ["b.pdf"]


def test_an_empty_mail_is_left_to_staff(complaint):
    mail = answer(complaint, "")
    assert (mail.state, mail.subject_id) == (Inbound.State.WAITING, complaint.pk)
    assert not complaint.replies.exists()


@pytest.mark.parametrize("state", [Inbound.State.NEW, Inbound.State.HANDLED], ids=["just arrived", "handled"])
def test_a_mail_is_seen_by_whoever_may_see_the_complaint(complaint, state):
    bruno = StaffFactory(name="Bruno Galli", roles=["manager"])
    carla = StaffFactory(name="Carla Riva", roles=["senior manager"])
    agent = StaffFactory(roles=["agent"])
    complaint.named.create(part="about", typed="Bruno", person=bruno)
    mail = answer(complaint)
    Inbound.objects.filter(pk=mail.pk).update(state=state)
    seen = {person for person in (bruno, carla, agent) if mail_in.visible_to(Inbound.objects.all(), person).exists()}
    assert seen == {carla}


def test_it_is_hidden_before_anybody_has_handled_it(complaint):
    message, agent = letter_to(complaint), StaffFactory(roles=["agent"])
    raw = f"From: anna@example.org\nTo: {mail_in.reply_address(message, Firm.current())}\n\nBruno did it".encode()
    mail_in.receive(raw, mails.read(raw), gateway="test", verdict=NONE, at=LATER)
    assert not mail_in.visible_to(Inbound.objects.all(), agent).exists()


def test_other_mails_are_seen_by_all():
    """The negative control."""
    raw = b"From: anna@example.org\nTo: help@example.com\n\nHello"
    mail_in.receive(raw, mails.read(raw), gateway="test", verdict=NONE, at=LATER)
    assert mail_in.visible_to(Inbound.objects.all(), StaffFactory(roles=["agent"])).exists()


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Yes.\n> Did it?\nNo, later.", "Yes.\nNo, later."),
        ("> all of it quoted", "> all of it quoted"),
        ("", ""),
    ],
    ids=["between the lines", "only quoted", "nothing"],
)
def test_quoted_lines_are_left_out(text, own):
    assert own_words(text) == own


# -- one conversation --------------------------------------------------------------------------------------------------


def headers_of(message) -> dict:
    subject = rendering.load_subjects([message])[message.pk]
    return build(rendering.write(message, subject, firm=Firm.current())).extra_headers


def test_a_complaint_is_one_conversation(complaint):
    letters.send_new(complaint, "update", by=None, at=LATER)
    first, second = Message.objects.about("complaints.complaint", complaint.pk).order_by("pk")
    assert "References" not in headers_of(first)
    told = headers_of(second)
    assert told["References"] == told["In-Reply-To"] == rendering.message_id(first)


def test_two_complaints_are_two_conversations(complaint):
    other = ComplaintFactory()
    message = Message.objects.about("complaints.complaint", other.pk).get()
    assert "References" not in headers_of(message)
    assert Complaint.objects.count() == 2


def test_what_is_kept_of_a_letter_opens_no_page(complaint):
    message = letter_to(complaint)
    subject = rendering.load_subjects([message])[message.pk]
    parcel = rendering.write(message, subject, firm=Firm.current())
    token = parcel.text.split("/c/")[1].split("/")[0]
    assert len(token) > 20
    assert not any(token in kept for kept in parcel.kept())
