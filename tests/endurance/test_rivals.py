"""The storm on the production set-up: many want one slot, over HTTP, while workers are killed.

15,000 attempts and twelve kills of workers: ``make storm``.
"""

import itertools
import random
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from supportportal.outbox import claiming
from tests.fakes.smtp import fake_smtp
from tests.rehearsal.load import signed_in
from tests.rehearsal.stage import WORKERS, on_stage

RIVALS, ROUNDS, KILLS = 50, 300, 12
PATIENCE = 120  # seconds that a rival waits for the others
WEEKS = 4


@pytest.fixture
def smtp():
    with fake_smtp() as fake:
        fake.pace = 0.005  # so that a kill finds something in hand
        yield fake


@pytest.fixture
def stage(tmp_path, smtp):
    with on_stage(tmp_path, smtp, clients=RIVALS) as stage:
        yield stage


def slots(person, agents):
    """(agent, start) of everything that is offered, in a random order that every run repeats."""
    found, today = [], datetime.now(UTC).date()
    for agent, week in itertools.product(agents, range(WEEKS)):
        page = person.get(f"/book/quick/?agent={agent}&from={today + timedelta(days=7 * week)}")
        found += [(agent, start) for start in page.form_with("start").choices.get("start", ())]
    found = sorted(set(found))
    random.Random(1).shuffle(found)
    return found


@dataclass
class Rivals:
    """All press the button for the same slot at once, round after round."""

    people: list
    slots: list
    outcomes: list[Counter] = field(default_factory=list)  # of each round
    spent: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def run(self):
        self.outcomes = [Counter() for _slot in self.slots]
        self.barrier = threading.Barrier(len(self.people))
        crowd = [threading.Thread(target=self._rival, args=(person,)) for person in self.people]
        for one in crowd:
            one.start()
        return crowd

    def _rival(self, person):
        try:
            for number, (agent, start) in enumerate(self.slots):
                page = person.get(f"/book/quick/details/?agent={agent}&start={start}")
                self.barrier.wait(PATIENCE)
                began = time.perf_counter()
                page = person.submit(page, "topic", topic="The last one", terms="on")
                self.spent.append(time.perf_counter() - began)
                self.outcomes[number][self._outcome(page)] += 1
                self.barrier.wait(PATIENCE)
                if page.path.startswith("/sessions/"):
                    self._give_back(person, page)
        except Exception as error:  # a thread's fault has to reach the test
            self.faults.append(f"{type(error).__name__}: {error}")
            self.barrier.abort()

    @staticmethod
    def _outcome(page):
        if page.path.startswith("/sessions/"):
            return "won"
        return "taken" if "has just been taken" in page.text and page.status == 200 else f"{page.status} {page.path}"

    @staticmethod
    def _give_back(person, page):
        link = re.search(r'"(/s/[^"]+/cancel/)"', page.text).group(1)
        person.submit(person.get(link), "reason", reason="other")


def test_one_of_fifty_wins_each_round_whoever_is_killed(stage, smtp):
    people = [signed_in(stage, number) for number in range(RIVALS)]
    agents = [pk for (pk,) in stage.query("SELECT user_id FROM bookings_agent ORDER BY user_id")]
    rivals = Rivals(people, slots(people[0], agents)[:ROUNDS])
    assert len(rivals.slots) == ROUNDS
    crowd, kills = rivals.run(), 0
    while any(one.is_alive() for one in crowd):
        done = sum(1 for outcome in rivals.outcomes if outcome.total() == RIVALS)
        if kills < KILLS and done >= (kills + 1) * ROUNDS // (KILLS + 1):
            kills += 1
            stage.workers.pop(0).kill()
            stage.workers.append(stage.start("worker", WORKERS + kills))
        time.sleep(0.05)
    assert rivals.faults == []
    assert stage.errors("web") == []
    assert Counter(frozenset(outcome.items()) for outcome in rivals.outcomes) == {
        frozenset({("won", 1), ("taken", RIVALS - 1)}): ROUNDS
    }
    assert stage.query("SELECT count(*) FROM bookings_booking") == [(ROUNDS,)]
    sent, again = stage.wait_for_what_is_owed(smtp, seconds=300)
    assert kills == KILLS
    assert again <= KILLS * WORKERS * claiming.LARGEST
    ordered = sorted(1000 * one for one in rivals.spent)
    print(
        f"\n{len(ordered)} attempts of {RIVALS} rivals, {ROUNDS} sessions; p50 {ordered[len(ordered) // 2]:.0f} ms, "
        f"p99 {ordered[len(ordered) * 99 // 100]:.0f} ms; {kills} workers killed, {sent} mails, {again} of them again"
    )
