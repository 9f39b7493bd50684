"""Reporting an incident from the staff's pages (R-1, R-1a)."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from conduct.models import FollowUp, Incident
from tests.factories import MONDAY_TEN, ClientFactory, FirmFactory, StaffFactory

pytestmark = pytest.mark.django_db
NOW = MONDAY_TEN + timedelta(hours=1)
ADD = "admin:conduct_incident_add"


@pytest.fixture(autouse=True)
def now():
    FirmFactory()
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def reporter():
    return StaffFactory(name="Mario Bianchi", roles=["agent"])


@pytest.fixture
def somebody():
    return ClientFactory(name="Carlo Verdi")


def told(client, by, **changed):
    """What the form sends: ``changed`` replaces or, with None, leaves out."""
    values = {
        "client": client.pk,
        "happened_at": "2026-11-23T11:30",
        "channel": "session",
        "categories": ["language", "threat"],
        "words": "You are all idiots.",
        "account": "He shouted.",
        "effect": "",
        "concerned": by.pk,
        "acceptable": "no",
        "form_key": str(uuid4()),
        **changed,
    }
    return {name: value for name, value in values.items() if value is not None}


@pytest.fixture
def report(client, reporter, somebody):
    client.force_login(reporter)

    def report(query="", **changed):
        return client.post(f"{reverse(ADD)}{query}", told(somebody, reporter, **changed))

    return report


def test_what_is_reported_is_an_incident_and_a_talk_is_owed(report, reporter, somebody):
    answer = report()
    incident = Incident.objects.get()
    assert answer.url == reverse("admin:conduct_incident_change", args=[incident.pk])
    assert (incident.client, incident.reporter, incident.concerned) == (somebody, reporter, reporter)
    assert incident.happened_at == datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
    assert incident.categories == ["language", "threat"]
    assert FollowUp.objects.get().person == reporter
