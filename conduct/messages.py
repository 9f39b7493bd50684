"""The messages that incidents and measures owe: to the client, and to the managers who are asked for something.

Those about appeals are in ``messages_appeal``.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Min, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal import links, reader, wording
from supportportal.outbox.kinds import Kind
from supportportal.outbox.models import Message
from supportportal.outbox.operations import Owed
from supportportal.people.models import Firm, Gate, User

from . import eligibility, notices, still_closed
from .models import Approval, ClientAnswer, EmergencyStop, Incident, Measure, StopRequest

SUBJECT_TYPE = "conduct.incident"  # of all of them
STOP_REQUEST = "conduct_stop_request"
NOTICE, STOP, LIFTED = "conduct_notice", "conduct_stop", "conduct_lifted"
COLLEAGUE, COLLEAGUE_OPEN = "conduct_colleague", "conduct_colleague_open"
APPROVAL = "conduct_approval_asked"
LINK_KIND = "measure"
GONE = [Message.State.SENT, Message.State.DELIVERED]


# -- what is owed ------------------------------------------------------------------------------------------------------


def owed_for_stop_request(request: StopRequest, *, at: datetime) -> Owed:
    return _to_client(STOP_REQUEST, request.incident, at, copy=str(request.pk), data={"request": request.pk})


def owed_for_notice(measure: Measure, *, at: datetime) -> Iterator[Owed]:
    """The notice; of what closes a whole account, colleagues get a short mail of their own."""
    yield of_measure(NOTICE, measure, at)
    yield from to_colleagues(COLLEAGUE, measure, at)


def owed_for_stop(stop: EmergencyStop, *, at: datetime) -> Owed:
    return _to_client(STOP, stop.incident, at, useful_until=stop.until, data={"stop": stop.pk})


def owed_for_lifting(measure: Measure, *, at: datetime) -> Iterator[Owed]:
    yield of_measure(LIFTED, measure, at, **still_closed.facts(measure, measure.incident.client, at))
    yield from to_colleagues(COLLEAGUE_OPEN, measure, at)


def owed_for_approval(approval: Approval, managers: Iterable[User], *, at: datetime) -> Iterator[Owed]:
    """``managers`` are those who may approve; whom an open complaint alone keeps from it is written to as well, so that
    the mail tells nobody of it (C-8).
    """
    measure = approval.measure
    asked = {*managers, *eligibility.offered_approval(measure)}
    yield from to_staff(APPROVAL, measure, sorted(asked, key=lambda one: one.pk), at)


def of_measure(kind: str, measure: Measure, at: datetime, **more: Any) -> Owed:
    """A mail to the client of a measure; ``more`` goes into its data."""
    return _to_client(kind, measure.incident, at, copy=str(measure.pk), data={"measure": measure.pk, **more})


def to_colleagues(
    kind: str, measure: Measure, at: datetime, *, copy: str = "", closed: Sequence[str] | None = None
) -> Iterator[Owed]:
    """To everybody else of the account, where the measure reaches them; that something is open again, only to whom
    anything is. ``closed`` is what was closed to them, if not what the measure names."""
    account = measure.reached_account
    if account is None:
        return
    ends_at = measure.restriction.ends_at if measure.restriction and kind == COLLEAGUE else None
    clients = User.objects.clients().filter(account=account, is_active=True)
    colleagues = clients.exclude(pk=measure.incident.client_id)
    for person in colleagues.order_by("pk"):
        still = still_closed.facts(measure, person, at, among=closed) if kind == COLLEAGUE_OPEN else {}
        if still and still_closed.opens_nothing(measure, still, at, among=closed):
            continue
        yield Owed(
            kind,
            measure.incident_id,
            at,
            recipient=person,
            useful_until=ends_at,
            copy=f"{measure.pk}{copy}",
            data={"measure": measure.pk, **still},
        )


def to_staff(kind: str, measure: Measure, people: Iterable[User], at: datetime, **more: Any) -> Iterator[Owed]:
    data = {"measure": measure.pk, **more}
    for person in people:
        yield Owed(kind, measure.incident_id, at, recipient=person, copy=str(measure.pk), data=data)


def _to_client(
    kind: str,
    incident: Incident,
    at: datetime,
    *,
    copy: str = "",
    useful_until: datetime | None = None,
    data: dict[str, Any],
) -> Owed:
    client = incident.client
    return Owed(kind, incident.pk, at, recipient=client, useful_until=useful_until, copy=copy, data=data)


def appeal_path(measure: Measure) -> str:
    return reverse("conduct:appeal", args=[links.token(LINK_KIND, measure.pk, measure.link_epoch)])


# -- who reads them ----------------------------------------------------------------------------------------------------


def visible_to(messages: QuerySet, user: Any) -> QuerySet:
    """Requests to stop: for whoever may see the incident, the reporter too (R-10)."""
    return messages.filter(subject_id__in=Incident.objects.visible_to(user).values("pk"))


def visible_in_full_to(messages: QuerySet, user: Any) -> QuerySet:
    """Notices, approvals, appeals: for managers, and the outside reviewer of the case."""
    return messages.filter(subject_id__in=Incident.objects.in_full_for(user).values("pk"))


def heard(incident: Incident, *, all_of_it: bool) -> QuerySet[ClientAnswer]:
    """What the client answered; without ``all_of_it`` to requests to stop alone, as with the mails themselves."""
    return incident.answers.all() if all_of_it else incident.answers.filter(inbound__answers__kind=STOP_REQUEST)


# -- what they show ----------------------------------------------------------------------------------------------------


def load(ids: Sequence[int]) -> dict[int, Incident]:
    return Incident.objects.select_related("client__account").in_bulk(list(ids))


def measure_of(message: Message) -> Measure:
    rows = Measure.objects.select_related("incident__client__account", "account", "restriction")
    return rows.get(pk=message.data["measure"])


def told_at(incident: int, measure: int) -> datetime | None:
    """When the first notice of it left that has not come back; None where the client has not been told."""
    notices_of = Message.objects.about(SUBJECT_TYPE, incident).filter(kind=NOTICE, data__measure=measure)
    gone = notices_of.filter(state__in=GONE)
    return gone.aggregate(first=Min(Coalesce("sent_at", "delivered_at")))["first"]


def _stop_request(message: Message, incident: Incident) -> dict[str, Any]:
    return {"incident": incident, "text": StopRequest.objects.get(pk=message.data["request"]).text}


def _notice(message: Message, incident: Incident) -> dict[str, Any]:
    measure = measure_of(message)
    return {"incident": incident, "measure": measure, "text": measure.notice, "links": [link_to(measure, _("Appeal"))]}


def link_to(measure: Measure, label: str) -> dict[str, str]:
    return {"label": label, "url": settings.SITE_URL + appeal_path(measure)}


def _stop(message: Message, incident: Incident) -> dict[str, Any]:
    return {"incident": incident, "text": EmergencyStop.objects.get(pk=message.data["stop"]).notice}


def _lifted(message: Message, incident: Incident) -> dict[str, Any]:
    measure = measure_of(message)
    shown = {**named(measure), **still_closed.shown(message)}
    return {**shown, "measure": measure, "links": [link_to(measure, _("See the decision"))]}


def named(measure: Measure) -> dict[str, Any]:
    """How a measure is called in a mail: what it was, and of which day; in the reader's language."""
    taken_on = measure.taken_at.astimezone(Firm.current().zone).date() if measure.taken_at else None
    return {"what": measure.get_kind_display(), "taken_on": notices.day(taken_on) if taken_on else ""}


def _colleague(message: Message, incident: Incident) -> dict[str, Any]:
    """What is closed to the account and what is not; nothing about whom it is about, or why."""
    measure = measure_of(message)
    return {
        "account": measure.account,
        "is_subscription": measure.kind == Measure.Kind.SUBSCRIPTION,
        "still": still_closed.shown(message)["still"],
        "closed": notices.closed_by(measure) if measure.is_in_force(message.due_at) else [],
        "mail_is_closed": Gate.MAIL in measure.gates,
        "until": notices.span(measure, Firm.current(), as_it_ends=True),
        "complain_url": notices.complain_url(),
    }


def _approval(message: Message, incident: Incident) -> dict[str, Any]:
    measure = measure_of(message)
    due_on = wording.written_day(measure.approval.due_on, reader.language())
    link = {"label": _("Look at the proposal"), "url": settings.SITE_URL + incident.get_absolute_url()}
    return {"incident": incident, "measure": measure, "due_on": due_on, "links": [link]}


# -- whether they are still owed ---------------------------------------------------------------------------------------


def _still_stands(message: Message, incident: Incident) -> str:
    """What has been lifted or quashed meanwhile is told of by the mail that says so."""
    return "" if measure_of(message).state == Measure.State.TAKEN else _("the measure has ended already")


def _still_stopped(message: Message, incident: Incident) -> str:
    is_over = EmergencyStop.objects.get(pk=message.data["stop"]).ended_at is not None
    return _("the stop has ended already") if is_over else ""


def _still_waits(message: Message, incident: Incident) -> str:
    measure = measure_of(message)
    if measure.state != Measure.State.PROPOSED:
        return _("somebody has answered already")
    if not eligibility.offered_approval(measure).filter(pk=message.recipient_id).exists():
        return _("this person does not approve measures any more")
    return ""


def kinds_of(on_outcome: Callable[[Message, str, datetime], None]) -> list[Kind]:
    """The kinds of mail; ``on_outcome`` is told what became of a notice."""
    to_all: dict[str, Any] = {
        "channel": "email",
        "subject_type": SUBJECT_TYPE,
        "load": load,
        "visible_to": visible_to,
    }
    common = {**to_all, "visible_to": visible_in_full_to}
    return [
        Kind(STOP_REQUEST, label=gettext_lazy("Request to stop"), context=_stop_request, **to_all),
        Kind(
            NOTICE,
            label=gettext_lazy("Notice of a measure"),
            context=_notice,
            is_due=_still_stands,
            on_outcome=on_outcome,
            **common,
        ),
        Kind(
            COLLEAGUE,
            label=gettext_lazy("Measure for the whole account"),
            context=_colleague,
            is_due=_still_stands,
            **common,
        ),
        Kind(COLLEAGUE_OPEN, label=gettext_lazy("Open again for the account"), context=_colleague, **common),
        Kind(
            STOP,
            label=gettext_lazy("Contact stopped"),
            context=_stop,
            is_due=_still_stopped,
            urgent=True,
            **common,
        ),
        Kind(LIFTED, label=gettext_lazy("Measure lifted"), context=_lifted, **common),
        Kind(
            APPROVAL,
            label=gettext_lazy("Approval asked for"),
            context=_approval,
            is_due=_still_waits,
            **common,
        ),
    ]
