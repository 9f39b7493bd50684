"""Heartbeats, left cheaply: a process keeps in memory what it has done, and writes it down now and then, at once.

A tick that fails leaves none, so one that fails each time goes stale like one that nobody takes.
"""

import logging
import threading
import time
from collections.abc import Mapping
from datetime import datetime

from django.db import Error

from .models import Heartbeat

logger = logging.getLogger(__name__)
WRITTEN_EVERY = 15.0  # seconds, for all kinds of ticks of a process together
BEAT = "beat"
BACKUP = "backup"


class Pulse:
    """What one process has done and not yet written down. Its threads may all call it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, datetime] = {}
        self._since: datetime | None = None
        self._written: float | None = None

    def beat(self, name: str, at: datetime) -> None:
        """``name`` was done to its end. Raises nothing: what was done stays done where it cannot be written down."""
        with self._lock:
            self._since = self._since or at
            self._seen[name] = at
            now = time.monotonic()  # which no change of the clock moves
            if self._written is not None and now - self._written < WRITTEN_EVERY:
                return
            self._written = now
            seen, self._seen = self._seen, {}
            since = self._since
        try:
            _write(seen, since)
        except Error as error:
            logger.warning("No heartbeat could be left, because the database refuses: %s", type(error).__name__)


def note(name: str, at: datetime) -> None:
    """Write one heartbeat at once: for what happens seldom, such as a backup."""
    _write({name: at}, at)


def _write(seen: Mapping[str, datetime], since: datetime) -> None:
    rows = [Heartbeat(name=name, at=at, since=since) for name, at in sorted(seen.items())]  # in one order everywhere
    Heartbeat.objects.bulk_create(rows, update_conflicts=True, unique_fields=["name"], update_fields=["at", "since"])
