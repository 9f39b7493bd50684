"""The demo's complaints: in every state at any hour, nothing of the past owed, and hidden from whom they are about."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from django.test import override_settings
from django.urls import reverse

from complaints.models import Complaint, Deadline, Letter, NamedStaff, OmbudsmanScheme, Referral, Remedy, Statement
from complaints.operations import ombudsman, watching
from supportportal.demo import builders, doors
from supportportal.outbox.models import Message
from supportportal.people.models import User

pytestmark = pytest.mark.django_db
State, Step = Complaint.State, Deadline.Step
OURS = ["complaint_letter", "statement_asked", "deadline_digest"]
AGENT, MANAGER, SENIOR = "agent@demo.example", "manager@demo.example", "senior@demo.example"
NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)
INSTANTS = {
    "Sunday at three in the morning": datetime(2026, 11, 22, 2, tzinfo=UTC),
    "New Year's Eve": datetime(2026, 12, 31, 22, 40, tzinfo=UTC),
    "the night of the clock change": datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
}


@pytest.fixture
def demo(settings):
    def demo(at: datetime) -> None:
        settings.DEMO = True
        with time_machine.travel(at, tick=False):
            builders.bring_to(at)

    return demo


@pytest.fixture(scope="module")
def shown(django_db_setup, django_db_blocker):
    """The demo of a Tuesday noon, built once for the tests that only look at it."""
    with django_db_blocker.unblock(), override_settings(DEMO=True), transaction.atomic():
        with time_machine.travel(NOON, tick=False):
            builders.bring_to(NOON)
        yield
        transaction.set_rollback(True)


def person(address):
    return User.objects.get(email=address)


def running(step):
    return Deadline.objects.running().filter(step=step)


@pytest.mark.parametrize("at", INSTANTS.values(), ids=INSTANTS)
def test_forty_complaints_in_every_state_and_nothing_of_the_past_is_owed(demo, at):
    demo(at)
    _require_whole(at)


def test_and_at_noon(shown, at):
    _require_whole(at)


def _require_whole(at):
    assert Complaint.objects.count() == 40
    assert set(Complaint.objects.values_list("state", flat=True)) == set(State.values)
    assert set(Complaint.objects.values_list("language", flat=True)) == {"en", "it", "nl"}
    for step in (Step.ACKNOWLEDGE, Step.UPDATE, Step.RESPOND):
        assert running(step).filter(due_at__lt=at).exists(), step
        assert running(step).filter(due_at__gt=at).exists(), step
    assert not Deadline.objects.exclude(fault="").exists()
    assert not Deadline.objects.filter(met_at__gt=at).exists()
    assert not Letter.objects.filter(gone_at__gt=at).exists()
    assert not Message.objects.filter(kind__in=OURS, state__in=[*Message.UNSENT, *Message.AT_RISK]).exists()
    assert watching.sweep(at) == 0
    assert ombudsman.send_due(at) == 0


def test_on_a_working_day_something_of_each_step_is_due_today(shown, at):
    midnight = datetime(2026, 11, 24, 23, tzinfo=UTC)
    for step in (Step.ACKNOWLEDGE, Step.UPDATE, Step.RESPOND):
        assert running(step).filter(due_at__gt=at, due_at__lte=midnight).exists(), step


def test_what_there_is_to_see(shown, at):
    assert Letter.objects.filter(way="post", state="leaving").count() == 3
    assert Letter.objects.get(state="failed").replacements.get().way == "post"
    assert set(Letter.objects.filter(state="draft").values_list("kind", flat=True)) == {"update", "response"}
    assert Complaint.objects.filter(source="assisted", read_back=True).exists()
    assert Complaint.objects.get(evidence__is_scan=True).source == "letter"
    assert set(Complaint.objects.exclude(outcome="").values_list("outcome", flat=True)) == set(Complaint.Outcome.values)
    assert {remedy.done_at is None for remedy in Remedy.objects.all()} == {True, False}
    assert Complaint.objects.filter(reviewer=None, state=State.OPEN).count() > 5
    assert Complaint.objects.filter(reviewer=person(SENIOR), state=State.OPEN).count() >= 3
    appealed = Complaint.objects.filter(state=State.APPEALED)
    assert {one.appeal.reviewer is None for one in appealed} == {True, False}
    assert Referral.objects.get().complaint.letters.filter(kind="ombudsman", state="gone").exists()
    assert OmbudsmanScheme.on(at.date()).weeks == 6
    assert not Deadline.objects.filter(step=Step.OMBUDSMAN, outcome="late").exists()


def test_no_name_stands_in_a_complaint_by_chance(shown, at):
    barring = NamedStaff.objects.barring().values_list("complaint__name", "person__name")
    assert sorted(barring) == [
        ("Caspar Dekker", "Nadia Haddad"),
        ("Marco Bassi", "Luca Marchetti"),
        ("Ornella Villa", "Daan Vos"),
        ("Robin Ashdown", "Elisa Conti"),
    ]


def test_the_complaint_about_the_demos_agent_is_for_seniors_alone(shown, at, client):
    case = NamedStaff.objects.get(part="about", person=person(AGENT)).complaint
    seen = {
        address: Complaint.objects.visible_to(person(address)).filter(pk=case.pk).exists()
        for address in (AGENT, MANAGER, SENIOR, "senior2@demo.example")
    }
    assert seen == {AGENT: False, MANAGER: False, SENIOR: True, "senior2@demo.example": True}
    assert not Complaint.objects.visible_to(person(AGENT)).exists()
    asked = Statement.objects.open_for(person(AGENT)).get()
    with time_machine.travel(at, tick=False):
        client.force_login(person(AGENT))
        text = client.get(reverse("admin:complaints_statement", args=[asked.pk])).content.decode()
    assert "spoke over me" in text
    assert case.reference not in text
    assert case.name not in text


def test_one_is_about_the_demos_manager_who_does_not_see_it(shown, at):
    case = NamedStaff.objects.get(part="about", person=person(MANAGER)).complaint
    assert not Complaint.objects.visible_to(person(MANAGER)).filter(pk=case.pk).exists()
    assert Complaint.objects.visible_to(person(SENIOR)).filter(pk=case.pk).exists()


def test_made_anew_they_are_forty_again(shown, demo, at):
    before = set(Complaint.objects.values_list("pk", flat=True))
    schemes = list(OmbudsmanScheme.objects.values_list("pk", "applies_from").order_by("pk"))
    demo(at + timedelta(days=1))
    assert Complaint.objects.count() == 40
    assert not before & set(Complaint.objects.values_list("pk", flat=True))
    assert list(OmbudsmanScheme.objects.values_list("pk", "applies_from").order_by("pk")) == schemes
    assert Message.objects.filter(kind="complaint_letter", created_at__gt=at + timedelta(days=1)).count() == 0


@pytest.mark.parametrize(
    ("url", "who"),
    [("admin:complaints_complaint_changelist", SENIOR), ("complaints:complain", "")],
    ids=["the board", "the form"],
)
def test_a_door_leads_to_it(shown, at, client, url, who):
    door = next(door for door in doors.all_doors() if door.url == url)
    assert door.sign_in_as == who
    with time_machine.travel(at, tick=False):
        sent = {"person": who, "next": reverse(url)} if who else {}
        answer = client.post("/demo/sign-in-as/", sent, follow=True) if who else client.get(reverse(url))
        assert answer.status_code == 200


def test_a_new_complaint_is_acknowledged_as_ever(shown, at, client):
    with time_machine.travel(at, tick=False):
        sent = {"summary": "It stops.", "name": "Anna", "email": "anna@new.example", "country": "IT"}
        assert client.post(reverse("complaints:complain"), sent).status_code == 302
    owed = Message.objects.get(address="anna@new.example")
    assert (owed.kind, owed.state, owed.due_at) == ("complaint_letter", Message.State.PLANNED, at)
