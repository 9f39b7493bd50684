"""The pages on which managers assess, decide and approve (R-2, R-3, R-5, R-7)."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils.html import escape

from conduct.models import Assessment, Incident, Measure
from conduct.operations import deciding
from conduct.rules import Grounds
from supportportal.people.models import Gate
from tests.factories import MONDAY_TEN, ClientFactory, FirmFactory, StaffFactory
from tests.factories_conduct import limited, make_incident, make_measure

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN
Kind, State = Measure.Kind, Measure.State


@pytest.fixture(autouse=True)
def monday():
    FirmFactory()
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def manager(client):
    manager = StaffFactory(roles=["manager"], name="Mara Manager")
    client.force_login(manager)
    return manager


def address(incident, page="conduct_incident_decide"):
    return reverse(f"admin:{page}", args=[incident.pk])


def typed(incident, kind=Kind.WARNING, press="preview", **fields):
    """What the form holds when a manager presses; a restriction of a week unless said otherwise."""
    said = {part.value: f"About {part.value}." for part in Grounds}
    step = {"until": "2026-11-29", "gates": [Gate.BOOKING]} if kind in (Kind.LIMITED, Kind.CORRESPONDENCE) else {}
    common = {"finding": "founded", "severity": "2", "kind": kind, "seen": incident.version, "press": press}
    return {**common, **said, **step, **fields}


def confirmed(client, url, given):
    """Press through the preview, as it is shown."""
    shown = client.post(url, given).context["shown"]
    return client.post(url, {**given, "press": "decide", "shown": shown.key})


def test_a_warning_is_previewed_and_then_decided(client, manager):
    incident = make_incident()
    url = address(incident)
    form = client.get(url)
    assert escape("You are all idiots.") in form.content.decode()
    preview = client.post(url, typed(incident))
    assert "written warning" in preview.content.decode().lower()
    assert Measure.objects.count() == Assessment.objects.count() == 0
    answer = confirmed(client, url, typed(incident))
    assert answer.status_code == 302
    measure = Measure.objects.get()
    assert (measure.state, measure.kind, measure.decided_by) == (State.TAKEN, Kind.WARNING, manager)
    assert Incident.objects.get().state == Incident.State.DECIDED
