"""What pages show of messages: for each session or complaint, every message with its state and time (N-4)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet

from .models import Message

# state → the pill that goes with it
PILLS = {
    Message.State.PLANNED: "neutral",
    Message.State.SENDING: "info",
    Message.State.RETRYING: "warning",
    Message.State.UNKNOWN: "warning",
    Message.State.SENT: "info",
    Message.State.DELIVERED: "success",
    Message.State.FAILED: "danger",
    Message.State.SKIPPED: "neutral",
    Message.State.VOID: "neutral",
}


@dataclass(frozen=True)
class Shown:
    """One message in a list. ``at`` is when it was delivered, sent, or is due."""

    pk: int
    kind: str
    label: str
    channel: str
    state: str
    pill: str
    at: datetime
    why: str
    to: str


def messages_about(subject_type: str, ids: Iterable[int], *, to: Any = None) -> dict[int, list[Shown]]:
    """For each subject, its messages by time, in one query; ``to`` narrows to those of one recipient.

    A message that a newer one has overtaken is shown to nobody but staff: only without ``to``.
    """
    found = defaultdict(list)
    for message in _by_time(Message.objects.about(subject_type, *ids), to):
        found[message.subject_id].append(shown(message))
    return dict(found)


def messages_about_all(subjects: Mapping[str, Iterable[int]], *, to: Any = None) -> list[Shown]:
    """The same for one thing of several subjects, by type: all their messages as one list, in one query."""
    about = reduce(or_, (Q(subject_type=kind, subject_id__in=list(ids)) for kind, ids in subjects.items()))
    return [shown(message) for message in _by_time(Message.objects.filter(about), to)]


def _by_time(messages: QuerySet[Message], to: Any) -> QuerySet[Message]:
    if to is not None:
        messages = messages.filter(recipient=to).exclude(state=Message.State.VOID)
    return messages.defer("text", "html").select_related("recipient").order_by("due_at", "pk")


def shown(message: Message) -> Shown:
    return Shown(
        pk=message.pk,
        kind=message.kind,
        label=message.label,
        channel=message.get_channel_display(),
        state=message.get_state_display(),
        pill=pill_of(message),
        at=message.delivered_at or message.sent_at or message.due_at,
        why=message.why,
        to=str(message.recipient or message.sent_to or message.address),
    )


def pill_of(message: Message) -> str:
    return PILLS[Message.State(message.state)]
