"""The policy of sessions as plain functions of values and times: no database, no settings, no clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Reminder:
    """One link of the reminder chain: sent ``before`` the start, useful until ``until`` before it (B-5, B-7)."""

    kind: str
    channel: str
    before: timedelta
    until: timedelta


@dataclass(frozen=True)
class Policy:
    """Every number of the session rules; settings may override any of them (``BOOKINGS_POLICY``)."""

    change_notice: timedelta = timedelta(hours=24)
    reminders: tuple[Reminder, ...] = (
        Reminder("reminder_2d", "email", timedelta(hours=48), timedelta(hours=24)),
        Reminder("reminder_24h", "email", timedelta(hours=24), timedelta(hours=1)),
        Reminder("reminder_1h", "email", timedelta(hours=1), timedelta(0)),
        Reminder("reminder_30m", "sms", timedelta(minutes=30), timedelta(0)),
    )
    business_days: frozenset[int] = frozenset({0, 1, 2, 3, 4})


DEFAULT = Policy()


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
