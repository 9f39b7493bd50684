"""The messages that incidents and measures owe: to the client, and to the managers who are asked for something."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal import links, reader, wording
from supportportal.outbox.kinds import Kind
from supportportal.outbox.models import Message
from supportportal.outbox.operations import Owed
from supportportal.people.models import User

from .models import Approval, EmergencyStop, Incident, Measure, StopRequest

SUBJECT_TYPE = "conduct.incident"  # of all of them: who may see the incident, may see what was written about it
STOP_REQUEST = "conduct_stop_request"
NOTICE, STOP, LIFTED = "conduct_notice", "conduct_stop", "conduct_lifted"
APPROVAL = "conduct_approval_asked"
LINK_KIND = "measure"


# -- what is owed ------------------------------------------------------------------------------------------------------


def owed_for_stop_request(request: StopRequest, *, at: datetime) -> Owed:
    return _to_client(STOP_REQUEST, request.incident, at, copy=str(request.pk), data={"request": request.pk})


def owed_for_notice(measure: Measure, *, at: datetime) -> Iterator[Owed]:
    yield _to_client(NOTICE, measure.incident, at, copy=str(measure.pk), data={"measure": measure.pk})


def owed_for_stop(stop: EmergencyStop, *, at: datetime) -> Owed:
    return _to_client(STOP, stop.incident, at, data={"stop": stop.pk})


def owed_for_lifting(measure: Measure, *, at: datetime) -> Iterator[Owed]:
    yield _to_client(LIFTED, measure.incident, at, copy=str(measure.pk), data={"measure": measure.pk})


def owed_for_approval(approval: Approval, managers: Iterable[User], *, at: datetime) -> Iterator[Owed]:
    measure = approval.measure
    for manager in managers:
        yield Owed(
            APPROVAL,
            measure.incident_id,
            at,
            recipient=manager,
            copy=str(measure.pk),
            data={"measure": measure.pk},
        )


def _to_client(kind: str, incident: Incident, at: datetime, *, copy: str = "", data: dict[str, Any]) -> Owed:
    return Owed(kind, incident.pk, at, recipient=incident.client, copy=copy, data=data)


def appeal_path(measure: Measure) -> str:
    return reverse("conduct:appeal", args=[links.token(LINK_KIND, measure.pk, measure.link_epoch)])


# -- what they show ----------------------------------------------------------------------------------------------------


def visible_to(messages: QuerySet, user: Any) -> QuerySet:
    """Messages about incidents that ``user`` may see (R-10)."""
    return messages.filter(subject_id__in=Incident.objects.visible_to(user).values("pk"))


def _load(ids: Sequence[int]) -> dict[int, Incident]:
    return Incident.objects.select_related("client__account").in_bulk(list(ids))


def _stop_request(message: Message, incident: Incident) -> dict[str, Any]:
    return {"incident": incident, "text": StopRequest.objects.get(pk=message.data["request"]).text}


def _measure_of(message: Message) -> Measure:
    return Measure.objects.select_related("incident__client", "restriction").get(pk=message.data["measure"])


def _notice(message: Message, incident: Incident) -> dict[str, Any]:
    measure = _measure_of(message)
    link = {"label": _("Appeal"), "url": settings.SITE_URL + appeal_path(measure)}
    return {"incident": incident, "measure": measure, "text": measure.notice, "links": [link]}


def _stop(message: Message, incident: Incident) -> dict[str, Any]:
    return {"incident": incident, "text": EmergencyStop.objects.get(pk=message.data["stop"]).notice}


def _lifted(message: Message, incident: Incident) -> dict[str, Any]:
    return {"incident": incident, "measure": _measure_of(message)}


def _approval(message: Message, incident: Incident) -> dict[str, Any]:
    measure = _measure_of(message)
    due_on = wording.written_day(measure.approval.due_on, reader.language())
    link = {"label": _("Look at the proposal"), "url": settings.SITE_URL + incident.get_absolute_url()}
    return {"incident": incident, "measure": measure, "due_on": due_on, "links": [link]}


def _still_waits(message: Message, incident: Incident) -> str:
    is_open = _measure_of(message).state == Measure.State.PROPOSED
    return "" if is_open else _("somebody has answered already")


def kinds_of(on_outcome: Callable[[Message, str, datetime], None]) -> list[Kind]:
    """The kinds of mail; ``on_outcome`` is told what became of a notice."""
    common: dict[str, Any] = {
        "channel": "email",
        "subject_type": SUBJECT_TYPE,
        "load": _load,
        "visible_to": visible_to,
    }
    return [
        Kind(STOP_REQUEST, label=gettext_lazy("Request to stop"), context=_stop_request, **common),
        Kind(NOTICE, label=gettext_lazy("Notice of a measure"), context=_notice, on_outcome=on_outcome, **common),
        Kind(STOP, label=gettext_lazy("Contact stopped"), context=_stop, urgent=True, **common),
        Kind(LIFTED, label=gettext_lazy("Measure lifted"), context=_lifted, **common),
        Kind(
            APPROVAL,
            label=gettext_lazy("Approval asked for"),
            context=_approval,
            is_due=_still_waits,
            **common,
        ),
    ]
