"""When an agent may record what became of a session, and when its client can speak up (B-12, B-14, B-19)."""

from datetime import datetime, timedelta

from .numbers import DEFAULT, Policy


def door_opens(starts_at: datetime, policy: Policy = DEFAULT) -> datetime:
    """From when the client can say "I'm running late" on the session's own page."""
    return starts_at - policy.door


def absent_from(starts_at: datetime, late_until: datetime | None, policy: Policy = DEFAULT) -> datetime:
    """The first instant at which a client counts as absent: ten minutes in, later if "running late" was said."""
    return max(starts_at + policy.absent_after, late_until or starts_at)


def late_until(starts_at: datetime, policy: Policy = DEFAULT) -> datetime:
    """How far "running late" moves the tolerance, once."""
    return starts_at + policy.absent_after + policy.running_late


def may_run_late(starts_at: datetime, at: datetime, policy: Policy = DEFAULT) -> bool:
    """Whether "running late" still helps: until the tolerance is over."""
    return door_opens(starts_at, policy) <= at <= absent_from(starts_at, None, policy)


def interrupted_after(dropped_at: datetime, policy: Policy = DEFAULT) -> datetime:
    """The instant *after* which a session may be ended as interrupted; at it, exactly five minutes, not yet."""
    return dropped_at + policy.interrupted_after


def may_interrupt(dropped_at: datetime | None, at: datetime, policy: Policy = DEFAULT) -> bool:
    return dropped_at is not None and at > interrupted_after(dropped_at, policy)


def undo_until(outcome_at: datetime, policy: Policy = DEFAULT) -> datetime:
    """The last instant at which an outcome can be undone without a reason."""
    return outcome_at + policy.outcome_undo


def is_open_outcome(ends_at: datetime, at: datetime, policy: Policy = DEFAULT) -> bool:
    """Whether a session without an outcome belongs on the list of open outcomes: an hour after its end."""
    return ends_at <= open_outcomes_before(at, policy)


def open_outcomes_before(at: datetime, policy: Policy = DEFAULT) -> datetime:
    """Sessions that ended at this instant or earlier are on the list of open outcomes."""
    return at - policy.outcome_overdue


def feedback_until(given_at: datetime, policy: Policy = DEFAULT) -> datetime:
    """Until when what was said can be changed by the same link."""
    return given_at + timedelta(days=policy.feedback_days)
