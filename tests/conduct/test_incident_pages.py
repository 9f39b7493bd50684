"""The list of incidents and the page of one: who sees what, the presses on it, files, and what a stale page keeps."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from complaints.models import Complaint, NamedStaff
from conduct.models import Category, EmergencyStop, Incident, Measure, StopRequest
from conduct.operations import deciding, reporting
from supportportal.files.intake import accept
from supportportal.outbox.models import Message
from supportportal.people import roles
from supportportal.trail.models import Entry
from supportportal.trail.visibility import visible_to
from tests.factories import MONDAY_TEN, ClientFactory, FirmFactory, StaffFactory
from tests.factories_complaints import ComplaintFactory
from tests.factories_conduct import limited, make_incident, make_measure

pytestmark = pytest.mark.django_db
NOW = MONDAY_TEN + timedelta(hours=1)
LIST = "admin:conduct_incident_changelist"


@pytest.fixture(autouse=True)
def now():
    FirmFactory()
    for app in ("conduct", "people", "bookings", "outbox"):
        roles.sync_after_migrate(apps.get_app_config(app), "default")
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def reporter():
    return StaffFactory(name="Mario Bianchi", roles=["agent"])


@pytest.fixture
def manager():
    return StaffFactory(name="Mark Olsen", roles=["manager"])


@pytest.fixture
def incident(reporter):
    return make_incident(client=ClientFactory(name="Carlo Verdi"), reporter=reporter, effect="I could not sleep.")


def address(incident):
    return reverse("admin:conduct_incident_change", args=[incident.pk])


@pytest.fixture
def page(client):
    """``page(by, incident)``: the page as ``by`` sees it."""

    def page(by, incident):
        client.force_login(by)
        answer = client.get(address(incident))
        assert answer.status_code == 200
        return answer.content.decode()

    return page


@pytest.fixture
def press(client):
    def press(by, incident, action, *, seen=None, **given):
        client.force_login(by)
        where = reverse("admin:conduct_incident_act", args=[incident.pk, action])
        return client.post(where, {"seen": incident.version if seen is None else seen, **given})

    return press


def test_a_manager_sees_everything(page, manager, incident):
    html = page(manager, incident)
    assert "You are all idiots." in html
    assert "I could not sleep." in html
    assert reverse("admin:conduct_incident_decide", args=[incident.pk]) in html
