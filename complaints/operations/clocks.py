"""The clocks of a complaint: started when it arrives, stopped by what really happened, never paused (C-4, C-5)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from supportportal.trail import operations as trail

from .. import calendars, counting, rules, warning_times
from ..calendars import Desk
from ..models import Complaint, Deadline, OmbudsmanScheme
from ..policy import POLICY

Step, Outcome = Deadline.Step, Deadline.Outcome


@transaction.atomic
def start(complaint: Complaint) -> None:
    """Start the clocks of a complaint that has just been taken; a mistake in the calendar never blocks taking it."""
    desk = calendars.desk(complaint.arrived_at)
    steps = (Step.ACKNOWLEDGE, Step.UPDATE, Step.RESPOND)
    rows: dict[str, Deadline] = {
        step: Deadline(complaint=complaint, step=step, start_at=complaint.arrived_at) for step in steps
    }
    _recount(complaint, rows, desk)
    if scheme := OmbudsmanScheme.on(desk.day_of(complaint.arrived_at)):
        row = Deadline(complaint=complaint, step=Step.OMBUDSMAN)
        counting.fill(row, rules.refer_by(complaint.arrived_at, scheme.weeks, desk.zone), desk)
        row.save()


@transaction.atomic
def start_appeal(complaint: Complaint, *, lodged_at: datetime) -> Deadline:
    """Start the clock of the answer to an appeal (C-10)."""
    desk = calendars.desk(lodged_at)
    row = Deadline(complaint=complaint, step=Step.APPEAL)
    counting.appeal(row, lodged_at, desk)
    row.save()
    return row


@transaction.atomic
def happened(complaint: Complaint, step: str, *, when: datetime, by: Any = None) -> None:
    """Stop a clock with what really happened at ``when``: handed over to the provider, or posted (C-4).

    Stopping a stopped clock changes nothing. A response before any update closes the update as superseded, not missed.
    What is counted from this step is now counted from ``when``, and no longer projected.
    """
    rows = lock(complaint)
    row = rows.get(step)
    if row is None or row.outcome != Outcome.RUNNING:
        return
    _stop(row, when)
    trail.record("deadline.met", row, by=by, at=when, complaint=complaint.pk, step=step, outcome=row.outcome)
    if step == Step.RESPOND and (update := rows.get(Step.UPDATE)) and update.outcome == Outcome.RUNNING:
        update.outcome, update.met_at, update.look_at = Outcome.SUPERSEDED, when, None
        update.save(update_fields=["outcome", "met_at", "look_at"])
    if step in (Step.ACKNOWLEDGE, Step.UPDATE):
        _recount(complaint, rows, calendars.desk(complaint.arrived_at, until=when))


@transaction.atomic
def reopen(complaint: Complaint, step: str, *, at: datetime) -> None:
    """What was sent has come back: its clock runs again; deadlines already set from it stay (C-4)."""
    row = lock(complaint).get(step)
    if row is None or row.outcome not in (Outcome.MET, Outcome.LATE):
        return
    row.outcome, row.met_at = Outcome.RUNNING, None
    row.look_at = warning_times.next_look(row, calendars.desk(row.start_at))
    row.save(update_fields=["outcome", "met_at", "look_at"])
    trail.record("deadline.reopened", row, by=None, at=at, complaint=complaint.pk, step=step)


@transaction.atomic
def tell(complaint: Complaint, told: Mapping[str, rules.Due]) -> None:
    """Note the due times that the complainant is told now: no change of the calendar moves them later (C-6)."""
    for step, due in told.items():
        complaint.deadlines.running().filter(step=step).update(told_at=due.due_at)


@transaction.atomic
def close(complaint: Complaint, *steps: str) -> None:
    """Running clocks that nothing is owed for any more; all of them, unless ``steps`` names some."""
    running = complaint.deadlines.running()
    if steps:
        running = running.filter(step__in=steps)
    running.update(outcome=Outcome.CLOSED, look_at=None)


@transaction.atomic
def resume(complaint: Complaint, step: str) -> None:
    """A clock that was closed counts again, to the same due time: what it is for has come up again."""
    row = lock(complaint).get(step)
    if row is None or row.outcome != Outcome.CLOSED:
        return
    row.outcome = Outcome.RUNNING
    row.look_at = warning_times.next_look(row, calendars.desk(row.start_at))
    row.save(update_fields=["outcome", "look_at"])


def lock(complaint: Complaint) -> dict[str, Deadline]:
    """The complaint first, then its deadlines: the same order everywhere."""
    Complaint.objects.select_for_update(no_key=True).get(pk=complaint.pk)
    return {row.step: row for row in complaint.deadlines.select_for_update(no_key=True).order_by("pk")}


def _stop(row: Deadline, when: datetime) -> None:
    late = row.due_at is not None and when > row.due_at
    row.outcome, row.met_at, row.look_at = Outcome.LATE if late else Outcome.MET, when, None
    row.save(update_fields=["outcome", "met_at", "look_at"])


def _recount(complaint: Complaint, rows: dict[str, Deadline], desk: Desk) -> None:
    """Count the running deadlines of a complaint anew from what has happened so far.

    A deadline that is counted from something that happened is not touched again: only projections follow (C-5, C-6).
    """
    acknowledged, updated = (rows[step].happened_at for step in (Step.ACKNOWLEDGE, Step.UPDATE))
    acknowledge, update, respond = (rows[step] for step in (Step.ACKNOWLEDGE, Step.UPDATE, Step.RESPOND))
    if acknowledge.due_at is None:
        counting.acknowledge(acknowledge, complaint.arrived_at, desk)
        acknowledge.save()
    if _is_open_to_counting(update):
        counting.update(update, rules.acknowledge_by(complaint.arrived_at, POLICY), acknowledged, desk)
        update.save()
    if _is_open_to_counting(respond):
        counting.respond(respond, update, updated, desk)
        respond.save()


def _is_open_to_counting(row: Deadline) -> bool:
    return row.outcome == Outcome.RUNNING and (row.due_at is None or row.is_projected)
