"""The policy of sessions as plain functions of values and times: no database, no settings, no clock."""

from .notice import PlannedReminder, free_until, is_free_to_change, notice, plan_reminders
from .numbers import DEFAULT, Policy, Reminder

__all__ = [
    "DEFAULT",
    "PlannedReminder",
    "Policy",
    "Reminder",
    "free_until",
    "is_free_to_change",
    "notice",
    "plan_reminders",
]
