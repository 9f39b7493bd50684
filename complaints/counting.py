"""Fills a deadline's row from the rules and a calendar, with the account of how it came about; saves nothing (C-5)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from supportportal.businesstime import CalendarHasNoWorkday

from . import rules, warning_times
from .calendars import Desk
from .models import Deadline
from .policy import POLICY

OF_WHAT_WAS_TOLD = "told"  # the version of a deadline that another calendar would have moved


def acknowledge(row: Deadline, arrived: datetime, desk: Desk) -> None:
    fill(row, rules.acknowledge_by(arrived, POLICY), desk)


def update(row: Deadline, acknowledge: rules.Due, acknowledged: datetime | None, desk: Desk) -> None:
    on_time = acknowledged is None or acknowledged <= acknowledge.due_at
    _count(row, desk, lambda: rules.update_by(acknowledge, acknowledged, desk.calendar, POLICY), on_time)


def respond(row: Deadline, update: Deadline, updated: datetime | None, desk: Desk) -> None:
    """A fault of the update's deadline is one of this too, until the update has happened."""
    if updated is None and update.due is None:
        fail(row, update.fault)
    else:
        on_time = updated is None or update.due_at is None or updated <= update.due_at
        _count(row, desk, lambda: rules.respond_by(update.due, updated, desk.calendar, POLICY), on_time)


def appeal(row: Deadline, lodged: datetime, desk: Desk) -> None:
    row.start_at = lodged  # kept where the calendar cannot say, to count from once it can
    _count(row, desk, lambda: rules.answer_appeal_by(lodged, desk.calendar, POLICY))


def as_told(row: Deadline, due: rules.Due, desk: Desk, *, on_time: bool = True) -> rules.Due:
    """``due``, but not behind what the complainant was told, where nothing but the calendar would move it (C-6).

    It is not the calendar alone where the step before was late (not ``on_time``) and has happened only now.
    """
    if row.told_at is None or row.due_at is None or not _calendar_has_changed(row, desk):
        return due
    is_counted_from_the_same = (due.start, due.projected) == (row.start_at, row.is_projected)
    if not (on_time or is_counted_from_the_same):
        return due
    limit = max(row.told_at, row.due_at) if is_counted_from_the_same else row.told_at
    return due if due.due_at <= limit else replace(due, due_at=limit, day=rules.day_ending(limit, desk.zone))


def fill(row: Deadline, due: rules.Due, desk: Desk) -> None:
    row.start_at, row.due_at, row.day, row.is_projected, row.fault = due.start, due.due_at, due.day, due.projected, ""
    if due.day is not None and due.step != rules.Step.OMBUDSMAN:
        first = desk.day_of(due.start)  # day 0
        days = rules.walk(first, due.day, desk.calendar, desk.names)
        row.explanation = [[one.day.isoformat(), one.number, one.why_not] for one in days]
        row.calendar_version = desk.version(first, due.day)
    _forget_early_warnings(row, desk)
    row.look_at = warning_times.next_look(row, desk)


def fail(row: Deadline, fault: str) -> None:
    row.fault, row.due_at, row.day, row.look_at = fault, None, None, None
    row.explanation, row.calendar_version = [], ""


def _count(row: Deadline, desk: Desk, count: Callable[[], rules.Due], on_time: bool = True) -> None:
    try:
        counted = count()
    except (CalendarHasNoWorkday, OverflowError):
        fail(row, _("The calendar has no working day within a year: check holidays, closures and opening hours."))
    else:
        kept = as_told(row, counted, desk, on_time=on_time)
        fill(row, kept, desk)
        if kept != counted:
            row.calendar_version = OF_WHAT_WAS_TOLD


def _calendar_has_changed(row: Deadline, desk: Desk) -> bool:
    """Since the row was counted last."""
    if row.day is None or row.calendar_version == OF_WHAT_WAS_TOLD:
        return True
    return desk.version(desk.day_of(row.start_at), row.day) != row.calendar_version


def _forget_early_warnings(row: Deadline, desk: Desk) -> None:
    """What was warned of before a deadline that has moved away is warned of anew, at its new time."""
    if not (row.warned_at or row.warned_last_day_at or row.escalated_at):
        return
    for field, when in warning_times.stages(row, desk):
        noted = getattr(row, field)
        if noted is not None and noted < when:
            setattr(row, field, None)
