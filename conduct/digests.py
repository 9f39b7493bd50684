"""The mail that tells one person which appeals have waited too long for a decision (R-7, S-1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal import reader, wording
from supportportal.outbox.kinds import Kind
from supportportal.outbox.models import Message
from supportportal.outbox.operations import Owed
from supportportal.people.models import Role, User

from . import eligibility
from .models import Appeal
from .policy import POLICY

APPEALS_DUE = "conduct_appeals_due"
REMINDED, PRESSED = "reminded_at", "pressed_at"  # the field of the appeal that notes it


@dataclass(frozen=True)
class Line:
    """One appeal as the digest tells it."""

    reference: str
    answer_by: str
    is_second: bool
    url: str


def owed(person: User, told: Sequence[tuple[Appeal, str]], *, at: datetime) -> Owed:
    incidents = {appeal.measure.incident for appeal, _stage in told}
    return Owed(
        APPEALS_DUE,
        person.pk,
        at,
        recipient=person,
        copy=uuid4().hex,  # each thing is told once: no two digests are the same
        data={
            "appeals": [[appeal.pk, stage] for appeal, stage in told],
            # What is kept of the mail names no case: who may read about it can change (C-8).
            "cases": [
                *(one.reference for one in incidents),
                *(appeal.get_absolute_url() for appeal, _stage in told),
            ],
        },
    )


def lines(message: Message, person: User) -> list[Line]:
    """What still waits for this person."""
    stages = dict(message.data.get("appeals", []))
    rows = Appeal.objects.open().filter(pk__in=stages, suspended_at__isnull=True)
    rows = rows.select_related("measure__incident").order_by("answer_by", "pk")
    return [_line(appeal, stages[appeal.pk]) for appeal in rows if _is_for(appeal, person)]


def _line(appeal: Appeal, stage: str) -> Line:
    return Line(
        appeal.measure.incident.reference,
        wording.written_day(appeal.answer_by, reader.language()) if appeal.answer_by else "",
        stage == PRESSED,
        settings.SITE_URL + appeal.get_absolute_url(),
    )


def _is_for(appeal: Appeal, person: User) -> bool:
    offered = eligibility.offered_appeal(appeal.measure)
    if offered.filter(pk=person.pk).exists():
        return True
    return person.has_role(Role.OWNER, Role.DEPUTY) and not offered.exists()


def _load(ids: Sequence[int]) -> dict[int, User]:
    return User.objects.in_bulk(list(ids))


def _is_due(message: Message, person: User) -> str:
    return "" if lines(message, person) else _("nothing of it is open any more")


def _context(message: Message, person: User) -> dict[str, Any]:
    board = {"label": _("Open the appeals"), "url": settings.SITE_URL + reverse("admin:conduct_appeal_changelist")}
    return {"lines": lines(message, person), "days": POLICY.appeal_suspends_days, "links": [board]}


def _visible_to(messages: QuerySet, user: Any) -> QuerySet:
    return messages.filter(recipient=user.pk)


KIND = Kind(
    code=APPEALS_DUE,
    label=gettext_lazy("Appeals that are late"),
    channel="email",
    subject_type="people.user",
    load=_load,
    context=_context,
    is_due=_is_due,
    visible_to=_visible_to,
    secret=("cases",),
)
