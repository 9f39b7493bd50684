"""The policy of sessions as plain functions of values and times: no database, no settings, no clock."""

from .calendars import calendar_is_old, read_calendar_after
from .ladder import Standing, add_months, bookable_from, ladder, levels, review_until, standing
from .notice import PlannedReminder, free_until, is_free_to_change, notice, plan_reminders
from .numbers import DEFAULT, Policy, Reminder
from .outcomes import (
    absent_from,
    door_opens,
    feedback_until,
    interrupted_after,
    is_open_outcome,
    late_until,
    may_interrupt,
    may_run_late,
    open_outcomes_before,
    undo_until,
)
from .surveys import is_survey_due, quarter_before, quarter_of

__all__ = [
    "DEFAULT",
    "PlannedReminder",
    "Policy",
    "Reminder",
    "Standing",
    "absent_from",
    "add_months",
    "bookable_from",
    "calendar_is_old",
    "door_opens",
    "feedback_until",
    "free_until",
    "interrupted_after",
    "is_free_to_change",
    "is_open_outcome",
    "is_survey_due",
    "ladder",
    "late_until",
    "levels",
    "may_interrupt",
    "may_run_late",
    "notice",
    "open_outcomes_before",
    "plan_reminders",
    "quarter_before",
    "quarter_of",
    "read_calendar_after",
    "review_until",
    "standing",
    "undo_until",
]
