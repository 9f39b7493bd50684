"""What a measure needs, how long it lasts, and until when it can be appealed."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bookings.rules import add_months
from supportportal.businesstime import BusinessCalendar

from .numbers import Policy

WARNING, SUBSCRIPTION, AUTHORITIES, PERMANENT = "warning", "subscription", "authorities", "permanent"


class Second(StrEnum):
    """Why a second manager has to approve a measure."""

    LONG = "long"  # longer than a manager may decide alone, extensions counted from the first day
    PERMANENT = "permanent"
    SUBSCRIPTION = "subscription"
    AUTHORITIES = "authorities"
    COMPLAINT = "complaint"  # the client has an open complaint (R-7b)


class Grounds(StrEnum):
    """The parts of an assessment (R-3). A warning needs facts and reasons alone."""

    FACTS = "facts"
    WHOSE_WORDS = "whose_words"
    OUR_PART = "our_part"
    VULNERABILITY = "vulnerability"
    EARLIER_STEPS = "earlier_steps"
    PROPORTION = "proportion"
    STAYS_OPEN = "stays_open"
    REASONS = "reasons"


FOR_A_WARNING = (Grounds.FACTS, Grounds.REASONS)


def missing_grounds(kind: str, said: Mapping[str, str]) -> list[Grounds]:
    """The parts of the assessment that this step needs and that say nothing (R-3)."""
    needed = FOR_A_WARNING if kind == WARNING else tuple(Grounds)
    return [one for one in needed if not said.get(one, "").strip()]


def second_needed(
    kind: str, *, since: datetime, until: datetime | None, has_open_complaint: bool, policy: Policy
) -> list[Second]:
    """Why this step needs a second manager; empty where one alone may take it (R-3, R-7b).

    ``since`` is when the client was first restricted by what it extends, so that many short ones make a long one.
    """
    found = []
    if kind == PERMANENT:
        found.append(Second.PERMANENT)
    elif kind == SUBSCRIPTION:
        found.append(Second.SUBSCRIPTION)
    elif kind == AUTHORITIES:
        found.append(Second.AUTHORITIES)
    elif until is not None and until - since > timedelta(days=policy.alone_days):
        found.append(Second.LONG)
    if has_open_complaint:
        found.append(Second.COMPLAINT)
    return found


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, in UTC."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def ends_at(until: datetime | None, review_on: date | None, zone: ZoneInfo) -> datetime | None:
    """When a restriction ends by itself: at its end, or as soon as its review date begins, whichever comes first (R-7).

    Whoever keeps it beyond the review date extends it before; the review date is the first day without it.
    """
    lapses = midnight(review_on, zone) if review_on else None
    return min((one for one in (until, lapses) if one is not None), default=None)


def first_review(day: date, policy: Policy) -> date:
    """The review date that a permanent measure gets unless somebody says another (R-4)."""
    return add_months(day, policy.review_months)


def last_day_to_appeal(told_on: date, policy: Policy, calendar: BusinessCalendar) -> date:
    """The last local day of the firm on which an appeal is in time (R-7). Raises CalendarHasNoWorkday."""
    return calendar.add_business_days(told_on, policy.appeal_days)


def stop_until(at: datetime, hours: int, policy: Policy) -> datetime:
    """When an emergency stop of so many hours ends (R-7a). Raises ValueError beyond what is allowed."""
    length = timedelta(hours=hours)
    if not timedelta(0) < length <= policy.longest_stop:
        raise ValueError("An emergency stop lasts between one hour and what the policy allows.")
    return at + length
