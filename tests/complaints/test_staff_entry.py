"""Complaints that staff enter: a letter, a mail, the form for somebody who cannot; what a caller is told (C-1)."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from complaints.models import Complaint
from supportportal.people import roles
from supportportal.trail.models import Entry

from ..factories import MONDAY_TEN, ClientFactory
from ..files import samples

NOW = MONDAY_TEN + timedelta(hours=1)
ADD, POST = "admin:complaints_complaint_add", "admin:complaints_complaint_post"


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def enter(client, mario):
    """Hands in an entry as an agent."""
    roles.sync_after_migrate(apps.get_app_config("complaints"), "default")
    client.force_login(mario)

    def enter(source, **given):
        told = {"summary": "They never called.", "name": "Carlo Verdi", "country": "IT", "language": "it"}
        told |= {"form_key": str(uuid4()), "postal_address": "Via Roma 1\n00100 Roma", **given}
        return client.post(f"{reverse(ADD)}?source={source}", told)

    enter.client = client
    return enter


@pytest.mark.parametrize(
    ("clock", "arrived"),
    [
        pytest.param("10:30", datetime(2026, 11, 23, 9, 30, tzinfo=UTC), id="with its hour"),
        pytest.param("", datetime(2026, 11, 23, 8, tzinfo=UTC), id="the opening time without one"),
    ],
)
def test_a_letter_arrives_when_it_arrived(enter, mario, clock, arrived):
    answer = enter("letter", arrived_on="2026-11-23", arrived_clock=clock, post="registered")
    complaint = Complaint.objects.get()
    assert complaint.reference in answer.content.decode()
    assert "print and post" in answer.content.decode()
    assert (complaint.arrived_at, complaint.source, complaint.post) == (arrived, "letter", "registered")
    assert complaint.entered_by == mario


def test_whoever_enters_it_sees_a_confirmation_and_no_case(enter):
    html = enter("letter", arrived_on="2026-11-23").content.decode()
    complaint = Complaint.objects.get()
    assert "They never called." not in html
    assert enter.client.get(complaint.get_absolute_url()).status_code == 404
    assert enter.client.get(reverse("admin:complaints_complaint_changelist")).status_code == 404


def test_whoever_entered_it_prints_and_posts_the_acknowledgement_and_sees_no_more(enter, mario, staff):
    assert reverse(POST) in enter("letter", arrived_on="2026-11-23").content.decode()
    letter = Complaint.objects.get().letters.get()
    done = reverse("admin:complaints_complaint_post_done", args=[letter.pk])
    assert reverse(POST) in enter.client.get(reverse("admin:index")).content.decode()
    listed = enter.client.get(reverse(POST)).content.decode()
    assert letter.complaint.get_absolute_url() not in listed
    assert "They never called." not in listed
    printed = enter.client.get(reverse("admin:complaints_complaint_post_print", args=[letter.pk]))
    assert "Carlo Verdi" in printed.content.decode()
    refused = enter.client.post(done, {"posted_on": "2026-11-24"})
    assert "cannot be before the letter was written, nor later" in refused.content.decode()
    assert enter.client.post(done, {"posted_on": "2026-11-23"}).status_code == 302
    letter.refresh_from_db()
    assert (letter.state, letter.posted_by) == ("gone", mario)
    assert "Nothing to post" in enter.client.get(reverse(POST)).content.decode()


def test_another_clerk_finds_nothing_of_it(enter, staff):
    """The negative control, and whoever enters no complaints has no such page."""
    enter("letter", arrived_on="2026-11-23")
    letter = Complaint.objects.get().letters.get()
    pages = [reverse(f"admin:complaints_complaint_post_{name}", args=[letter.pk]) for name in ("print", "done")]
    enter.client.force_login(staff("Nora Blom", "agent"))
    assert "Nothing to post" in enter.client.get(reverse(POST)).content.decode()
    assert [enter.client.get(pages[0]).status_code, enter.client.post(pages[1]).status_code] == [404, 404]
    enter.client.force_login(staff("Nina Nobody"))
    assert enter.client.get(reverse(POST)).status_code == 404


def test_a_letter_entered_late_says_why(enter):
    html = enter("letter", arrived_on="2026-11-20").content.decode()
    assert "Please say why." in html
    assert "They never called." in html
    enter("letter", arrived_on="2026-11-20", late_entry_reason="It lay at the reception.")
    complaint = Complaint.objects.get()
    assert complaint.late_entry_reason == "It lay at the reception."
    assert complaint.deadlines.get(step="acknowledge").due_at < NOW


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"arrived_on": "2026-11-24"}, id="tomorrow"),
        pytest.param({"arrived_on": ""}, id="no day"),
        pytest.param({"arrived_on": "2026-11-23", "postal_address": ""}, id="no address"),
        pytest.param({"arrived_on": "2026-11-23", "summary": ""}, id="nothing told"),
        pytest.param({"arrived_on": "2026-11-23", "client_email": "nobody@example.net"}, id="no such client"),
    ],
)
def test_what_is_not_whole_is_not_taken_and_not_lost(enter, given):
    html = enter("letter", **given).content.decode()
    assert "error-summary" in html
    assert "Carlo Verdi" in html
    assert not Complaint.objects.exists()


def test_the_scan_is_kept_while_something_else_is_wrong(enter):
    scan = SimpleUploadedFile("letter.pdf", samples.PDF)
    answer = enter("letter", arrived_on="", scan=scan)
    kept = answer.context["form"]["kept_scan"].value()
    assert "letter.pdf" in answer.content.decode()
    enter("letter", arrived_on="2026-11-23", kept_scan=kept)
    evidence = Complaint.objects.get().evidence.get()
    assert (evidence.is_scan, evidence.file.name) == (True, "letter.pdf")


def test_pressed_twice_it_is_one_complaint(enter):
    key = str(uuid4())
    for _time in range(2):
        enter("letter", arrived_on="2026-11-23", form_key=key)
    assert Complaint.objects.count() == 1


def test_a_mail_needs_its_hour(enter):
    assert "error-summary" in enter("mail", arrived_on="2026-11-23", email="carlo@example.net").content.decode()
    enter("mail", arrived_on="2026-11-23", arrived_clock="09:15", email="carlo@example.net")
    assert Complaint.objects.get().arrived_at == datetime(2026, 11, 23, 8, 15, tzinfo=UTC)


def test_the_form_for_somebody_who_cannot_is_read_back(enter):
    assert "Please read it back" in enter("assisted").content.decode()
    enter("assisted", read_back="on")
    complaint = Complaint.objects.get()
    assert (complaint.source, complaint.read_back, complaint.arrived_at) == ("assisted", True, NOW)


def test_a_client_is_found_by_the_address(enter):
    client = ClientFactory(email="carlo@meridian.example")
    enter("letter", arrived_on="2026-11-23", client_email="Carlo@meridian.example")
    assert Complaint.objects.get().client == client


def test_there_is_no_way_in_by_phone(enter):
    assert enter("phone").status_code == 200
    assert not Complaint.objects.exists()
    html = enter.client.get(reverse(ADD)).content.decode()
    assert "Somebody complains on the phone" in html


def test_that_a_caller_was_told_is_noted(enter, mario):
    enter.client.post(reverse("admin:complaints_complaint_caller"))
    entry = Entry.objects.get(verb="complaint.caller_told")
    assert entry.by_id == mario.pk


def test_nobody_without_the_right_enters_a_complaint(enter, staff):
    enter.client.force_login(staff("Nina Nobody"))
    assert enter("letter", arrived_on="2026-11-23").status_code == 403
