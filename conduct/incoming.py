"""Mail that answers what we wrote about an incident: kept with it, whoever is restricted or not (R-4, R-6, R-9a).

An answer to a notice is no appeal by itself: its sender is told how to make one, and managers can enter it as one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from complaints.incoming import files_of
from complaints.operations.mentions import own_words
from supportportal.outbox.inbound import Action, Handler, Mail, Outcome
from supportportal.outbox.models import Inbound
from supportportal.people.access import gate_is_open
from supportportal.people.models import Gate, User

from . import messages, messages_appeal
from .models import MANAGERS, Incident, Measure
from .operations import reporting

DONE, TO_DO = Inbound.State.HANDLED, Inbound.State.WAITING
# What goes to the client alone; colleagues and staff who answer theirs are no party to the case.
TO_CLIENT = (
    *(messages.STOP_REQUEST, messages.NOTICE, messages.STOP, messages.LIFTED),
    *(messages_appeal.RECEIVED, messages_appeal.DECIDED, messages_appeal.SUSPENDED),
)
NOT_TAKEN = gettext_noop("files that were not taken")
SOMEBODY_ELSE = gettext_noop("not from the client's address")


def _answers_the_client(mail: Mail) -> bool:
    if mail.answers is None or mail.replies_to != messages.SUBJECT_TYPE or mail.answers.kind not in TO_CLIENT:
        return False
    return not _is_over(mail)


def _is_over(mail: Mail) -> bool:
    """Whether nothing can follow from it any more: the case is decided, its appeal too. Of somebody to whom mail is
    closed it is then kept aside like any other mail: an old notice is no way around what was decided (R-4).
    """
    assert mail.answers is not None
    incident = Incident.objects.select_related("client").filter(pk=mail.answers.subject_id).first()
    if incident is None or gate_is_open(incident.client, Gate.MAIL, mail.inbound.arrived_at):
        return False
    measure = _measure_of(mail.inbound, mail.answers)
    if measure is None:
        return incident.state != Incident.State.OPEN
    return hasattr(measure, "appeal") and not measure.appeal.is_open


def _take(mail: Mail, at: datetime) -> Outcome:
    """Keep what the client wrote, with its files. An answer to a request to stop is there for whoever decides; any
    other is put before managers too.
    """
    assert mail.answers is not None
    incident = Incident.objects.select_related("client").filter(pk=mail.answers.subject_id).first()
    if incident is None:
        return Outcome(TO_DO)
    about = (messages.SUBJECT_TYPE, incident.pk)
    if not _is_from(mail, incident.client):
        return Outcome(TO_DO, *about, note=SOMEBODY_ELSE)
    inbound = mail.inbound
    files, left_out = files_of(inbound)
    reporting.hear(incident, own_words(inbound.text), files=files, inbound=inbound, at=inbound.arrived_at)
    is_heard = mail.answers.kind == messages.STOP_REQUEST and incident.state == Incident.State.OPEN and not left_out
    note = f"{NOT_TAKEN}: {', '.join(left_out)}" if left_out else ""
    answer, data = _told_how_to_appeal(mail, incident)
    return Outcome(DONE if is_heard else TO_DO, *about, note=note, answer=answer, data=data)


def _is_from(mail: Mail, client: User) -> bool:
    """Whoever holds our reply address may be somebody else: their words are not put down as the client's."""
    if mail.person is not None:
        return mail.person == client
    return mail.inbound.verdict != Inbound.Verdict.FAIL and mail.inbound.sender.lower() == client.email.lower()


def _told_how_to_appeal(mail: Mail, incident: Incident) -> tuple[str, dict[str, Any]]:
    """The link goes only to a sender whom the provider has confirmed, and while it still leads to a form."""
    measure = _measure_of(mail.inbound, mail.answers)
    if measure is None or not _can_be_appealed(measure) or mail.person != incident.client:
        return "", {}
    return messages_appeal.KEPT, {"measure": measure.pk}


def _measure_of(inbound: Inbound, answers: Any = None) -> Measure | None:
    answers = answers or inbound.answers
    pk = answers.data.get("measure") if answers is not None else None
    return Measure.objects.select_related("incident").filter(pk=pk).first() if pk else None


def _can_be_appealed(measure: Measure) -> bool:
    return measure.taken_at is not None and not hasattr(measure, "appeal")


def visible_to(queryset: Any, user: Any) -> Any:
    """Answers to requests to stop are for whoever may see the incident, all others for managers (R-10)."""
    in_full = Q(subject_id__in=Incident.objects.in_full_for(user).values("pk"))
    seen = Q(subject_id__in=Incident.objects.visible_to(user).values("pk"), answers__kind=messages.STOP_REQUEST)
    return queryset.filter(~Q(subject_type=messages.SUBJECT_TYPE) | in_full | seen)


def _about(inbound: Inbound) -> str:
    incident = Incident.objects.filter(pk=inbound.subject_id or 0).first()
    return _("Incident %(reference)s") % {"reference": incident.reference} if incident else ""


def _actions(inbound: Inbound) -> Sequence[Action]:
    incident = Incident.objects.filter(pk=inbound.subject_id or 0).first()
    if incident is None:
        return []
    found = [Action(_("Open the incident"), incident.get_absolute_url())]
    measure = _measure_of(inbound)
    if measure is not None and _can_be_appealed(measure):
        found.append(_entry(measure, inbound))
    return found


def _offers(inbound: Inbound, user: User) -> Sequence[Action]:
    """A mail of somebody with a measure that can still be appealed, which answers nothing of ours."""
    if inbound.person is None or not user.has_role(*MANAGERS):
        return []
    theirs = Incident.objects.visible_to(user).filter(client=inbound.person)
    open_to_appeal = Measure.objects.filter(incident__in=theirs.values("pk"), taken_at__isnull=False, appeal=None)
    return [_entry(measure, inbound) for measure in open_to_appeal.select_related("incident").order_by("-taken_at")[:3]]


def _entry(measure: Measure, inbound: Inbound) -> Action:
    address = reverse("admin:conduct_appeal_enter", args=[measure.pk])
    label = _("Enter it as an appeal (%(reference)s)") % {"reference": measure.incident.reference}
    return Action(label, f"{address}?{urlencode({'mail': inbound.pk})}")


HANDLERS = [
    Handler(
        "conduct.reply",
        _answers_the_client,
        _take,
        subject_type=messages.SUBJECT_TYPE,
        position=6,
        about=_about,
        actions=_actions,
        visible_to=visible_to,
        offers=_offers,
        never_closed=True,
    )
]
