"""Ill today on a phone: what is proposed, and one press."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from supportportal.lattice import cell_from, instant_at
from tests.factories import AgentFactory, BookingFactory, ClientFactory, SessionTypeFactory


@pytest.mark.parametrize("width", ["phone"], indirect=True)
def test_an_agent_falls_ill(page, sign_in, axe, width):
    client = ClientFactory(name="Giulia Ferri")
    session_type = SessionTypeFactory(plans=[client.account.plan])
    agent = AgentFactory(session_types=[session_type], user__name="Elisa Conti")
    AgentFactory(session_types=[session_type], office_hours=True, user__name="Daan Vos")
    soon = instant_at(cell_from(timezone.now() + timedelta(minutes=5)))
    booking = BookingFactory(client=client, agent=agent, session_type=session_type, starts=soon)
    sign_in(agent.user)

    page.goto("/admin/")
    page.get_by_role("link", name="I'm ill today").click()
    page.get_by_label("Until the end of a day").check()
    page.get_by_label("Last day away").fill((timezone.localdate(soon) + timedelta(days=1)).isoformat())
    page.get_by_role("button", name="Show the sessions").click()
    expect(page.get_by_role("heading", name=re.compile("Giulia Ferri"))).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    axe(page)
    booking.refresh_from_db()
    assert booking.version == 1

    page.get_by_role("button", name="Take time off and see to these sessions").click()
    expect(page.get_by_text("with Daan Vos")).to_be_visible()
    axe(page)
    page.get_by_role("link", name=re.compile("Somebody has to be called")).click()
    expect(page.get_by_role("button", name="Reached Giulia Ferri")).to_be_visible()
    axe(page)
    booking.refresh_from_db()
    assert booking.imposed_at is not None
