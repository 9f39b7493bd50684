"""What a complainant can expect next, and by when."""

import contextlib
from dataclasses import dataclass
from datetime import date, datetime

from supportportal.businesstime import CalendarHasNoWorkday
from supportportal.people.models import Firm

from . import calendars, counting, rules
from .models import Complaint, Deadline, Letter
from .policy import POLICY

Step = Deadline.Step
TOLD_BY = {
    Letter.Kind.ACKNOWLEDGEMENT: (Step.UPDATE, Step.RESPOND),
    Letter.Kind.UPDATE: (Step.RESPOND,),
    Letter.Kind.APPEAL_RECEIVED: (Step.APPEAL,),
}


@dataclass(frozen=True)
class Expected:
    """The days by which a complaint that arrives now hears from us; None where the calendar cannot say."""

    acknowledge_at: datetime
    update_by: date | None = None
    respond_by: date | None = None


@dataclass(frozen=True)
class Next:
    """The next step, its last day at the desk, and whether that day has passed."""

    step: str
    day: date | None
    is_late: bool


def of_arrival(at: datetime, *, firm: Firm | None = None) -> Expected:
    """For a form that is sent now: the first reply goes out at once, so the rest is counted from now."""
    desk = calendars.desk(at, firm=firm)
    acknowledge = rules.acknowledge_by(at, POLICY)
    try:
        update = rules.update_by(acknowledge, at, desk.calendar, POLICY)
        respond = rules.respond_by(update, None, desk.calendar, POLICY)
    except CalendarHasNoWorkday:
        return Expected(acknowledge.due_at)
    return Expected(acknowledge.due_at, update.day, respond.day)


def told_by(kind: str, complaint: Complaint, at: datetime) -> dict[str, rules.Due]:
    """The dates that a letter of this kind tells if it leaves now: projections are counted from now (C-6)."""
    running = {row.step: row for row in complaint.deadlines.running() if row.due_at}
    told = {step: row.due for step, row in running.items() if step in TOLD_BY.get(Letter.Kind(kind), ())}
    desk = calendars.desk(complaint.arrived_at, until=at)
    with contextlib.suppress(CalendarHasNoWorkday):  # what cannot be counted is told as it stands
        if kind == Letter.Kind.ACKNOWLEDGEMENT and _would_stop(Step.ACKNOWLEDGE, Step.UPDATE, running):
            acknowledge, update = running[Step.ACKNOWLEDGE], running[Step.UPDATE]
            told[Step.UPDATE] = counting.as_told(
                update,
                rules.update_by(acknowledge.due, at, desk.calendar, POLICY),
                desk,
                on_time=not acknowledge.is_late(at),
            )
            if Step.RESPOND in told:
                respond = rules.respond_by(told[Step.UPDATE], None, desk.calendar, POLICY)
                told[Step.RESPOND] = counting.as_told(running[Step.RESPOND], respond, desk)
        if kind == Letter.Kind.UPDATE and _would_stop(Step.UPDATE, Step.RESPOND, running):
            update = running[Step.UPDATE]
            told[Step.RESPOND] = counting.as_told(
                running[Step.RESPOND],
                rules.respond_by(update.due, at, desk.calendar, POLICY),
                desk,
                on_time=not update.is_late(at),
            )
    return told


def _would_stop(step: str, following: str, running: dict[str, Deadline]) -> bool:
    """Whether a letter that leaves now does what ``step`` waits for, so that ``following`` is counted from it."""
    return step in running and following in running and running[following].is_projected


def next_step(complaint: Complaint, at: datetime) -> Next | None:
    """The first step still owed to the complainant; None once nothing is."""
    found = complaint.deadlines.owed().order_by("pk").first()
    if found is None:
        return None
    zone = calendars.zone_of(Firm.current())
    day = found.day or (found.due_at.astimezone(zone).date() if found.due_at else None)
    return Next(found.step, day, found.is_late(at))
