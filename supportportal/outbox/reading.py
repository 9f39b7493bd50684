"""What pages show of messages: for each subject, every message with its state and time in words (N-4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import kinds
from .models import Message

PILLS = {
    Message.State.SENT: "success",
    Message.State.DELIVERED: "success",
    Message.State.FAILED: "danger",
    Message.State.UNKNOWN: "warning",
    Message.State.RETRYING: "warning",
    Message.State.SENDING: "info",
    Message.State.PLANNED: "info",
}


@dataclass(frozen=True)
class Shown:
    """One message as a line: ``at`` is when it was sent, else when it is due; ``pill`` the state's colour and shape."""

    pk: int
    label: Any
    channel: str
    recipient: Any
    state: str
    pill: str
    at: datetime
    why: str


def messages_about(subject_type: str, subject_ids: Iterable[int], *, to: Any = None) -> dict[int, list[Shown]]:
    """The messages of each subject in the order in which they are due, those to one person only where ``to`` is given.

    Overtaken ones are left out. Two queries at most, however many subjects.
    """
    rows = Message.objects.about(subject_type, *subject_ids).exclude(state=Message.State.VOID)
    if to is not None:
        rows = rows.filter(recipient=to)
    shown: dict[int, list[Shown]] = {}
    for message in rows.select_related("recipient").order_by("due_at", "pk"):
        shown.setdefault(message.subject_id, []).append(as_shown(message))
    return shown


def as_shown(message: Message) -> Shown:
    state = Message.State(message.state)
    return Shown(
        pk=message.pk,
        label=kinds.get(message.kind).label,
        channel=message.channel,
        recipient=message.recipient or message.address,
        state=str(state.label),
        pill=PILLS.get(state, "neutral"),
        at=message.delivered_at or message.sent_at or message.due_at,
        why=message.note,
    )
