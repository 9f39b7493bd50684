"""The mails about follow-ups: who waits for whom and since when, never what is written in one (R-8)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal import reader, wording
from supportportal.outbox.kinds import Kind
from supportportal.outbox.models import Message
from supportportal.outbox.operations import Owed
from supportportal.people.models import User

from .models import FollowUp

CARE_DUE = "conduct_care_due"
HANDED_ON, UNTAKEN, UNNOTED = "handed_on", "untaken", "unnoted"


def owed_for_handing_on(follow_up: FollowUp, *, at: datetime) -> Owed:
    """To the manager to whom it was handed."""
    return _owed(follow_up, follow_up.manager, HANDED_ON, at)


def owed_for_waiting(follow_up: FollowUp, manager: User, *, at: datetime) -> Owed:
    """To each manager who could take it: nobody has."""
    return _owed(follow_up, manager, UNTAKEN, at)


def owed_for_silence(follow_up: FollowUp, *, at: datetime) -> Owed:
    """To the manager who took it: nothing has been noted."""
    return _owed(follow_up, follow_up.manager, UNNOTED, at)


def _owed(follow_up: FollowUp, to: User | None, stage: str, at: datetime) -> Owed:
    return Owed(CARE_DUE, follow_up.pk, at, recipient=to, copy=stage, data={"stage": stage})


def _load(ids: Sequence[int]) -> dict[int, FollowUp]:
    return FollowUp.objects.select_related("person", "manager").in_bulk(list(ids))


def _is_due(message: Message, follow_up: FollowUp) -> str:
    stage, over = message.data["stage"], _("this has been dealt with")
    if not FollowUp.objects.open().filter(pk=follow_up.pk).exists():
        return over
    if stage == UNTAKEN:
        return over if follow_up.manager_id else ""
    return over if follow_up.manager_id != message.recipient_id or follow_up.notes.exists() else ""


def _context(message: Message, follow_up: FollowUp) -> dict[str, Any]:
    stage = message.data["stage"]
    if stage == UNTAKEN:
        link = {
            "label": _("Open the follow-ups"),
            "url": settings.SITE_URL + reverse("admin:conduct_followup_changelist"),
        }
    else:
        link = {"label": _("Open the follow-up"), "url": settings.SITE_URL + follow_up.get_absolute_url()}
    due = wording.written_day(follow_up.due_on, reader.language())
    return {"stage": stage, "person": follow_up.person, "due": due, "links": [link]}


def _visible_to(messages: QuerySet, user: Any) -> QuerySet:
    return messages.filter(recipient=user.pk)


KIND = Kind(
    code=CARE_DUE,
    label=gettext_lazy("Follow-up with a colleague"),
    channel="email",
    subject_type="conduct.followup",
    load=_load,
    context=_context,
    is_due=_is_due,
    visible_to=_visible_to,
)
