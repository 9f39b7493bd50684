"""The policy of sessions as plain functions of values and times: no database, no settings, no clock."""

from .ladder import Standing, add_months, ladder, levels, review_until, standing
from .notice import PlannedReminder, free_until, is_free_to_change, notice, plan_reminders
from .numbers import DEFAULT, Policy, Reminder

__all__ = [
    "DEFAULT",
    "PlannedReminder",
    "Policy",
    "Reminder",
    "Standing",
    "add_months",
    "free_until",
    "is_free_to_change",
    "ladder",
    "levels",
    "notice",
    "plan_reminders",
    "review_until",
    "standing",
]
