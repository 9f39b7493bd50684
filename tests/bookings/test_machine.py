"""Any order of what a session can go through leaves what a naive model says (B-1 to B-15).

``STORM=full`` plays many more histories, others each time; the ordinary run plays the same ones every time.
"""

import os
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.bookings.machine.hands import BEGIN
from tests.bookings.machine.machine import Machine
from tests.bookings.machine.sending import senders
from tests.bookings.machine.things import Person

FULL = os.environ.get("STORM") == "full"
ZONES = ["Europe/Rome", "America/Los_Angeles", "Pacific/Auckland"]  # nine in Rome is midnight in the second

histories = settings(
    max_examples=3000 if FULL else 10,
    stateful_step_count=50,
    derandomize=not FULL,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
first_fault = settings(
    histories, max_examples=100, phases=[Phase.generate], derandomize=True, report_multiple_bugs=False
)


@pytest.fixture
def scene(db):
    from tests.factories import AccountFactory, AgentFactory, ClientFactory, SessionTypeFactory, StaffFactory

    account = AccountFactory()
    session_type = SessionTypeFactory(plans=[account.plan], minutes=60, buffer_after=5, horizon_days=366)
    agents = AgentFactory.create_batch(2, session_types=[session_type], office_hours=True)
    facts = [
        {"is_coordinator": True},
        {"phone": "+390612345678", "sms_consent_at": BEGIN},
        {"phone": "+390612345679"},
    ]
    clients = [ClientFactory(account=account, time_zone=zone, **rest) for zone, rest in zip(ZONES, facts, strict=True)]
    return SimpleNamespace(
        session_type=session_type,
        agents=agents,
        staff=StaffFactory(roles=["manager"]),
        rows={client.pk: client for client in clients},
        people=[Person(one.pk, one.zone, one.is_coordinator, one.sms_consent_at is not None) for one in clients],
    )


def play(scene, how: settings) -> None:
    with senders() as sender:
        Machine.scene, Machine.sender = scene, sender
        run_state_machine_as_test(Machine, settings=how)


@pytest.mark.history
@pytest.mark.timeout(6 * 3600 if FULL else 900)
def test_any_order_of_things_leaves_what_a_naive_model_says(scene):
    play(scene, histories)


@pytest.mark.parametrize(
    ("what", "instead"),
    [
        pytest.param("operations.holds.keep_for_undo", lambda *args, **kwargs: None, id="nothing is kept for an undo"),
        pytest.param("operations.fees.settle", lambda *args, **kwargs: None, id="fees stay as they are"),
        pytest.param("messages_ladder.untold", lambda strikes, at: [], id="nobody is told of a no-show"),
        pytest.param("operations.waiting._wants", lambda *args: True, id="who waits takes anything"),
    ],
)
def test_the_model_notices_where(scene, monkeypatch, what, instead):
    monkeypatch.setattr(f"bookings.{what}", instead)
    with pytest.raises(AssertionError):
        play(scene, first_fault)
