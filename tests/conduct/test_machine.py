"""Any order of what an incident can go through leaves what a naive model says (R-2 to R-7b).

``STORM=full`` plays many more histories, others each time; the ordinary run plays the same ones every time.
"""

import os
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conduct.machine.machine import Machine
from tests.conduct.machine.model import Staff
from tests.factories import AccountFactory, ClientFactory, FirmFactory, StaffFactory

FULL = os.environ.get("STORM") == "full"
ROLES = [["agent"], ["manager"], ["manager"], ["manager"], ["duty manager"], ["senior manager"]]

histories = settings(
    max_examples=2000 if FULL else 8,
    stateful_step_count=40,
    derandomize=not FULL,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
    phases=[Phase.generate],
)
first_fault = settings(
    histories, max_examples=60, phases=[Phase.generate], derandomize=True, report_multiple_bugs=False
)


@pytest.fixture
def scene(db):
    FirmFactory()
    first, second = AccountFactory.create_batch(2)
    rows = [StaffFactory(roles=roles, name=f"Staff {number}") for number, roles in enumerate(ROLES)]
    return SimpleNamespace(
        clients=[ClientFactory(account=account) for account in (first, first, second)],
        staff=[Staff(row.name, frozenset(roles)) for row, roles in zip(rows, ROLES, strict=True)],
        rows={row.name: row for row in rows},
    )


def play(scene, how: settings) -> None:
    Machine.scene = scene
    run_state_machine_as_test(Machine, settings=how)


@pytest.mark.history
@pytest.mark.timeout(6 * 3600 if FULL else 900)
def test_any_order_of_things_leaves_what_a_naive_model_says(scene):
    play(scene, histories)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("what", "instead"),
    [
        pytest.param("rules.second_needed", lambda *args, **kwargs: [], id="one manager decides all"),
        pytest.param("operations.deciding.require_decider", lambda *args: None, id="anybody decides"),
        pytest.param("operations.effects.end_restriction", lambda *args, **kwargs: None, id="nothing ends early"),
        pytest.param("rules.ends_at", lambda until, review_on, zone: until, id="nothing lapses at its review"),
    ],
)
def test_the_model_notices_where(scene, monkeypatch, what, instead):
    monkeypatch.setattr(f"conduct.{what}", instead)
    with pytest.raises(AssertionError):
        play(scene, first_fault)
