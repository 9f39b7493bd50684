"""The mails that the watch owes: a review ahead, an approval that is late, a restriction that has ended by itself."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal import reader, wording
from supportportal.outbox.kinds import Kind
from supportportal.outbox.models import Message
from supportportal.outbox.operations import Owed
from supportportal.people.models import Firm, Gate, User

from . import eligibility, messages, notices
from .models import EmergencyStop, Incident, Measure

REVIEW, LATE, ENDED = "conduct_review_due", "conduct_approval_late", "conduct_ended"
STOP_ENDED = "conduct_stop_ended"
_DAY = timedelta(days=1)


def owed_for_review(measure: Measure, managers: Iterable[User], *, at: datetime) -> Iterator[Owed]:
    """Before its review date a restriction is kept with grounds, or lapses (R-7). Once for each date."""
    data = {"measure": measure.pk, "review_on": str(measure.review_on)}
    for manager in managers:
        copy = f"{measure.pk}:{measure.review_on}"
        yield Owed(REVIEW, measure.incident_id, at, recipient=manager, copy=copy, data=data)


def owed_for_late(measure: Measure, managers: Iterable[User], *, at: datetime) -> Iterator[Owed]:
    yield from messages.to_staff(LATE, measure, managers, at)


def owed_for_end(measure: Measure, gates: Iterable[str], *, at: datetime) -> Iterator[Owed]:
    """To the client, and to colleagues whom the measure reached: what is open again."""
    yield messages.of_measure(ENDED, measure, at, gates=list(gates))
    yield from messages.to_colleagues(messages.COLLEAGUE_OPEN, measure, at, copy=":ended")


def owed_for_open_contact(stop: EmergencyStop, gates: Iterable[str], *, at: datetime) -> Owed:
    data = {"stop": stop.pk, "gates": list(gates)}
    return Owed(STOP_ENDED, stop.incident_id, at, recipient=stop.incident.client, copy=str(stop.pk), data=data)


# -- what they show ----------------------------------------------------------------------------------------------------


def _staff_page(incident: Incident, label: str) -> dict[str, str]:
    return {"label": label, "url": settings.SITE_URL + incident.get_absolute_url()}


def _review(message: Message, incident: Incident) -> dict[str, Any]:
    measure, language = messages.measure_of(message), reader.language()
    review_on = measure.review_on
    return {
        "incident": incident,
        "what": measure.get_kind_display(),
        "review_on": wording.written_day(review_on, language, year=True) if review_on else "",
        "last_day": wording.written_day(review_on - _DAY, language, year=True) if review_on else "",
        "links": [_staff_page(incident, _("Open the case"))],
    }


def _still_to_review(message: Message, incident: Incident) -> str:
    measure = messages.measure_of(message)
    over = _("this has been dealt with")
    if measure.state != Measure.State.TAKEN or str(measure.review_on) != message.data["review_on"]:
        return over
    return over if measure.extensions.filter(state=Measure.State.TAKEN).exists() else ""


def _late(message: Message, incident: Incident) -> dict[str, Any]:
    measure = messages.measure_of(message)
    return {
        "incident": incident,
        "due_on": wording.written_day(measure.approval.due_on, reader.language()),
        "links": [_staff_page(incident, _("Look at the proposal"))],
    }


def _still_late(message: Message, incident: Incident) -> str:
    measure = messages.measure_of(message)
    if measure.state != Measure.State.PROPOSED:
        return _("somebody has answered already")
    # Whom an open complaint alone keeps from it is written to as well, so that the mail tells nobody of it (C-8).
    asked = eligibility.offered_approval(measure).filter(pk=message.recipient_id).exists()
    return "" if asked or message.recipient_id == measure.decided_by_id else _("this person does not approve it")


def _ended(message: Message, incident: Incident) -> dict[str, Any]:
    measure = messages.measure_of(message)
    ended_at = measure.restriction.ends_at if measure.restriction else None
    return {
        "what": measure.get_kind_display(),
        "since": wording.written_out(ended_at, Firm.current().zone, reader.language(), year=True) if ended_at else "",
        "opened": [str(Gate(gate).label) for gate in message.data["gates"] if gate in Gate.values],
    }


def _stop_ended(message: Message, incident: Incident) -> dict[str, Any]:
    stop, language = EmergencyStop.objects.get(pk=message.data["stop"]), reader.language()
    zone = Firm.current().zone
    return {
        "stopped_on": wording.written_day(stop.at.astimezone(zone).date(), language, year=True),
        "opened": notices.names_of([gate for gate in message.data["gates"] if gate in Gate.values]),
        "is_open": incident.state == Incident.State.OPEN,
    }


_COMMON: dict[str, Any] = {
    "channel": "email",
    "subject_type": messages.SUBJECT_TYPE,
    "load": messages.load,
    "visible_to": messages.visible_in_full_to,
}
KINDS = [
    Kind(REVIEW, label=gettext_lazy("Review ahead"), context=_review, is_due=_still_to_review, **_COMMON),
    Kind(LATE, label=gettext_lazy("Approval is late"), context=_late, is_due=_still_late, **_COMMON),
    Kind(ENDED, label=gettext_lazy("Measure has ended"), context=_ended, **_COMMON),
    Kind(STOP_ENDED, label=gettext_lazy("Contact is open again"), context=_stop_ended, **_COMMON),
]
