"""The busy times of a calendar file from outside, read by ``calendar_reader`` in a process that can be ended."""

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from supportportal.lattice import CELL_SECONDS, Window

READER = Path(__file__).with_name("calendar_reader.py")
SECONDS = 30
BYTES = 1024**3


class NotRead(Exception):
    """Its text says why, as a code of ``BusyCalendar.Problem``."""


def busy_cells(
    text: bytes, *, zone: str, begins: datetime, ends: datetime, own: str, seconds: int = SECONDS
) -> set[Window]:
    """The cells of the stretches in which it says busy; raises NotRead. See ``calendar_reader.busy_spans``."""
    asked = {
        "zone": zone,
        "begins": int(begins.timestamp()),
        "ends": int(ends.timestamp()),
        "own": own,
        "seconds": seconds,
        "bytes": BYTES,
    }
    # -I and an empty environment: neither our code nor our secrets are within its reach.
    command = [sys.executable, "-I", str(READER)]
    given = json.dumps(asked).encode() + b"\n" + text
    try:
        done = subprocess.run(command, input=given, capture_output=True, timeout=seconds, env={}, check=False)
    except subprocess.TimeoutExpired:
        raise NotRead("too_many") from None
    if done.returncode < 0:  # ended by a limit
        raise NotRead("too_many")
    if done.returncode:  # broken in a way that no one thought of; its traceback would quote private events
        raise NotRead("no_calendar")
    answer = json.loads(done.stdout)
    if "problem" in answer:
        raise NotRead(answer["problem"])
    return {(first // CELL_SECONDS, -(-end // CELL_SECONDS)) for first, end in answer["busy"]}
