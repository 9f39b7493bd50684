"""What of incidents a client gets with the own data, and what stays with those it belongs to (R-6, R-8, R-10)."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from conduct.models import FollowUp
from conduct.operations import appeals, care, deciding, reporting
from supportportal.files.intake import accept
from supportportal.outbox import kinds
from supportportal.outbox import own_data as messages_own_data
from supportportal.outbox.models import Message
from tests.factories import MONDAY_TEN, ClientFactory, FirmFactory, StaffFactory
from tests.factories_conduct import SAID, limited, make_incident, make_measure
from tests.support.own_data import assert_asks_the_same, holds, opened, said

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN
LATER = AT + timedelta(hours=2)


@pytest.fixture
def person():
    FirmFactory()
    return ClientFactory(name="Carla Conti")


@pytest.fixture
def manager():
    return StaffFactory(roles=["manager"], name="Nadia Haddad")


def incidents_of(files):
    return said(files, "conduct", "incidents")


def test_what_was_reported_written_and_answered(person, manager):
    incident = make_incident(client=person, words="You are all idiots, Nadia Haddad.", files=[])
    reporting.ask_to_stop(incident, "Please stop.", by=incident.reporter, at=AT)
    paper = accept(SimpleUploadedFile("mine.txt", b"What I mean"), AT)
    reporting.hear(incident, "I was angry.", at=AT, files=[paper])
    incident.refresh_from_db()
    measure = make_measure(limited(AT), incident=incident, by=manager)
    appeals.lodge(measure, reasons="You never asked me.", at=LATER)
    files = opened(person, LATER)
    (one,) = incidents_of(files)
    assert (one["reference"], one["words"]) == (incident.reference, "You are all idiots, […].")
    assert one["stop_requests"][0]["text"] == "Please stop."
    assert one["answers"][0]["text"] == "I was angry."
    assert files[one["answers"][0]["files"][0]] == b"What I mean"
    (told,) = one["measures"]
    assert SAID["facts"] in told["notice"]
    assert told["appeal"][0]["reasons"] == "You never asked me."


def test_what_belongs_to_others_is_left_out(person, manager):
    hurt = StaffFactory(roles=["agent"], name="Elisa Conti")
    incident = make_incident(client=person, concerned=hurt, account="pangolin", effect="quokka")
    make_measure(limited(AT), incident=incident, by=manager, said={**SAID, "our_part": "numbat"})
    follow_up = care.take_on(FollowUp.objects.get(), by=manager, at=AT)
    care.note(follow_up, "wombat", by=manager, at=AT)
    files = opened(person, LATER)
    assert holds(files, incident.words)  # the control: it would be found
    for canary in ("pangolin", "quokka", "numbat", "wombat", hurt.name, manager.name, incident.reporter.name):
        assert holds(files, canary) == [], canary


@pytest.mark.parametrize("what", ["waits", "declined", "withdrawn"])
def test_a_proposal_that_was_not_taken_is_not_told(person, manager, what):
    measure = make_measure(limited(AT, days=90), incident=make_incident(client=person), by=manager)
    if what == "declined":
        other = StaffFactory(roles=["manager"])
        deciding.decline(measure, "Too long.", by=other, at=LATER, seen=None)
    if what == "withdrawn":
        deciding.withdraw(measure, by=manager, at=LATER, seen=None)
    (one,) = incidents_of(opened(person, LATER))
    assert one["measures"] == []


def test_nobody_gets_what_is_about_somebody_else(person, manager):
    colleague = ClientFactory(account=person.account)
    make_measure(limited(AT, whole_account=True), incident=make_incident(client=colleague), by=manager)
    assert incidents_of(opened(person, LATER)) == []


def test_it_asks_the_same_for_one_and_for_thirty(person, manager):
    def make(count):
        for _number in range(count):
            incident = make_incident(client=person)
            reporting.ask_to_stop(incident, "Please stop.", by=incident.reporter, at=AT)
            incident.refresh_from_db()
            appeals.lodge(make_measure(limited(AT), incident=incident, by=manager), reasons="No.", at=LATER)

    assert_asks_the_same(person, make, LATER)


OF_CLIENTS = {
    *("stop_request", "notice", "stop", "stop_ended", "lifted", "colleague", "colleague_open", "ended"),
    *("appeal_received", "appeal_decided", "suspended", "reply_kept"),
}
OF_STAFF = {
    *("approval_asked", "approval_late", "review_due", "care_due"),
    *("appeal_asked", "appeals_due", "suspended_staff", "appointed"),
}


def test_what_went_to_staff_is_not_a_former_colleagues_own():
    """A new kind of mail has to be put on one side or the other here."""
    ours = {one.code.removeprefix("conduct_"): one for one in kinds.all_kinds() if one.code.startswith("conduct_")}
    assert set(ours) == OF_CLIENTS | OF_STAFF
    assert {name for name, one in ours.items() if one.code in messages_own_data._to_staff} == OF_STAFF


def test_a_mail_to_a_reviewer_is_not_in_the_archive(person):
    for kind in ("conduct_appeal_asked", "conduct_notice"):
        about = {"recipient": person, "subject_id": 1, "due_at": AT, "try_at": AT, "created_at": AT}
        Message.objects.create(kind=kind, key=kind, text=f"About {kind}.", **about)
    files = opened(person, LATER)
    assert holds(files, "About conduct_notice.")  # the control
    assert not holds(files, "About conduct_appeal_asked.")
