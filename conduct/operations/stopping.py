"""Contact stopped at once because of a threat (R-7a)."""

from datetime import datetime

from django.db import transaction

from bookings.operations import waiting
from supportportal.outbox import operations as outbox
from supportportal.people.models import Gate, Restriction, Role, User
from supportportal.trail import operations as trail

from .. import messages, notices, rules
from ..models import EmergencyStop, Incident
from ..policy import POLICY
from ..refusals import NoReason, NotClient, NoThreat, NotLawful, OnlyDutyManager, StoppedBefore, StopTooLong
from . import effects
from .locking import changed, enter

# A duty manager; where none is on duty, whoever stands above all managers may as well (choice).
MAY_STOP = (Role.DUTY_MANAGER, Role.SENIOR_MANAGER, Role.OWNER, Role.DEPUTY)


def stop_contact(
    incident: Incident, reasons: str, *, hours: int, by: User, at: datetime, seen: int | None
) -> EmergencyStop:
    """Close every channel to the client for up to 72 hours, once per incident (R-7a). It is no measure: nobody has to
    approve it, and it ends by itself unless a decision takes its place.

    Raises NotYours, Stale, OnlyDutyManager, NoThreat, NotClient, StoppedBefore, NotLawful, StopTooLong, NoReason.
    """
    stop = _stop(incident, reasons, hours=hours, by=by, at=at, seen=seen)
    waiting.withdraw_offers(stop.incident.client, at=at)
    return stop


@transaction.atomic
def _stop(incident: Incident, reasons: str, *, hours: int, by: User, at: datetime, seen: int | None) -> EmergencyStop:
    effects.lock_people_of(incident.client, None)
    incident = enter(incident, by=by, seen=seen)
    if not by.has_role(*MAY_STOP):
        raise OnlyDutyManager
    if not incident.is_threat:
        raise NoThreat
    if incident.client.is_staff:
        raise NotClient
    if EmergencyStop.objects.filter(incident=incident).exists():
        raise StoppedBefore
    if incident.state != Incident.State.OPEN:
        raise NotLawful
    if not reasons.strip():
        raise NoReason
    try:
        until = rules.stop_until(at, hours, POLICY)
    except ValueError:
        raise StopTooLong from None
    client = incident.client
    restriction = Restriction.objects.create(
        user=client, gates=Gate.values, starts_at=at, ends_at=until, notice=notices.kept_of_stop(client, until)
    )
    stop = EmergencyStop.objects.create(
        incident=incident,
        restriction=restriction,
        by=by,
        at=at,
        until=until,
        reasons=reasons.strip(),
        notice=notices.of_stop(client, until),
    )
    outbox.plan([messages.owed_for_stop(stop, at=at)], at=at)
    trail.record("incident.contact_stopped", incident, by=by, at=at, stop=stop.pk, until=until.isoformat())
    changed(incident)
    return stop
