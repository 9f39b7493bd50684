"""What staff see of restrictions in the admin: whom, what, until when; never what the client was told (R-10)."""

import pytest
from django.urls import reverse

from supportportal.people.models import Gate
from tests.factories import MONDAY_TEN, ClientFactory, FirmFactory, RestrictionFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["changelist", "change"], ids=["list", "one"])
def test_an_agent_reads_whom_what_and_until_and_not_the_notice(client, kind):
    FirmFactory()
    person = ClientFactory(name="Carla Conti")
    row = RestrictionFactory(user=person, gates=[Gate.CALLBACK], starts_at=MONDAY_TEN, notice="Because of quokkas.")
    client.force_login(StaffFactory(roles=["agent"]))
    there = reverse(f"admin:people_restriction_{kind}", args=[row.pk] if kind == "change" else [])
    text = client.get(there).content.decode()
    assert "Carla Conti" in text and "Phone callbacks" in text
    assert "quokkas" not in text
