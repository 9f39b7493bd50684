"""Notice and reminders (B-5 to B-7, B-10)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .numbers import DEFAULT, Policy


@dataclass(frozen=True)
class PlannedReminder:
    kind: str
    channel: str
    due_at: datetime
    useful_until: datetime


def notice(starts_at: datetime, at: datetime) -> timedelta:
    """Elapsed time from the client's action to the start; negative once it has begun."""
    return starts_at.astimezone(UTC) - at.astimezone(UTC)


def is_free_to_change(starts_at: datetime, at: datetime, policy: Policy = DEFAULT) -> bool:
    """Changing is free up to and including 24 elapsed hours before the start (B-10)."""
    return notice(starts_at, at) >= policy.change_notice


def free_until(starts_at: datetime, policy: Policy = DEFAULT) -> datetime:
    """The last instant at which changing is free, in UTC (B-4)."""
    return starts_at.astimezone(UTC) - policy.change_notice


def plan_reminders(starts_at: datetime, agreed_at: datetime, policy: Policy = DEFAULT) -> Iterator[PlannedReminder]:
    """The reminders owed for a session agreed on at ``agreed_at`` (booked, or moved to this start).

    None for a time that was already past then (B-6); each is useful until the next one of the chain is due (B-7).
    """
    start = starts_at.astimezone(UTC)
    for reminder in policy.reminders:
        due_at = start - reminder.before
        if due_at >= agreed_at.astimezone(UTC):
            yield PlannedReminder(reminder.kind, reminder.channel, due_at, start - reminder.until)
