"""The complaint of somebody who has no account is anonymised by itself, once it is over, whatever its time."""

from functools import partial

import pytest
import time_machine
from django.urls import reverse

from complaints.forgetting import COMPLAINTS
from complaints.models import Appeal, Complaint, Deadline, Letter, NamedStaff, Referral, Remedy, Reply
from complaints.operations import desk
from complaints.refusals import NotYours
from conduct.models import FollowUp, Incident
from supportportal.files import orphans
from supportportal.outbox.models import Inbound, Message
from supportportal.retention import operations
from supportportal.retention.models import Forgotten
from supportportal.retention.operations import RetentionRefused
from supportportal.trail.models import Entry
from tests.factories import ClientFactory, FirmFactory, StaffFactory
from tests.factories_conduct import make_incident

from .someone import ADDRESS, CONTENT, DAY, HOUR, NAME, NOW, PHONE, complained, is_over
from .test_canaries import columns_that_hold, files_that_hold
from .test_pruning import of, with_each

pytestmark = pytest.mark.django_db
OPEN = "It is open, or can still be taken further."
NOT_SETTLED = "Something about it is still on its way, held or not settled. Please try again another day."
OF_A_CLIENT = "It is a client's. It goes with everything of theirs: by the button on the page of that person."


@pytest.fixture
def owner():
    FirmFactory()
    return StaffFactory(roles=["owner"], name="Olga Owner")


@pytest.fixture
def complaint(owner):
    """Of a stranger, gone as far as a complaint goes, and over for years."""
    found = complained(None)
    is_over()
    return found


@pytest.fixture
def browser(client, owner):
    with time_machine.travel(NOW, tick=False):
        client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
        yield client


def page(complaint, name="anonymise"):
    return reverse(f"admin:complaints_complaint_{name}", args=[complaint.pk])


@pytest.mark.django_db(transaction=True)
def test_nothing_of_the_complainant_is_found(owner):
    of_others = files_that_hold(CONTENT)  # of tests that were rolled back
    complaint = complained(None)
    is_over()
    canaries = ("canary", ADDRESS, NAME.lower(), PHONE)
    before = columns_that_hold(*canaries)
    assert {"complaints.Complaint.email", "complaints.Reply.text", "outbox.Message.address"} <= set(before)
    assert len(files_that_hold(CONTENT)) > len(of_others)  # the control: they can be found
    desk.anonymise(complaint, by=owner, at=NOW)
    orphans.sweep(at=NOW + DAY)
    assert columns_that_hold(*canaries) == {}
    assert set(files_that_hold(CONTENT)) <= set(of_others)
    assert Entry.objects.get(verb="complaint.anonymised").subject_id == complaint.pk
    assert Forgotten.objects.get().kind == "complaints"


def a_message():
    made = {"due_at": NOW, "try_at": NOW, "created_at": NOW, "subject_type": "complaints.complaint"}
    Message.objects.create(key="x", kind="x", channel="email", subject_id=Complaint.objects.get().pk, **made)


def a_mail():
    about = {"subject_type": "complaints.complaint", "subject_id": Complaint.objects.get().pk, "state": "waiting"}
    Inbound.objects.create(key="x", gateway="g", raw="", size=1, arrived_at=NOW, **about)


def a_hold_on_who_was_named(owner):
    named = NamedStaff.objects.filter(part="about", person__isnull=False).first().person
    operations.place_hold(named, "A claim", by=owner, at=NOW)


def an_incident() -> Incident:
    incident = make_incident()
    Incident.objects.filter(pk=incident.pk).update(complaint=Complaint.objects.get())
    return incident


AGAINST = {
    "open": (OPEN, of(Complaint, state="open")),
    "appealed": (OPEN, of(Complaint, state="appealed")),
    "a second too soon after the answer": (OPEN, of(Letter, gone_at=NOW - 90 * DAY + HOUR / 3600)),
    "a letter is on its way": (OPEN, of(Letter, state="leaving")),
    "a clock runs": (OPEN, of(Deadline, outcome="running")),
    "the appeal is undecided": (OPEN, of(Appeal, outcome="", decided_at=None, decided_by=None)),
    "the ombudsman is not followed yet": (OPEN, of(Referral, followed_up_on=None)),
    "a remedy is owed": (OPEN, of(Remedy, done_at=None)),
    "a reply is unread": (OPEN, of(Reply, read_at=None)),
    "a message is owed": (NOT_SETTLED, a_message),
    "a mail is to be dealt with": (NOT_SETTLED, a_mail),
    "an open incident needs it": (NOT_SETTLED, an_incident),
    "a client's": (OF_A_CLIENT, lambda: Complaint.objects.update(client=ClientFactory())),
    "from a client's address": (OF_A_CLIENT, lambda: ClientFactory(email=ADDRESS.upper())),
}


def test_what_stands_against_it_is_said_and_nothing_goes(complaint, owner):
    assert operations.why_kept(COMPLAINTS, complaint, NOW) == []  # the control

    def refused():
        with pytest.raises(RetentionRefused) as refusal:
            desk.anonymise(complaint, by=owner, at=NOW)
        return str(refusal.value)

    against = {why: change for why, (_says, change) in AGAINST.items()}
    against["held"] = partial(a_hold_on_who_was_named, owner)
    expected = {why: says for why, (says, _change) in AGAINST.items()} | {"held": NOT_SETTLED}
    assert with_each(against, refused) == expected
    assert "Canary" in Complaint.objects.get().summary and not Forgotten.objects.exists()


def test_the_instant_at_which_the_time_to_appeal_is_over(complaint, owner):
    Letter.objects.filter(gone_at__isnull=False).exclude(kind="ombudsman").update(gone_at=NOW - 90 * DAY)
    desk.anonymise(complaint, by=owner, at=NOW)
    assert Complaint.objects.get().summary == "[…]"


def test_staff_with_that_address_do_not_keep_it(complaint, owner):
    """Only clients are anonymised as a whole: else nobody could let go of what staff wrote from their own address."""
    StaffFactory(email=ADDRESS)
    desk.anonymise(complaint, by=owner, at=NOW)
    assert Complaint.objects.get().name == "[…]"


def test_it_goes_by_a_press_and_not_by_looking(browser, complaint):
    assert page(complaint) in browser.get(page(complaint, "change")).content.decode()
    assert "Anonymise for good" in browser.get(page(complaint)).content.decode()
    assert Complaint.objects.get().name == NAME
    answer = browser.post(page(complaint), follow=True)
    assert answer.redirect_chain == [(page(complaint, "change"), 302)]
    shown = answer.content.decode()
    assert "The complaint is anonymised." in shown and "Complaint anonymised" in shown  # and its timeline says so
    assert page(complaint) not in shown and NAME not in shown
    again = browser.post(page(complaint)).content.decode()
    assert "already" in again and "Anonymise for good" not in again


def test_what_is_open_offers_no_button(browser, complaint):
    Complaint.objects.update(state="open")
    assert page(complaint) not in browser.get(page(complaint, "change")).content.decode()
    shown = browser.get(page(complaint)).content.decode()
    assert OPEN in shown and "Anonymise for good" not in shown


def test_what_a_client_sent_is_not_offered(browser, complaint):
    Complaint.objects.update(client=ClientFactory())
    assert page(complaint) not in browser.get(page(complaint, "change")).content.decode()


@pytest.mark.parametrize("role", ["manager", "senior manager", "deputy"])
def test_nobody_else_anonymises(client, complaint, role):
    by = StaffFactory(roles=[role])
    client.force_login(by, backend="django.contrib.auth.backends.ModelBackend")
    assert (client.get(page(complaint)).status_code, client.post(page(complaint)).status_code) == (404, 404)
    if role != "manager":  # who does not see a complaint about staff at all
        assert page(complaint) not in client.get(page(complaint, "change")).content.decode()
        with pytest.raises(RetentionRefused, match="Only owners"):
            desk.anonymise(complaint, by=by, at=NOW)
    assert Complaint.objects.get().name == NAME


def test_an_owner_whom_it_is_about_is_told_that_there_is_none(browser, complaint, owner):
    NamedStaff.objects.filter(part="about").update(person=owner)
    assert (browser.get(page(complaint)).status_code, browser.post(page(complaint)).status_code) == (404, 404)
    with pytest.raises(NotYours):
        desk.anonymise(complaint, by=owner, at=NOW)
    assert Complaint.objects.get().name == NAME


def test_what_was_reopened_since_the_page_was_opened_stays(browser, complaint):
    assert "Anonymise for good" in browser.get(page(complaint)).content.decode()
    Reply.objects.update(read_at=None)  # the complainant has just written again
    assert OPEN in browser.post(page(complaint)).content.decode()
    assert Complaint.objects.get().name == NAME


def test_an_incident_that_is_over_needs_it_no_more(complaint, owner):
    an_incident()
    Incident.objects.update(state="closed", closed_by=owner, closed_at=NOW - DAY, closing_reason="x")
    FollowUp.objects.all().delete()  # else the talk would be owed
    desk.anonymise(complaint, by=owner, at=NOW)
    assert Complaint.objects.get().name == "[…]"
