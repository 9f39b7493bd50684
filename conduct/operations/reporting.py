"""An incident is reported, and the client asked politely to stop (R-1, R-1a, R-2, R-8)."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from bookings.models import Booking, Callback
from bookings.operations.booking import new_reference
from bookings.operations.locking import lock_people
from complaints.models import Complaint
from supportportal.files.models import StoredFile
from supportportal.outbox import operations as outbox
from supportportal.outbox.models import Inbound
from supportportal.people.models import Firm, User
from supportportal.trail import operations as trail

from .. import messages
from ..models import Category, ClientAnswer, FollowUp, Incident, StopRequest
from ..policy import POLICY
from ..refusals import AnotherClient, InFuture, JustAComplaint, NobodyAnyMore, NoCategory, NotClient, NotYours, NoWords
from .locking import changed, enter, lock


@dataclass(frozen=True)
class Report:
    """What somebody reports. ``concerned``: whom it was aimed at, if not the reporter."""

    client: User
    happened_at: datetime
    channel: str
    categories: Collection[str]
    words: str
    acceptable: str
    account: str = ""
    effect: str = ""
    concerned: User | None = None
    booking: Booking | None = None
    callback: Callback | None = None
    complaint: Complaint | None = None
    files: Sequence[StoredFile] = ()
    form_key: uuid.UUID | None = None


@transaction.atomic
def report(said: Report, *, by: User, at: datetime) -> Incident:
    """Write an incident down, and open the follow-up for whom it was aimed at. The same ``form_key`` twice is one.

    Raises NotYours for who is no staff, NotClient, NobodyAnyMore, JustAComplaint (R-1a), NoCategory, NoWords,
    InFuture, AnotherClient.
    """
    if not (by.is_staff and by.is_active):
        raise NotYours
    if said.form_key and (made := Incident.objects.filter(form_key=said.form_key, reporter=by).first()):
        return made
    _require_incident(said, at)
    if lock_people(said.client.pk)[said.client.pk].is_anonymised:
        raise NobodyAnyMore
    _require_of_client(said)
    if said.complaint is not None and not Complaint.objects.visible_to(by).filter(pk=said.complaint.pk).exists():
        raise NotYours
    incident = Incident.objects.create(
        reference=new_reference(),
        client=said.client,
        reporter=by,
        concerned=said.concerned or by,
        reported_at=at,
        happened_at=said.happened_at,
        channel=Incident.Channel(said.channel),
        categories=[one.value for one in Category if one in said.categories],
        words=said.words.strip(),
        account=said.account.strip(),
        effect=said.effect.strip(),
        acceptable=Incident.Acceptable(said.acceptable),
        booking=said.booking,
        callback=said.callback,
        complaint=said.complaint,
        form_key=said.form_key,
    )
    incident.files.set(said.files)
    trail.record("incident.reported", incident, by=by, at=at, client=said.client.pk, categories=incident.categories)
    _open_follow_up(incident, by=by, at=at)
    return incident


def _require_of_client(said: Report) -> None:
    """What it belongs to is the client's own; a complaint may be of somebody whom nobody has matched to a client."""
    clients = {one.client_id for one in (said.booking, said.callback, said.complaint) if one is not None}
    if clients - {None, said.client.pk}:
        raise AnotherClient


def _require_incident(said: Report, at: datetime) -> None:
    if said.client.is_staff:
        raise NotClient
    if said.acceptable == Incident.Acceptable.YES:
        raise JustAComplaint
    if not [one for one in Category if one in said.categories]:
        raise NoCategory
    if not said.words.strip():
        raise NoWords
    if said.happened_at > at:
        raise InFuture


def _open_follow_up(incident: Incident, *, by: User, at: datetime) -> None:
    today = at.astimezone(Firm.current().zone).date()
    due_on = today + timedelta(days=POLICY.care_days)
    follow_up = FollowUp.objects.create(incident=incident, person=incident.concerned, opened_at=at, due_on=due_on)
    trail.record("care.opened", follow_up, by=by, at=at, person=incident.concerned_id)


@transaction.atomic
def ask_to_stop(incident: Incident, text: str, *, by: User, at: datetime, seen: int | None = None) -> StopRequest:
    """Ask the client politely to stop, by e-mail and at once: no measure, and any member of staff may (R-2).

    Raises NotYours, NoWords, Stale.
    """
    incident = enter(incident, by=by, seen=seen)
    if not text.strip():
        raise NoWords
    request = StopRequest.objects.create(incident=incident, text=text.strip(), sent_by=by, sent_at=at)
    outbox.plan([messages.owed_for_stop_request(request, at=at)], at=at)
    trail.record("incident.asked_to_stop", incident, by=by, at=at, request=request.pk)
    changed(incident)
    return request


@transaction.atomic
def hear(
    incident: Incident, text: str, *, at: datetime, inbound: Inbound | None = None, files: Sequence[StoredFile] = ()
) -> ClientAnswer:
    """Keep what the client wrote back; it is there for whoever decides, and weighs like the report itself. Once that is
    done it makes no page stale: nobody is kept from their work by mails."""
    incident = lock(incident)
    answer = ClientAnswer.objects.create(incident=incident, text=text.strip(), arrived_at=at, inbound=inbound)
    answer.files.set(files)
    trail.record("incident.answered", incident, by=None, at=at, answer=answer.pk)
    if incident.state == Incident.State.OPEN:
        changed(incident)
    return answer
