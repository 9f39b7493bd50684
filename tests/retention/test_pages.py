"""The pages of owners and superusers: what is due, legal holds, anonymising; and what pages show of what has gone."""

import pytest
import time_machine
from django.urls import reverse

from bookings.models import Booking, Callback
from complaints.models import Complaint
from conduct.models import Incident, Measure
from supportportal.outbox.models import Inbound, Message
from supportportal.people.models import User
from supportportal.retention import operations
from supportportal.retention.models import LegalHold
from tests.factories import ClientFactory, FirmFactory, StaffFactory

from .someone import NOW, someone

pytestmark = pytest.mark.django_db
DUE = "/admin/retention/legalhold/due/"


@pytest.fixture
def owner():
    FirmFactory()
    return StaffFactory(roles=["owner"], name="Olga Owner")


@pytest.fixture
def desk(client, owner):
    with time_machine.travel(NOW, tick=False):
        client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
        yield client


def page(name, person):
    return reverse(f"admin:retention_legalhold_{name}", args=[person.pk])


def test_the_owner_sees_what_is_due(desk, settings):
    settings.RETENTION = {"surveys": 365}
    shown = desk.get(DUE).content.decode()
    assert "365 days" in shown and shown.count("for ever") >= 8 and "data-row" in shown


@pytest.mark.parametrize("role", ["agent", "manager", "senior manager", "deputy"])
def test_nobody_else_reaches_any_of_it(client, owner, role):
    person = ClientFactory()
    client.force_login(StaffFactory(roles=[role]), backend="django.contrib.auth.backends.ModelBackend")
    for there in (DUE, page("person", person), page("anonymise", person)):
        assert (client.get(there).status_code, client.post(there, {"press": "place"}).status_code) in (
            (403, 403),
            (403, 405),
        )
    assert client.get("/admin/retention/legalhold/").status_code == 403
    shown = client.get(reverse("admin:people_user_change", args=[person.pk])).content.decode()
    assert "anonymise" not in shown.lower() and "legal hold" not in shown.lower()


def test_a_hold_is_placed_and_lifted_on_the_persons_page(desk, owner):
    person = ClientFactory()
    shown = desk.get(reverse("admin:people_user_change", args=[person.pk])).content.decode()
    assert page("person", person) in shown and page("anonymise", person) in shown
    there = page("person", person)
    assert desk.post(there, {"press": "place", "reason": " "}).status_code == 200
    assert not LegalHold.objects.exists()
    assert desk.post(there, {"press": "place", "reason": "A claim"}).status_code == 302
    assert (LegalHold.objects.get().reason, LegalHold.objects.get().placed_by) == ("A claim", owner)
    assert "A claim" in desk.get(there).content.decode()
    assert "A claim" in desk.get("/admin/retention/legalhold/").content.decode()
    assert desk.get(f"/admin/retention/legalhold/{LegalHold.objects.get().pk}/change/").status_code == 200
    assert "already" in desk.post(there, {"press": "place", "reason": "x"}).content.decode()
    assert desk.post(there, {"press": "lift"}).status_code == 302
    assert LegalHold.objects.get().lifted_at == NOW


def test_a_client_is_anonymised_by_a_press_and_not_by_looking(desk):
    person = ClientFactory(name="Carla Conti")
    there = page("anonymise", person)
    assert "Anonymise for good" in desk.get(there).content.decode()
    assert User.objects.get(pk=person.pk).name == "Carla Conti"
    assert desk.post(there).status_code == 302
    assert User.objects.get(pk=person.pk).name == f"Anonymised client {person.pk}"
    assert "already" in desk.get(there).content.decode()


def test_what_stands_against_it_is_said_and_nothing_is_offered(desk, owner):
    person = ClientFactory()
    operations.place_hold(person, "x", by=owner, at=NOW)
    there = page("anonymise", person)
    for shown in (desk.get(there), desk.post(there)):
        text = shown.content.decode()
        assert "A legal hold keeps everything" in text and "Anonymise for good" not in text


def test_pages_of_what_has_gone_still_open(desk, owner):
    person = someone()
    owner.is_superuser = True
    owner.save()
    operations.forget_person(person, by=owner, at=NOW)
    models = (Booking, Callback, Complaint, Incident, Inbound)
    rows = [User.objects.get(pk=person.pk), *(model.objects.first() for model in models)]
    kinds = ("complaint_letter", "booking_confirmed", "sign_in_code", "conduct_notice")
    rows += [Message.objects.filter(kind=kind).first() for kind in kinds]
    there = [reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk]) for row in rows]
    there += [reverse("admin:conduct_measure_lift", args=[one.pk]) for one in Measure.objects.all()]
    there += [reverse("admin:complaints_complaint_reports"), reverse("admin:conduct_incident_consistency")]
    assert [(one, status) for one in there if (status := desk.get(one).status_code) != 200] == []
