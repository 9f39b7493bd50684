"""What one source and one address can set off with the public form; no complaint is lost by it (C-1, C-4)."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from complaints.models import Complaint, Letter, Use
from complaints.operations import letters, limits
from complaints.policy import POLICY
from supportportal.files import intake as files_intake
from supportportal.files.models import StoredFile
from supportportal.outbox.models import Message
from tests.factories import MONDAY_TEN, FirmFactory, StaffFactory
from tests.factories_complaints import ComplaintFactory
from tests.files import samples

pytestmark = pytest.mark.django_db
FORM, FILES = "/complaint/", "/complaint/files/"


@pytest.fixture(autouse=True)
def firm():
    return FirmFactory(country="IT", contact_email="help@firm.example", postal_address="Via Roma 1")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MONDAY_TEN, tick=False) as clock:
        yield clock


@pytest.fixture
def policy(monkeypatch):
    """``policy(complaints_per_hour=2)``: other numbers for this test."""

    def policy(**numbers):
        monkeypatch.setattr(limits, "POLICY", replace(POLICY, **numbers))

    return policy


def send(number: int, peer="203.0.113.7", files=(), **headers):
    told = {"summary": f"Story {number}", "name": "Anna", "email": f"anna{number}@example.org", "country": "IT"}
    given = told | ({"files": list(files)} if files else {})
    return Client().post(FORM, given, headers=headers, REMOTE_ADDR=peer)


def pdf(name="a.pdf"):
    return SimpleUploadedFile(name, samples.PDF)


def add(*files, peer="203.0.113.7", kept=""):
    return Client().post(FILES, {"files": list(files), "kept_files": kept}, REMOTE_ADDR=peer)


# -- complaints from one source ----------------------------------------------------------------------------------------


def test_from_one_source_there_are_only_so_many_in_an_hour(policy, clock):
    policy(complaints_per_hour=2)
    assert [send(number).status_code for number in range(3)] == [302, 302, 429]
    refused = send(3)
    html = refused.content.decode()
    assert "Story 3" in html
    assert "once more after Mon 23 Nov, 12:00, Rome time" in html
    assert "help@firm.example" in html
    assert "Via Roma 1" in html
    assert refused["Retry-After"] == "3600"
    assert Complaint.objects.count() == 2
    clock.shift(timedelta(hours=1))
    assert send(3).status_code == 302


def test_files_of_a_complaint_that_has_to_wait_are_kept(policy):
    policy(complaints_per_hour=0)
    refused = send(0, files=[pdf()])
    assert refused.status_code == 429
    assert [one.name for one in refused.context["form"].files_so_far] == ["a.pdf"]


@pytest.mark.parametrize(
    ("header", "taken"), [({}, 1), ({"x-forwarded-for": "198.51.100.9"}, 1)], ids=["as it is", "with a false header"]
)
def test_a_header_changes_nobody_s_source(policy, header, taken):
    policy(complaints_per_hour=1)
    send(0)
    send(1, **header)
    assert Complaint.objects.count() == taken


def test_others_are_not_held_up(policy):
    """The negative control."""
    policy(complaints_per_hour=1)
    assert [send(0).status_code, send(1).status_code] == [302, 429]
    assert send(2, peer="203.0.113.8").status_code == 302


def test_what_is_refused_counts_for_nothing(policy):
    policy(complaints_per_hour=1)
    for _time in range(3):
        Client().post(FORM, {"summary": "", "name": ""}, REMOTE_ADDR="203.0.113.7")
    assert send(0).status_code == 302


def test_no_address_is_kept_and_what_is_kept_is_forgotten(clock):
    send(0)
    assert "203.0.113" not in str(Use.objects.values_list())
    clock.shift(timedelta(hours=25))
    send(1)
    assert Use.objects.count() == 1


# -- first replies to one address --------------------------------------------------------------------------------------


def sent_to(address) -> int:
    return Message.objects.filter(address=address).count()


def test_nobody_s_mailbox_is_flooded_and_no_complaint_is_lost(policy):
    policy(acknowledgements_per_day=2)
    made = [ComplaintFactory(email="Victim@example.org") for _number in range(2)]
    made += [ComplaintFactory(email="victim+7@example.org") for _number in range(2)]
    assert Complaint.objects.count() == 4
    assert Message.objects.filter(address__iendswith="@example.org").count() == 2
    states = [one.letters.get().state for one in made]
    assert states == [Letter.State.LEAVING] * 2 + [Letter.State.DRAFT] * 2


def test_what_is_held_back_is_a_draft_that_staff_send_and_its_clock_runs(policy):
    policy(acknowledgements_per_day=0)
    complaint = ComplaintFactory(email="anna@example.org")
    assert complaint.deadlines.get(step="acknowledge").outcome == "running"
    letters.send(complaint.letters.get(), by=StaffFactory(roles=["manager"]), at=MONDAY_TEN)
    assert sent_to("anna@example.org") == 1


@pytest.mark.parametrize(
    "other",
    [{"email": "anne@example.org"}, {"email": "anna@other.example"}, {"email": "", "postal_address": "Via Roma 1"}],
    ids=["another person", "another firm", "by post"],
)
def test_other_first_replies_leave_by_themselves(policy, other):
    """The negative control."""
    policy(acknowledgements_per_day=1)
    ComplaintFactory(email="anna@example.org")
    assert ComplaintFactory(**other).letters.get().state == Letter.State.LEAVING


def test_the_next_day_they_leave_again(policy):
    policy(acknowledgements_per_day=1)
    ComplaintFactory(email="anna@example.org")
    later = ComplaintFactory(email="anna@example.org", at=MONDAY_TEN + timedelta(days=1))
    assert later.letters.get().state == Letter.State.LEAVING


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"files_per_hour": 2}, "Please add these after"),
        ({"file_bytes_per_hour": 2 * len(samples.PDF)}, "Please add these after"),
        ({"waiting_bytes": 2 * len(samples.PDF)}, "cannot take files right now"),
    ],
    ids=["their number", "their size", "the size of all that wait"],
)
def test_files_have_a_limit_and_the_complaint_is_taken(policy, numbers, words):
    policy(**numbers)
    assert words not in add(pdf("a.pdf"), pdf("b.pdf")).content.decode()
    page = add(pdf("c.pdf"))
    assert words in page.content.decode()
    assert StoredFile.objects.count() == 2
    assert send(0).status_code == 302


def test_what_was_added_before_stays(policy):
    policy(files_per_hour=1)
    kept = add(pdf("a.pdf")).context["form"]["kept_files"].value()
    assert "a.pdf" in add(pdf("b.pdf"), kept=kept).content.decode()


def test_files_of_others_are_taken(policy):
    """The negative control."""
    policy(files_per_hour=1)
    add(pdf())
    assert "a.pdf" in add(pdf(), peer="203.0.113.8").content.decode()
    assert StoredFile.objects.count() == 2


def test_what_belongs_to_a_complaint_waits_no_more(policy):
    policy(waiting_bytes=len(samples.PDF))
    held = files_intake.accept(pdf(), MONDAY_TEN)
    assert limits.orphans.waiting_bytes(MONDAY_TEN) == len(samples.PDF)
    before = limits.orphans.waiting_bytes(MONDAY_TEN)
    complaint = ComplaintFactory(files=[held])
    assert complaint.evidence.count() == 1
    assert limits.orphans.waiting_bytes(MONDAY_TEN) == before - held.size


def test_once_an_hour_is_over_files_are_taken_again(policy, clock):
    policy(files_per_hour=1)
    add(pdf())
    clock.shift(timedelta(hours=1))
    add(pdf())
    assert StoredFile.objects.count() == 2
