"""When to try again: growing pauses with some spread, never beyond the time a message is useful (N-3)."""

from datetime import datetime, timedelta

PAUSES = [
    timedelta(seconds=10),
    timedelta(seconds=30),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(hours=8),
]
SHORTEST = PAUSES[0]
SPREAD = 0.2  # of a pause, so that what failed together does not come back together


def next_try(
    attempts: int, at: datetime, useful_until: datetime | None = None, *, luck: float = 0.5, has_waited: bool = False
) -> datetime | None:
    """When the next attempt is due after ``attempts`` failed ones, or None if it is to be parked.

    ``has_waited``: for its sender's lease to end, which is pause enough. ``luck`` (0 to 1) places it within the spread.
    Towards ``useful_until`` the pauses shrink to half of what is left.
    """
    if attempts > len(PAUSES):
        return None
    pause = (SHORTEST if has_waited else PAUSES[max(attempts, 1) - 1]) * (1 + SPREAD * (2 * luck - 1))
    if useful_until is not None and at + pause >= useful_until:
        pause = (useful_until - at) / 2
        if pause < SHORTEST:
            return None
    return at + pause


def channel_pause(failures: int) -> timedelta:
    """How long a provider is left alone after ``failures`` in a row."""
    return PAUSES[min(max(failures, 1), 5) - 1]
