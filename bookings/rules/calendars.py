"""When an agent's own calendar is read again, and when what was read is old."""

from datetime import datetime, timedelta

from .numbers import Policy


def read_calendar_after(failures: int, policy: Policy) -> timedelta:
    """The pause after so many failures in a row: it doubles from the second on, up to a limit."""
    doubled = policy.calendar_every * 2 ** min(max(failures - 1, 0), 16)
    return min(doubled, max(policy.calendar_pause, policy.calendar_every))


def calendar_is_old(known_at: datetime, at: datetime, policy: Policy) -> bool:
    """Whether so much time has passed that people have to be told."""
    return at - known_at >= policy.calendar_old
