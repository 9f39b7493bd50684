"""What somebody tries who wants to learn of a complaint, or to change it, without being let in (C-3, C-8)."""

import uuid
from datetime import timedelta
from email.message import EmailMessage

import pytest
import time_machine
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from complaints import calendars, digests, eligibility, messages, names
from complaints.forms_staff import LetterEntryForm, StaffEntryForm
from complaints.models import Appeal, Complaint, NamedStaff
from complaints.operations import appeals, closing, desk, intake, letters, naming, statements
from complaints.refusals import AnotherReviewer, BeforeDecision, NotEligible, NotLawful, NotYours
from supportportal.files.intake import accept
from supportportal.outbox import inbound as mail_in
from supportportal.outbox import mails
from supportportal.outbox import operations as outbox
from supportportal.outbox.models import Inbound, Message
from supportportal.people import roles
from supportportal.people.models import Firm, User

from ..factories import MONDAY_TEN, ClientFactory, StaffFactory
from ..factories_complaints import (
    ComplaintFactory,
    PointFactory,
    ToldFactory,
    decided,
    final_draft,
    letter_that_went,
)

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN + timedelta(hours=1)
FORM = "/complaint/"
Part = NamedStaff.Part


def sees(user, complaint):
    return Complaint.objects.visible_to(user).filter(pk=complaint.pk).exists()


def typed(key, **values):
    told = {"summary": "The export stops.", "name": "Anna Neri", "email": "anna@example.org", "country": "IT"}
    return told | {"form_key": str(key)} | values


# -- a form's key ------------------------------------------------------------------------------------------------------


@pytest.fixture
def now():
    with time_machine.travel(AT, tick=False):
        yield


STRANGER = {"summary": "Show me.", "name": "Eve", "email": "eve@example.org"}


def test_a_key_known_to_somebody_else_leads_to_a_complaint_of_their_own(client, firm, now):
    key = uuid.uuid4()
    first = client.post(FORM, typed(key))
    assert client.post(FORM, typed(key, **STRANGER)).url != first.url
    assert [one.replies.count() for one in Complaint.objects.all()] == [0, 0]


@pytest.mark.parametrize(
    "values", [{"email": "anna.neri@example.org"}, {"summary": "It stops."}, {"name": "A. Neri", "wish": "Call me."}]
)
def test_the_same_complainant_may_correct_what_was_sent(client, firm, now, values):
    """The control: the browser's Back makes no second complaint."""
    key = uuid.uuid4()
    assert client.post(FORM, typed(key)).url == client.post(FORM, typed(key, **values)).url
    assert Complaint.objects.get().replies.count() == 1


def test_a_signed_in_clients_key_is_that_clients_alone(client, firm, now):
    key = uuid.uuid4()
    ours = intake.lodge(ToldFactory(email="anna@example.org"), client=ClientFactory(), form_key=key, at=AT)
    assert messages.status_path(ours) not in client.post(FORM, typed(key)).url


def test_who_entered_a_complaint_gets_no_link_to_the_complainants_page(client, firm, mario, now):
    key, told = uuid.uuid4(), ToldFactory(summary="The export stops.", email="anna@example.org")
    entered = intake.enter(told, source="assisted", arrived_at=AT, by=mario, at=AT, read_back=True, form_key=key)
    assert messages.status_path(entered) not in client.post(FORM, typed(key)).url


def test_another_letter_typed_over_the_last_one_is_not_lost(firm, mario):
    key = uuid.uuid4()
    entry = {"source": "letter", "arrived_at": MONDAY_TEN, "by": mario, "at": AT, "form_key": key}
    told = ToldFactory()
    first = intake.enter(told, **entry)
    assert intake.enter(told, **entry) == first
    assert intake.enter(ToldFactory(summary="Another one."), **entry) != first


def test_an_address_longer_than_can_be_kept_is_an_error_beside_the_field(client, firm, now):
    page = client.post(FORM, typed(uuid.uuid4(), email="a" * 250 + "@example.org"))
    assert list(page.context["form"].errors) == ["email"]


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "occurs"),
    [
        pytest.param("Li Wu", "Li Wu shouted at me.", True, id="a short name as a whole"),
        pytest.param("Li Wu", "I waited for Li.", False, id="half of a short name"),
        pytest.param("Li Wu", "Li", True, id="half of a short name alone"),
        pytest.param("Bo Andersson", "bo", True, id="a first name alone"),
        pytest.param("李伟", "我和李伟谈过。", True, id="a script without spaces"),
        pytest.param("Jan van Dijk", "Het antwoord van de helpdesk was fout.", False, id="a particle"),
        pytest.param("Jan van Dijk", "Meneer Van Dijk lachte.", True, id="a name with a particle"),
        pytest.param("Zoë Müller", "MULLER", True, id="accents"),
        pytest.param("Ann Other", "Written by x99@meridian.example on Monday", True, id="the e-mail address"),
    ],
)
def test_whose_name_occurs(name, text, occurs):
    person = StaffFactory.build(name=name, email="x99@meridian.example")
    assert bool(names.mentioned([text], [person])) is occurs


def test_a_long_line_of_names_is_kept_whole(firm):
    line = " ".join(f"word{number}" for number in range(60))
    complaint = ComplaintFactory(complained_about=line)
    rows = complaint.named.filter(part=Part.ABOUT).order_by("pk")
    assert " ".join(rows.values_list("typed", flat=True)) == line


def test_whoever_is_named_in_an_appeal_is_kept_out(firm, anna, bert):
    complaint = decided(ComplaintFactory(), by=anna, at=AT)
    assert sees(bert, complaint)
    appeals.lodge(complaint, reasons="Nobody asked Mr Vink, who did it.", at=complaint.decided_at)
    assert not sees(bert, complaint)
    assert sees(anna, complaint)
    assert Appeal.objects.get().reviewer is None


@pytest.mark.parametrize("settled", [False, True], ids=["unsettled", "settled as nobody of us"])
@pytest.mark.parametrize("how", ["joins", "is renamed", "comes back"])
def test_whoever_a_name_fits_only_later_is_kept_out(firm, anna, how, settled):
    person = StaffFactory(name="Nadia Haddad", roles=["senior manager"], is_active=False) if how != "joins" else None
    if how == "is renamed":
        person.name, person.is_active = "Nadia Rossini", True
        person.save()
    complaint = ComplaintFactory(complained_about="Mrs Haddad")
    other = ComplaintFactory()
    if settled:
        naming.settle(complaint, by=anna, at=AT, seen=None)
    if how == "joins":
        person = StaffFactory(name="Nadia Haddad", roles=["senior manager"])
    else:
        person.name, person.is_active = "Nadia Haddad", True
        person.save()
    assert not sees(person, complaint)
    assert sees(person, other)
    assert sees(anna, complaint)


def test_who_was_cleared_is_not_kept_out_again_by_being_saved(firm, anna, bert):
    complaint = ComplaintFactory(summary="Vink was rude.")
    naming.settle(complaint, by=anna, at=AT, seen=None)
    intake.add(complaint, text="Rossi was not.", source="page", at=AT)
    bert.save()
    assert sees(bert, complaint)


# -- deciding around the rules -----------------------------------------------------------------------------------------


@pytest.fixture
def answered(anna):
    return decided(ComplaintFactory(), by=anna, at=AT)


@pytest.fixture
def appealed(answered):
    appeals.lodge(answered, reasons="No.", at=AT)
    answered.refresh_from_db()
    return answered


def test_the_first_reviewer_does_not_end_the_appeal_as_withdrawn(appealed, anna, bert):
    ended = {"reason": "They rang.", "at": AT, "seen": None}
    with pytest.raises(AnotherReviewer):
        closing.close(appealed, "withdrawn", by=anna, **ended)
    assert closing.close(appealed, "withdrawn", by=bert, **ended).state == "withdrawn"


def test_a_draft_of_the_answer_that_was_left_over_never_leaves(anna, bert):
    complaint = ComplaintFactory()
    PointFactory(complaint=complaint)
    spare = letters.draft(complaint, "response", by=anna, at=AT)
    decided(complaint, by=anna, at=AT)
    with pytest.raises(NotLawful):
        letters.send(spare, by=anna, at=AT)


def test_the_first_reviewer_sends_no_final_answer(appealed, anna, bert):
    spare = final_draft(appealed, by=anna, at=AT)
    appeals.decide(appealed.appeal, final_draft(appealed, by=bert, at=AT), outcome="upheld", by=bert, at=AT, seen=None)
    with pytest.raises(NotEligible):
        letters.send(spare, by=anna, at=AT)


def test_who_reviewed_first_stays_out_of_the_appeal_whatever_is_matched_later(answered, anna, bert, mark):
    Complaint.objects.filter(pk=answered.pk).update(reviewer=mark)
    naming.add(answered, "somebody", Part.ABOUT, by=bert, at=AT, seen=None)
    mark.groups.add(anna.groups.get())
    appeals.lodge(answered, reasons="No.", at=AT)
    answered.refresh_from_db()
    assert list(eligibility.appeal_reviewers(answered)) == [bert]


def test_an_appeal_cannot_have_come_before_the_decision(answered, anna):
    with pytest.raises(BeforeDecision):
        appeals.lodge(answered, reasons="No.", by=anna, at=AT, arrived_at=AT - timedelta(microseconds=1))
    assert appeals.lodge(answered, reasons="No.", by=anna, at=AT, arrived_at=AT)


def test_a_bounce_of_one_update_leaves_the_other_that_went(anna):
    complaint = ComplaintFactory()
    late, later = AT + timedelta(hours=1), AT + timedelta(hours=2)
    first, second = (letter_that_went(update(complaint, anna), when) for when in (late, later))
    letters.has_failed(first, at=later)
    clock = complaint.deadlines.get(step="update")
    assert (clock.outcome, clock.met_at) == ("met", later)
    letters.has_failed(second, at=later)
    assert complaint.deadlines.get(step="update").outcome == "running"


def update(complaint, by):
    draft = letters.draft(complaint, "update", by=by, at=AT)
    letters.edit(draft, subject=draft.subject, body="We are looking into it.", by=by, at=AT)
    return letters.send(draft, by=by, at=AT)


# -- what repeats another complaint ------------------------------------------------------------------------------------


def test_whoever_may_not_see_the_original_learns_nothing_from_what_repeats_it(client, firm, anna, now):
    nadia = StaffFactory(name="Nadia Haddad", is_superuser=True)
    original = ComplaintFactory(complained_about="Mrs Haddad")
    repeated, third = ComplaintFactory(), ComplaintFactory()
    for one in (repeated, third):
        closing.close(one, "duplicate", reason="Twice.", duplicate_of=original, by=anna, at=AT, seen=None)
    assert not sees(nadia, repeated)
    third.named.all().delete()
    pages = {who: case_page(client, who, third) for who in (anna, nadia)}
    assert original.reference in pages[anna]
    assert original.reference not in pages[nadia]


def case_page(client, who, complaint):
    User.objects.filter(pk=who.pk).update(is_superuser=True)
    client.force_login(who)
    return client.get(complaint.get_absolute_url()).content.decode()


# -- files -------------------------------------------------------------------------------------------------------------


def test_a_scan_goes_with_one_letter_alone(client, firm, mario, now):
    scan = accept(SimpleUploadedFile("scan.txt", b"scan"), AT)
    kept = StaffEntryForm.keep([scan])
    entry = {"source": "letter", "arrived_at": MONDAY_TEN, "by": mario, "at": AT}
    intake.enter(ToldFactory(), scan=scan, **entry)
    form = LetterEntryForm({"kept_scan": kept}, desk=calendars.desk(AT))
    form.is_valid()
    assert form.cleaned_data["kept_scan"] is None


# -- links and mail ----------------------------------------------------------------------------------------------------


def test_a_link_in_other_hands_is_shut(client, firm, anna, mario, now):
    roles.sync_after_migrate(apps.get_app_config("complaints"), "default")
    complaint = ComplaintFactory()
    stolen = messages.status_path(complaint)
    with pytest.raises(NotYours):
        desk.renew_link(complaint, by=mario, at=AT, seen=None)
    assert client.get(stolen).status_code == 200
    client.force_login(anna)
    act = reverse("admin:complaints_complaint_act", args=[complaint.pk, "new-link"])
    assert client.get(act).status_code == 405
    assert client.post(act, {"seen": complaint.version}).status_code == 302
    complaint.refresh_from_db()
    statuses = [client.get(path).status_code for path in (stolen, f"{stolen}add/", messages.status_path(complaint))]
    assert statuses == [404, 404, 200]


@pytest.mark.parametrize(
    ("name", "dear"),
    [
        pytest.param("J. R. O'Neill-Rossi", "Dear J. R. O'Neill-Rossi,", id="a name"),
        pytest.param("win at evil.example", "Dear Sir or Madam,", id="a domain"),
        pytest.param("https://evil/", "Dear Sir or Madam,", id="an address"),
    ],
)
def test_no_letter_carries_a_strangers_link_to_a_third_person(firm, name, dear):
    letter = ComplaintFactory(name=name).letters.get()
    assert letter.body.startswith(dear)
    assert "evil" not in letter.body


def reply_to(message, text, *, sender):
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, mail_in.reply_address(message, Firm.current()), "Re: Vink"
    made.set_content(text)
    raw = made.as_bytes()
    kept = mail_in.receive(raw, mails.read(raw), gateway="test", verdict="pass", at=AT)
    return mail_in.handle(kept.pk, at=AT)


def readers_of(mail, *people):
    return [person for person in people if mail_in.visible_to(Inbound.objects.all(), person).filter(pk=mail.pk)]


def test_an_answer_to_the_request_for_a_statement_is_read_by_who_may_see_the_case(settings, anna, mark, mario):
    settings.INBOUND_DOMAIN = "in.example.com"
    complaint = ComplaintFactory(complained_about="Mario Bianchi")
    named = naming.match(complaint.named.get(part=Part.ABOUT), mario, by=anna, at=AT, seen=None)
    statements.ask_statement(named, "You are said to have shouted.", "", by=anna, at=AT)
    asked = Message.objects.get(kind="statement_asked")
    mail = reply_to(asked, "I did not.\n> You are said to have shouted.", sender=mario.email)
    assert readers_of(mail, anna, mark, mario) == [anna]


def test_an_answer_to_a_digest_is_read_by_whom_it_was_for(settings, anna, bert, mario):
    settings.INBOUND_DOMAIN = "in.example.com"
    row = ComplaintFactory().deadlines.get(step="update")
    outbox.plan([digests.owed(anna, [(row, "warned_at")], at=AT)], at=AT)
    mail = reply_to(Message.objects.get(kind="deadline_digest"), "> Due tomorrow: …", sender=anna.email)
    assert readers_of(mail, anna, bert, mario) == [anna]


def test_whoever_the_subject_of_an_answer_names_is_kept_out(settings, anna, bert):
    settings.INBOUND_DOMAIN = "in.example.com"
    complaint = ComplaintFactory()
    message = Message.objects.about(messages.SUBJECT_TYPE, complaint.pk).get()
    assert readers_of(reply_to(message, "See above.", sender=complaint.email), anna, bert) == [anna]
    assert not sees(bert, complaint)
