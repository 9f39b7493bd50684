"""What somebody began to report and is a complaint: the words and the client come along to its form (R-1a)."""

import pytest
from django.urls import reverse

from complaints.models import Complaint
from tests.factories import ClientFactory, FirmFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def firm():
    return FirmFactory()


@pytest.mark.parametrize(("channel", "title"), [("session", "The form, for somebody"), ("email", "An e-mail")])
def test_what_is_a_complaint_takes_the_words_and_the_client_along(client, channel, title):
    person = ClientFactory(name="Carla Conti", language="it")
    client.force_login(StaffFactory(roles=["agent"]))
    given = {"client": person.pk, "channel": channel, "words": "Three weeks without an answer.", "acceptable": "yes"}
    text = client.post(reverse("admin:conduct_incident_add"), given).content.decode()
    there = reverse("admin:complaints_complaint_add") + f"?source={'mail' if channel == 'email' else 'assisted'}"
    assert f'formaction="{there}"' in text
    entry = client.post(there, {**given, "carried": "1"})
    assert entry.status_code == 200 and title in entry.content.decode()
    form = entry.context["form"]
    assert not form.is_bound
    names = ["summary", "name", "email", "client_email", "language"]
    assert [form[name].value() for name in names] == [
        "Three weeks without an answer.",
        "Carla Conti",
        person.email,
        person.email,
        "it",
    ]
    assert not Complaint.objects.exists()


@pytest.mark.parametrize("pk", ["", "0", "x", "²", "9" * 30, "staff"])
def test_whom_it_is_about_is_taken_along_only_where_that_is_a_client(client, pk):
    agent = StaffFactory(roles=["agent"])
    client.force_login(agent)
    there = reverse("admin:complaints_complaint_add") + "?source=assisted"
    entry = client.post(there, {"client": agent.pk if pk == "staff" else pk, "words": "Late.", "carried": "1"})
    assert (entry.context["form"]["summary"].value(), entry.context["form"]["name"].value()) == ("Late.", None)
