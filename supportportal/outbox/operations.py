"""What may happen to a message. Planning is here from the start; claiming and sending follow below."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from . import kinds
from .models import Message


@dataclass(frozen=True)
class Owed:
    """One message that something owes to someone. Without a ``recipient``, address, language and zone must be given."""

    kind: str
    subject_id: int
    due_at: datetime
    version: int = 1
    useful_until: datetime | None = None
    recipient: Any = None
    copy: str = ""
    address: str = ""
    language: str = ""
    time_zone: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        whom = self.recipient.pk if self.recipient else self.address
        return f"{self.kind}:{self.subject_id}:{self.version}:{whom}:{self.copy}"


def plan(owed: Iterable[Owed], *, at: datetime) -> None:
    """Write what is owed, in the caller's transaction. The same key twice is one message (N-1)."""
    rows = [
        Message(
            key=one.key,
            kind=one.kind,
            channel=kinds.get(one.kind).channel,
            subject_type=kinds.get(one.kind).subject_type,
            subject_id=one.subject_id,
            version=one.version,
            recipient=one.recipient,
            copy=one.copy,
            address=one.address,
            language=one.language,
            time_zone=one.time_zone,
            data=one.data,
            due_at=one.due_at,
            try_at=one.due_at,
            useful_until=one.useful_until,
            created_at=at,
        )
        for one in owed
    ]
    Message.objects.bulk_create(rows, ignore_conflicts=True)


def void(subject_type: str, subject_id: int, *, below_version: int) -> None:
    """Overtake what is still unsent of older versions of a subject (B-6)."""
    Message.objects.about(subject_type, subject_id).filter(
        version__lt=below_version, state__in=[Message.State.PLANNED, Message.State.RETRYING]
    ).update(state=Message.State.VOID)
