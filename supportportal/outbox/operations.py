"""What other apps and staff may do with messages: plan, overtake, look at, send again. Senders have their own verbs."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from supportportal.people.models import Firm
from supportportal.trail import operations as trail

from . import kinds, rendering
from .models import Message


class SendAgainRefused(Exception):
    """``str()`` of it is fit to show."""


@dataclass(frozen=True)
class Preview:
    """A message as staff may see it; ``as_sent`` tells a kept copy from one written just now."""

    address: str
    subject: str
    text: str
    html: str
    as_sent: bool


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
            urgent=kinds.get(one.kind).urgent,
            due_at=one.due_at,
            try_at=one.due_at,
            useful_until=one.useful_until,
            created_at=at,
        )
        for one in owed
    ]
    Message.objects.bulk_create(rows, ignore_conflicts=True)


def void(subject_type: str, subject_id: int, *, below_version: int) -> None:
    """Overtake what is still unsent of older versions of a subject (B-6).

    What is being sent at this moment cannot be called back, but is not tried again.
    """
    older = Message.objects.about(subject_type, subject_id).filter(version__lt=below_version)
    with transaction.atomic():
        open_states = [*Message.UNSENT, *Message.AT_RISK]
        # In one order everywhere, so that voiding and sending never wait for each other in a circle.
        locked = older.filter(state__in=open_states).select_for_update(no_key=True).order_by("pk")
        pks = [message.pk for message in locked.only("pk")]
        rows = Message.objects.filter(pk__in=pks)
        rows.filter(state__in=Message.AT_RISK).update(overtaken=True)
        rows.filter(state__in=Message.UNSENT).update(state=Message.State.VOID)


def send_again(message: Message, *, by: Any, at: datetime) -> Message:
    """Owe the same message once more, now, as a message of its own; what became of the first stays on record (N-4).

    Its kind decides anew whether it is still due; a time limit that has passed no longer holds.
    Raises SendAgainRefused while the first is still on its way.
    """
    if not message.is_settled:
        raise SendAgainRefused(_("This message has not been settled yet: it will still be sent by itself."))
    with transaction.atomic():
        list(Message.objects.select_for_update(no_key=True).filter(pk=message.pk))
        root = message.data.get("again_of", message.pk)
        number = Message.objects.filter(data__again_of=root).count() + 1
        useful_until = message.useful_until if message.useful_until and message.useful_until > at else None
        again = Message.objects.create(
            key=f"again:{root}:{number}",
            kind=message.kind,
            channel=message.channel,
            subject_type=message.subject_type,
            subject_id=message.subject_id,
            version=message.version,
            recipient=message.recipient,
            copy=message.copy,
            address=message.address,
            language=message.language,
            time_zone=message.time_zone,
            data={**message.data, "again_of": root},
            urgent=message.urgent,
            due_at=at,
            try_at=at,
            useful_until=useful_until,
            created_at=at,
        )
        trail.record("message.sent_again", message, by=by, at=at, again=again.pk)
    return again


def preview(message: Message) -> Preview:
    """What the recipient got, or would get now; without the keys that its links hold (N-4).

    Raises whatever the message's kind raises while writing it.
    """
    if message.text:
        return Preview(message.sent_to, message.subject, message.text, message.html, as_sent=True)
    subject = rendering.load_subjects([message])[message.pk]
    if isinstance(subject, Exception):
        raise subject
    if subject is None:
        return Preview(message.sent_to, "", "", "", as_sent=False)
    parcel = rendering.write(message, subject, firm=Firm.current())
    return Preview(parcel.address, *parcel.kept(), as_sent=False)
