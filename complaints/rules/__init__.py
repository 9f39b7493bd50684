"""The complaint rules as plain functions of values and times."""

from .deadlines import (
    CountedDay,
    Due,
    Step,
    acknowledge_by,
    answer_appeal_by,
    arrival_of,
    day_ending,
    end_of,
    last_day,
    plan,
    refer_by,
    respond_by,
    update_by,
    walk,
)
from .numbers import DEFAULT, Policy

__all__ = [
    "DEFAULT",
    "CountedDay",
    "Due",
    "Policy",
    "Step",
    "acknowledge_by",
    "answer_appeal_by",
    "arrival_of",
    "day_ending",
    "end_of",
    "last_day",
    "plan",
    "refer_by",
    "respond_by",
    "update_by",
    "walk",
]
