"""How a measure stands, as its client may know it: in force until when, appealed or not, with what result."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from bookings.models import Booking
from complaints import calendars
from supportportal.people.access import restrictions_on
from supportportal.people.decisions import Decision
from supportportal.people.models import Firm, Restriction, User

from . import appeal_time, messages, messages_appeal, notices
from .models import Appeal, Measure

State = Measure.State
# What is told of restrictions is read at once, however many they are.
READ_OF_RESTRICTION = ("emergency_stop", "measure__account", "measure__appeal", "measure__incident")


@dataclass(frozen=True)
class Standing:
    """``code``: told (closes nothing), in_force, over, lifted, withdrawn, suspended; ``span`` in words where it is in
    force; ``sessions`` are those given back, and those that could not be."""

    measure: Measure
    code: str
    span: str
    closed: list[str]
    appeal: Appeal | None
    is_late: bool  # our answer to the appeal
    back: list[Booking]
    lost: list[Booking]

    @property
    def path(self) -> str:
        return messages.appeal_path(self.measure)


def of(measure: Measure, at: datetime) -> Standing:
    appeal: Appeal | None = getattr(measure, "appeal", None)
    code = _code(measure, at)
    back, lost = messages_appeal.sessions_of(appeal, measure.incident.client) if appeal else ([], [])
    firm = Firm.current()
    today = calendars.day_of(at, firm)
    return Standing(
        measure=measure,
        code=code,
        span=notices.span(measure, firm, as_it_ends=True) if code == "in_force" else "",
        closed=notices.closed_by(measure) if code == "in_force" else [],
        appeal=appeal,
        is_late=_is_late(appeal, today),
        back=back,
        lost=lost,
    )


def all_of(person: User, at: datetime) -> list[Standing]:
    """Everything that was decided about the person, the newest first."""
    return [of(measure, at) for measure in _told(person)]


def worth_a_word(person: User, at: datetime) -> list[Standing]:
    """Of these, what waits for an answer, or can still be appealed in time. What closes something to the person now is
    told where that stands.
    """
    closing = {one.pk for one in restrictions_on(person, at)}
    found = [one for one in all_of(person, at) if one.measure.restriction_id not in closing]
    return [one for one in found if _is_worth_a_word(one, at)]


def has_any(person: User) -> bool:
    return Measure.objects.filter(incident__client=person, taken_at__isnull=False).exists()


def decision_behind(restriction: Restriction, reader: User) -> Decision | None:
    """Where the reader finds the decision that a restriction follows from; None to whom it is not about."""
    measure: Measure | None = getattr(restriction, "measure", None)
    if measure is None or measure.incident.client_id != reader.pk:
        return None
    appeal: Appeal | None = getattr(measure, "appeal", None)
    if appeal is None:
        label = _("Read the decision, and how to appeal")
    elif appeal.is_open:
        label = _("Your appeal is being looked at: see the decision")
    else:
        label = _("Read the decision, and the answer to your appeal")
    return Decision(label, messages.appeal_path(measure))


def _told(person: User) -> list[Measure]:
    rows = Measure.objects.filter(incident__client=person, taken_at__isnull=False)
    return list(rows.select_related("incident__client__account", "restriction", "appeal").order_by("-taken_at", "-pk"))


def _is_worth_a_word(one: Standing, at: datetime) -> bool:
    if one.code in ("in_force", "suspended") or (one.appeal is not None and one.appeal.is_open):
        return True
    chance = appeal_time.chance_of(one.measure, at)
    return chance is not None and chance.is_in_time


def _code(measure: Measure, at: datetime) -> str:
    if measure.state == State.QUASHED:
        return "withdrawn"
    if measure.state == State.LIFTED:
        return "lifted"
    if measure.is_suspended:
        return "suspended"
    if measure.restriction is None:
        return "told"
    return "in_force" if measure.is_in_force(at) else "over"


def _is_late(appeal: Appeal | None, today: date) -> bool:
    return appeal is not None and appeal.is_open and appeal.answer_by is not None and appeal.answer_by < today
