"""A manager decides one incident, another approves where that is asked for (R-3, R-7b)."""

from datetime import timedelta

import pytest

from conduct.models import Incident, Measure
from conduct.operations import deciding
from supportportal.people.access import gate_is_open
from supportportal.people.models import Gate
from tests.factories import MONDAY_TEN, StaffFactory
from tests.factories_conduct import limited, make_incident, make_measure

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN


def test_thirty_days_are_taken_at_once():
    measure = make_measure(limited(AT, days=30))
    assert measure.state == Measure.State.TAKEN
    assert Incident.objects.get().state == Incident.State.DECIDED
    assert not gate_is_open(measure.incident.client, Gate.BOOKING, AT)
    assert gate_is_open(measure.incident.client, Gate.MAIL, AT)
    assert gate_is_open(measure.incident.client, Gate.BOOKING, AT + timedelta(days=30))


def test_more_than_thirty_days_wait_for_another_manager():
    measure = make_measure(limited(AT, days=31))
    assert measure.state == Measure.State.PROPOSED
    assert gate_is_open(measure.incident.client, Gate.BOOKING, AT)
    second = StaffFactory(roles=["manager"])
    deciding.approve(measure, by=second, at=AT + timedelta(hours=1), seen=None)
    measure.refresh_from_db()
    assert measure.state == Measure.State.TAKEN
    assert not gate_is_open(measure.incident.client, Gate.BOOKING, AT + timedelta(hours=1))


def test_a_warning_closes_nothing():
    incident = make_incident()
    measure = make_measure(deciding.Step(Measure.Kind.WARNING), incident=incident)
    assert measure.restriction is None
    assert all(gate_is_open(incident.client, gate, AT) for gate in Gate.values)
    assert "written warning" in measure.notice
