"""The demo's incidents: right at any hour, made anew each time, and nothing of the past owed."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from django.test import override_settings
from django.urls import reverse

from conduct import demo
from conduct.models import Appeal, EmergencyStop, FollowUp, Incident, Measure
from conduct.operations import watching
from supportportal.demo import builders, doors
from supportportal.outbox.models import Message
from supportportal.people.access import gate_is_open
from supportportal.people.models import Gate, Restriction, User

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)
INSTANTS = {
    "Sunday at three in the morning": datetime(2026, 11, 22, 2, tzinfo=UTC),
    "New Year's Eve": datetime(2026, 12, 31, 22, 40, tzinfo=UTC),
    "the night of the clock change": datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    "just after midnight": datetime(2026, 11, 23, 23, 3, tzinfo=UTC),
}


@pytest.fixture
def made(settings):
    def made(at):
        settings.DEMO = True
        with time_machine.travel(at, tick=False):
            builders.bring_to(at)

    return made


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


@pytest.mark.parametrize("at", INSTANTS.values(), ids=INSTANTS)
def test_it_is_whole_at_any_hour(made, at):
    made(at)
    _require_whole(at)


def test_and_at_noon(shown):
    _require_whole(NOON)


def _require_whole(at):
    _require_one_of_each(at)
    _require_nothing_ahead(at)


def _require_one_of_each(at):
    assert Incident.objects.open().count() == 3  # to decide, to approve, contact stopped
    assert Measure.objects.get(state=Measure.State.PROPOSED).decided_by == person("manager@demo.example")
    assert EmergencyStop.objects.get().until > at
    assert Appeal.objects.filter(outcome="").count() == 1
    assert set(Appeal.objects.exclude(outcome="").values_list("outcome", flat=True)) == {"quashed", "upheld"}
    assert Measure.objects.in_force(at).count() == 2
    waiting = FollowUp.objects.waiting()
    assert {one.person.email for one in waiting} == {"agent@demo.example", "sofie@meridian.example"}
    assert FollowUp.objects.open().get(manager__isnull=False).manager == person("manager2@demo.example")
    to_decide = Incident.objects.get(client__email="bruno@studiomoretti.example", state=Incident.State.OPEN)
    assert to_decide.stop_requests.exists()
    assert to_decide.answers.exists()


def _require_nothing_ahead(at):
    assert not Incident.objects.filter(reported_at__gt=at).exists()
    assert not Measure.objects.filter(decided_at__gt=at).exists()
    assert not FollowUp.objects.filter(closed_at__gt=at).exists()
    assert not Appeal.objects.filter(decided_at__gt=at).exists()
    ours = Message.objects.filter(kind__startswith="conduct_")
    assert ours.exists()
    assert not ours.filter(state__in=[*Message.UNSENT, *Message.AT_RISK]).exists()
    assert not ours.filter(due_at__gt=at).exists()
    assert watching.sweep(at) == 0


def test_there_are_decisions_to_compare_with(shown):
    incident = Incident.objects.get(client__email="bruno@studiomoretti.example", state=Incident.State.OPEN)
    taken = Measure.objects.filter(taken_at__isnull=False).exclude(incident=incident)
    assert taken.count() >= 8
    assert set(taken.values_list("assessment__severity", flat=True)) == {1, 2, 3}
    assert Incident.objects.filter(client=incident.client).exclude(pk=incident.pk).count() == 2


def test_who_is_restricted(shown):
    restricted = person("restricted@demo.example")
    assert not gate_is_open(restricted, Gate.BOOKING, NOON)
    assert gate_is_open(restricted, Gate.MAIL, NOON)
    for address in ("client@demo.example", "late@demo.example", "twice@demo.example"):
        assert all(gate_is_open(person(address), gate, NOON) for gate in Gate.values)


def test_made_anew_it_is_the_same_again(shown, made):
    counted = [model.objects.count() for model in (Incident, Measure, Appeal, FollowUp, Restriction)]
    made(NOON + timedelta(days=1))
    assert [model.objects.count() for model in (Incident, Measure, Appeal, FollowUp, Restriction)] == counted


def test_what_a_visitor_did_is_cleared(shown):
    account = person("restricted@demo.example").account
    measure = Measure.objects.get(incident__client__email="restricted@demo.example")
    Measure.objects.filter(pk=measure.pk).update(subscription_before="active")
    account.subscription = "ended"
    account.save(update_fields=["subscription"])
    demo.clear()
    account.refresh_from_db()
    assert account.subscription == "active"
    assert not Restriction.objects.exists()


@pytest.mark.parametrize("door", demo.DOORS, ids=lambda door: door.sign_in_as)
def test_a_door_leads_to_it(shown, client, settings, door):
    settings.DEMO = True
    assert door in doors.all_doors()
    with time_machine.travel(NOON, tick=False):
        there = door.find() if door.find else reverse(door.url)
        assert there
        sent = {"person": door.sign_in_as, "next": there}
        answer = client.post("/demo/sign-in-as/", sent, follow=True)
    assert answer.status_code == 200
    expected = {"manager2@demo.example": "Bruno Sala", "senior@demo.example": "Sander Mol"}
    assert expected.get(door.sign_in_as, "closed to you") in answer.content.decode()
