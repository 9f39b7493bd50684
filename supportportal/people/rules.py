"""The policy of access as plain values: no database, no settings, no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Policy:
    """Every number of the access rules; settings may override any of them (``PEOPLE_POLICY``)."""

    invitation_lasts: timedelta = timedelta(days=14)
    data_link_lasts: timedelta = timedelta(days=7)
    import_rows: int = 10_000
    import_bytes: int = 2 * 1024 * 1024


DEFAULT = Policy()


def invitation_ends(invited_at: datetime, policy: Policy = DEFAULT) -> datetime:
    return invited_at + policy.invitation_lasts


def invitation_is_open(invited_at: datetime | None, at: datetime, policy: Policy = DEFAULT) -> bool:
    """An invitation works up to the instant at which it ends, that instant excluded."""
    return invited_at is not None and at < invitation_ends(invited_at, policy)
