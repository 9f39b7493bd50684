"""The rules about abusive conduct as plain functions of values and times."""

from .measures import (
    FOR_A_WARNING,
    Grounds,
    Second,
    ends_at,
    first_review,
    last_day_to_appeal,
    midnight,
    missing_grounds,
    second_needed,
    stop_until,
)
from .numbers import DEFAULT, Policy

__all__ = [
    "DEFAULT",
    "FOR_A_WARNING",
    "Grounds",
    "Policy",
    "Second",
    "ends_at",
    "first_review",
    "last_day_to_appeal",
    "midnight",
    "missing_grounds",
    "second_needed",
    "stop_until",
]
