"""The mail that tells one person which deadlines need somebody: ahead, and once missed (C-7)."""

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
from supportportal.people.models import Firm, User

from . import calendars, warning_times
from .models import Complaint, Deadline

DEADLINE_DIGEST = "deadline_digest"


@dataclass(frozen=True)
class Line:
    """One deadline as the digest tells it."""

    deadline: Deadline
    is_missed: bool
    due: str
    url: str


def owed(person: User, told: Sequence[tuple[Deadline, str]], *, at: datetime) -> Owed:
    """One digest for one person: each deadline with the field that notes why it is told."""
    complaints = {row.complaint for row, _stage in told}
    return Owed(
        DEADLINE_DIGEST,
        person.pk,
        at,
        recipient=person,
        copy=uuid4().hex,  # a sweep tells each thing once: no two digests are the same
        data={
            "deadlines": [[row.pk, stage] for row, stage in told],
            # What is kept of the mail names no case: who may read about it can change (C-8).
            "cases": [text for one in complaints for text in (one.reference, one.get_absolute_url())],
        },
    )


def lines(message: Message, person: User) -> list[Line]:
    """What is still to tell: nothing met or moved since, nothing about a case that the person may not see (C-8)."""
    stages = dict(message.data.get("deadlines", []))
    rows = Deadline.objects.running().filter(pk__in=stages, complaint__in=Complaint.objects.visible_to(person))
    zone, language = calendars.zone_of(Firm.current()), reader.language()
    return [
        Line(
            row,
            stages[row.pk] == warning_times.MISSED,
            wording.written_day(row.day, language) if row.day else wording.written_out(row.due_at, zone, language),
            settings.SITE_URL + row.complaint.get_absolute_url(),
        )
        for row in rows.select_related("complaint").order_by("due_at", "pk")
        if row.due_at is not None
        and getattr(row, stages[row.pk]) is not None  # else it has moved: its time comes again
    ]


def _load(ids: Sequence[int]) -> dict[int, User]:
    return User.objects.in_bulk(list(ids))


def _is_due(message: Message, person: User) -> str:
    return "" if lines(message, person) else _("nothing of it is open any more")


def _context(message: Message, person: User) -> dict[str, Any]:
    told = lines(message, person)
    return {
        "missed": [line for line in told if line.is_missed],
        "soon": [line for line in told if not line.is_missed],
        "links": [
            {"label": _("Open the board"), "url": settings.SITE_URL + reverse("admin:complaints_complaint_changelist")}
        ],
    }


def _visible_to(messages: QuerySet, user: Any) -> QuerySet:
    return messages.filter(recipient=user.pk)


KIND = Kind(
    code=DEADLINE_DIGEST,
    label=gettext_lazy("Deadlines of complaints"),
    channel="email",
    subject_type="people.user",
    load=_load,
    context=_context,
    is_due=_is_due,
    visible_to=_visible_to,
    secret=("cases",),
)
