"""A steady load for half an hour: nothing fails, everything owed goes out, and memory stays flat.

``make soak``; ``SOAK_MINUTES`` makes it shorter or longer.
"""

import os
import statistics
import threading
import time
from pathlib import Path

import pytest

from tests.fakes.smtp import fake_smtp
from tests.rehearsal.load import Load, sign_in, visitor
from tests.rehearsal.stage import on_stage

MINUTES = float(os.environ.get("SOAK_MINUTES", "30"))
CLIENTS, PAUSE = 4, 2
EACH = 10  # seconds between two looks at the memory
GROWTH = 1.05  # of the last third's median over the middle third's: what is loaded once is loaded by then
STAFF_PAGES = [
    "/admin/",
    "/admin/bookings/booking/",
    "/admin/outbox/message/",
    "/admin/people/user/",
    "/admin/complaints/complaint/",
]


@pytest.fixture
def smtp():
    with fake_smtp() as fake:
        yield fake


@pytest.fixture
def stage(tmp_path, smtp):
    with on_stage(tmp_path, smtp, clients=CLIENTS, STAFF_MFA="false") as stage:
        yield stage


def memory_of(process):
    """Megabytes that the process and its children hold, shared pages counted once."""
    pids, total = [process.process.pid], 0
    for pid in pids:
        pids += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


def read_staff_pages(stage, ending, load):
    person = sign_in(visitor(stage, CLIENTS), "owner@firm.example")
    while not ending.is_set():
        for page in STAFF_PAGES:
            answer = person.get(page)
            load.requests += 1
            if answer.status != 200:
                load.faults.append(f"{answer.status} {page}")
            ending.wait(PAUSE)


def test_memory_stays_flat(stage, smtp):
    load = Load(stage, CLIENTS, pause=PAUSE, kept=0)
    reader = threading.Thread(target=read_staff_pages, args=(stage, load.ending, load))
    processes = [*stage.webs, *stage.workers, *stage.beats]
    seen = {process.name: [] for process in processes}
    crowd = [*load.run(), reader]
    reader.start()
    end = time.monotonic() + 60 * MINUTES
    try:
        while time.monotonic() < end and not load.faults:
            for process in processes:
                seen[process.name].append(memory_of(process))
            time.sleep(EACH)
    finally:
        load.ending.set()
        for one in crowd:
            one.join(60)
    assert load.faults == []
    assert stage.errors() == []
    assert load.troubles == []
    sent, again = stage.wait_for_what_is_owed(smtp)
    assert again == 0
    print(f"\n{MINUTES:g} minutes, {load.requests} requests, {len(load.booked)} sessions, {sent} mails")
    third = len(next(iter(seen.values()))) // 3
    growths = {}
    for name, sizes in seen.items():
        first, middle, last = (statistics.median(sizes[part * third : (part + 1) * third]) for part in range(3))
        growths[name] = last / middle
        print(f"{name}: {first:.1f}, {middle:.1f}, {last:.1f} MB in the three thirds")
    assert {name: round(growth, 3) for name, growth in growths.items() if growth > GROWTH} == {}
