"""That a second manager is needed because of an open complaint can be read nowhere (C-8)."""

import pytest
import time_machine
from django.apps import apps
from django.urls import reverse

from complaints.models import NamedStaff
from conduct.models import Measure
from conduct.rules import Grounds
from supportportal.people import roles
from supportportal.trail import operations as trail
from supportportal.trail.models import Entry
from tests.factories import MONDAY_TEN, ClientFactory, FirmFactory, StaffFactory
from tests.factories_complaints import ComplaintFactory
from tests.factories_conduct import limited, make_incident, make_measure

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN


@pytest.fixture(autouse=True)
def monday():
    FirmFactory()
    for app in ("conduct", "people", "trail"):
        roles.sync_after_migrate(apps.get_app_config(app), "default")
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def named(client):
    found = StaffFactory(roles=["manager"], name="Mark Named")
    client.force_login(found)
    return found


def incident_of_complainer(named):
    person = ClientFactory()
    ComplaintFactory(client=person).named.create(part=NamedStaff.Part.ABOUT, typed="Mark", person=named)
    return make_incident(client=person)


def page_of(client, entry):
    return client.get(reverse("admin:trail_entry_change", args=[entry.pk])).content.decode()


def test_the_trail_says_only_that_a_second_was_needed(client, named):
    make_measure(limited(AT, days=9), incident=incident_of_complainer(named))
    make_measure(limited(AT, days=9), incident=make_incident())
    waits, taken = Entry.objects.filter(verb="measure.decided").order_by("pk")
    assert (waits.facts["second"], taken.facts["second"]) == (True, False)
    assert "&quot;complaint&quot;" not in page_of(client, waits)


def test_entries_of_before_are_shown_without_the_reason(client, named):
    trail.record("measure.decided", make_incident(), by=None, at=AT, measure=7, second=["complaint"])
    entry = Entry.objects.get(verb="measure.decided")
    page = page_of(client, entry)
    assert "&quot;measure&quot;: 7" in page and "&quot;second&quot;: true" in page
    assert "&quot;complaint&quot;" not in page
    assert Entry.objects.get(pk=entry.pk).facts["second"] == ["complaint"]  # what was written stays


def previewed(client, incident, **fields):
    said = {part.value: "Something." for part in Grounds}
    given = {"finding": "founded", "severity": "2", "kind": Measure.Kind.WARNING, "seen": incident.version}
    url = reverse("admin:conduct_incident_decide", args=[incident.pk])
    return client.post(url, {**given, **said, "press": "preview", **fields})


def test_the_key_of_the_preview_tells_nothing(client, named):
    answer = previewed(client, incident_of_complainer(StaffFactory()))
    key = answer.context["shown"].key
    assert f'name="shown" value="{key}"' in answer.content.decode()
    assert len(key) == 64 and set(key) <= set("0123456789abcdef")


def test_what_would_follow_instead_has_another_key(client, named):
    incident = make_incident()
    before = previewed(client, incident).context["shown"].key
    assert previewed(client, incident).context["shown"].key == before
    ComplaintFactory(client=incident.client)
    assert previewed(client, incident).context["shown"].key != before


def test_a_decision_is_still_one_press_after_the_preview(client, named):
    incident = make_incident()
    key = previewed(client, incident).context["shown"].key
    previewed(client, incident, press="decide", shown=key)
    assert Measure.objects.get().state == Measure.State.TAKEN
