"""What a change of the calendar would move, and the decision to let it (C-6)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from supportportal.people.models import User
from supportportal.trail import operations as trail

from .. import calendars, counting, rules
from ..calendars import Desk
from ..models import Complaint, Deadline, Rebasing
from ..policy import POLICY
from ..refusals import ComplaintRefused, NoReason, NotLawful, Stale
from . import clocks
from .gate import require_sight

Step, Outcome = Deadline.Step, Deadline.Outcome
COUNTED_IN_DAYS = (Step.UPDATE, Step.RESPOND, Step.APPEAL)


@dataclass(frozen=True)
class Affected:
    """An open deadline as it stands, and as the present calendar would have it: one of the two dates may be missing."""

    deadline: Deadline
    becomes: Deadline
    told: date | None  # what the complainant was told

    @property
    def before(self) -> date | None:
        return self.deadline.day

    @property
    def after(self) -> date | None:
        return self.becomes.day

    @property
    def key(self) -> str:
        """What a form sends back to decide on it: which deadline, and the new day that was shown."""
        return f"{self.deadline.pk}:{self.after or ''}"


def affected(within: QuerySet[Complaint], *, at: datetime) -> list[Affected]:
    """The deadlines of these complaints that the present calendar would have elsewhere, and those with a fault.

    Met, missed and closed ones stay as they were (C-6). A constant number of queries.
    """
    of_these = Deadline.objects.filter(complaint__in=_that_may_move(within, at).values("complaint"))
    rows = list(of_these.select_related("complaint"))
    found = _moved_of(rows, {row.complaint_id: row.complaint.arrived_at for row in rows}, at)
    return sorted(found, key=lambda one: (one.before is not None, one.before or date.min, one.deadline.pk))


def waiting(within: QuerySet[Complaint], *, at: datetime) -> int:
    """How many deadlines of these complaints wait for a decision. Only those are counted anew whose calendar is no more
    what it was, so that it is cheap while nothing waits."""
    found = list(_that_may_move(within, at).values_list("complaint", "start_at", "day", "calendar_version"))
    if not found:
        return 0
    starts = [start_at for _pk, start_at, _day, _version in found]
    desk = calendars.desk(min(starts), until=max(starts))
    changed = {
        pk
        for pk, start_at, last, counted_with in found
        if last is None or desk.version(desk.day_of(start_at), last) != counted_with
    }
    if not changed:
        return 0
    arrivals = dict(Complaint.objects.filter(pk__in=changed).values_list("pk", "arrived_at"))
    return len(_moved_of(Deadline.objects.filter(complaint__in=changed).defer("explanation"), arrivals, at))


@transaction.atomic
def rebase(deadline: Deadline, *, reason: str, by: User, at: datetime, shown: date | None = None) -> list[Rebasing]:
    """Let the present calendar move a deadline, and what is projected from it; a fault is cleared in the same way.

    ``shown`` is the new day that the person decided on. Raises NoReason, NotYours, Stale where the calendar has changed
    again since, NotLawful where it moves nothing (any more).
    """
    if not reason.strip():
        raise NoReason
    require_sight(deadline.complaint, by)
    rows = clocks.lock(deadline.complaint)
    starts = [row.start_at for row in rows.values()]
    desk = calendars.desk(min(starts), until=max(starts))
    moved = {one.deadline.pk: one for one in _moved(rows, deadline.complaint.arrived_at, desk, at)}
    chosen = moved.get(deadline.pk)
    if chosen is None:
        raise NotLawful(_("The calendar does not move this deadline."))
    if chosen.after is None:
        raise NotLawful(chosen.becomes.fault)
    if shown is not None and shown != chosen.after:
        raise Stale
    together = [one for one in moved.values() if one is chosen or _hang_together(one, chosen)]
    return [_write(one, one.becomes.due_at, reason.strip(), by, at) for one in together if one.becomes.due_at]


def rebase_many(
    within: QuerySet[Complaint], decided: Sequence[tuple[int, date]], *, reason: str, by: User, at: datetime
) -> tuple[int, list[tuple[Complaint, ComplaintRefused]]]:
    """Re-base deadlines, by id, as they were shown; each in a transaction of its own.

    Gives how many moved, and what was refused with its reason. What is not ``within`` does not exist.
    """
    rows = (
        Deadline.objects.filter(complaint__in=within).select_related("complaint").in_bulk([pk for pk, _day in decided])
    )
    moved: set[int] = set()
    refused = []
    for pk, shown in decided:
        if pk not in rows or pk in moved:
            continue  # it moved with the update that it is projected from
        try:
            done = rebase(rows[pk], reason=reason, by=by, at=at, shown=shown)
        except ComplaintRefused as refusal:
            refused.append((rows[pk].complaint, refusal))
        else:
            moved |= {row.deadline_id for row in done}
    return len(moved), refused


def _that_may_move(within: QuerySet[Complaint], at: datetime) -> QuerySet[Deadline]:
    """Neither met nor missed; the same that ``_may_move`` says of one."""
    rows = Deadline.objects.filter(outcome=Outcome.RUNNING, step__in=COUNTED_IN_DAYS, complaint__in=within)
    return rows.filter(Q(due_at__isnull=True) | Q(due_at__gte=at))


def _moved_of(rows: Iterable[Deadline], arrivals: Mapping[int, datetime], at: datetime) -> list[Affected]:
    by_complaint: dict[int, dict[str, Deadline]] = defaultdict(dict)
    for row in rows:
        by_complaint[row.complaint_id][row.step] = row
    if not by_complaint:
        return []
    starts = [row.start_at for rows in by_complaint.values() for row in rows.values()]
    desk = calendars.desk(min(starts), until=max(starts))
    return [one for pk, rows in by_complaint.items() for one in _moved(rows, arrivals[pk], desk, at)]


def _moved(rows: dict[str, Deadline], arrived: datetime, desk: Desk, at: datetime) -> Iterable[Affected]:
    for step, becomes in _counted_anew(rows, arrived, desk, at).items():
        before = rows[step]
        if becomes.due_at != before.due_at or before.fault:
            told = rules.day_ending(before.told_at, desk.zone) if before.told_at else None
            yield Affected(before, becomes, told)


def _counted_anew(rows: dict[str, Deadline], arrived: datetime, desk: Desk, at: datetime) -> dict[str, Deadline]:
    """The open deadlines of one complaint under the present calendar: each from what it was counted from."""
    anew: dict[str, Deadline] = {}
    if (update := rows.get(Step.UPDATE)) and _may_move(update, at):
        becomes = anew[Step.UPDATE] = copy(update)
        acknowledge = rules.acknowledge_by(arrived, POLICY)
        counting.update(becomes, acknowledge, _event(update, rows.get(Step.ACKNOWLEDGE)), desk)
    if update and (respond := rows.get(Step.RESPOND)) and _may_move(respond, at):
        becomes = anew[Step.RESPOND] = copy(respond)
        counting.respond(becomes, anew.get(Step.UPDATE, update), _event(respond, update), desk)
    if (appeal := rows.get(Step.APPEAL)) and _may_move(appeal, at):
        becomes = anew[Step.APPEAL] = copy(appeal)
        counting.appeal(becomes, appeal.start_at, desk)
    return anew


def _may_move(row: Deadline, at: datetime) -> bool:
    return row.outcome == Outcome.RUNNING and not row.is_late(at)


def _event(row: Deadline, before: Deadline | None) -> datetime | None:
    """What the row was counted from, even if its letter has come back since; of a fault, what has happened."""
    if row.due_at is None:
        return before.happened_at if before else None
    return None if row.is_projected else row.start_at


def _hang_together(one: Affected, other: Affected) -> bool:
    """A projected response follows the update that it is projected from."""
    steps = {one.deadline.step: one, other.deadline.step: other}
    return set(steps) == {Step.UPDATE, Step.RESPOND} and steps[Step.RESPOND].becomes.is_projected


def _write(moved: Affected, to: datetime, reason: str, by: User, at: datetime) -> Rebasing:
    row, before = moved.becomes, moved.deadline.due_at
    row.save()
    facts = {"step": row.step, "from": before, "to": to, "complaint": row.complaint_id}
    trail.record("deadline.rebased", row, by=by, at=at, **facts)
    return Rebasing.objects.create(deadline=row, from_due_at=before, to_due_at=to, reason=reason, by=by, at=at)
