"""A client whose plan grants a session type that one agent holds in office hours."""

from types import SimpleNamespace

import pytest


@pytest.fixture
def cast(db):
    from tests.factories import AgentFactory, ClientFactory, SessionTypeFactory  # models load after the settings

    client = ClientFactory(phone="+390612345678")
    session_type = SessionTypeFactory(plans=[client.account.plan])
    agent = AgentFactory(session_types=[session_type], office_hours=True)
    return SimpleNamespace(client=client, session_type=session_type, agent=agent)
