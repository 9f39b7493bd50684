"""The demo's own mailbox: what would be sent is kept, and shown as it would arrive."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage as ParsedMail

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from supportportal.outbox.gateways import Result, Sent
from supportportal.outbox.rendering import Parcel
from supportportal.people.models import User

from .models import DemoMail


class EmailBackend(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        DemoMail.objects.bulk_create(
            DemoMail(
                channel=DemoMail.Channel.EMAIL,
                address=address.lower(),
                subject=mail.subject[:300],
                raw=mail.message().as_bytes(linesep="\r\n"),
            )
            for mail in email_messages
            for address in mail.recipients()
        )
        return len(email_messages)


class SmsGateway:
    name = "mailbox-sms"
    chunk = 1
    timeout = 10.0

    @contextmanager
    def open(self) -> Iterator[None]:
        yield

    def send(self, parcel: Parcel, *, at: datetime) -> Result:
        mail = DemoMail.objects.create(
            channel=DemoMail.Channel.SMS, address=parcel.address, raw=parcel.text.encode(), subject=parcel.text[:300]
        )
        return Sent(provider_id=f"mailbox-{mail.pk}")


def clear() -> None:
    DemoMail.objects.all().delete()


def unread_count(address: str = "") -> int:
    """Unread mails and text messages of one address, or of all."""
    unread = DemoMail.objects.unread()
    return (unread.filter(address=address.lower()) if address else unread).count()


def unread_count_of(person: User) -> int:
    """Unread mails and text messages of one person."""
    return DemoMail.objects.unread().filter(address__in=addresses_of(person)).count()


def addresses_of(person: User) -> list[str]:
    return [address for address in (person.email.lower(), person.phone) if address]


@dataclass(frozen=True)
class File:
    name: str
    content: bytes


@dataclass(frozen=True)
class Opened:
    """A mail, taken apart."""

    sender: str
    reply_to: str
    message_id: str
    text: str
    html: str
    files: list[File]


def open_mail(mail: DemoMail) -> Opened:
    if mail.channel == DemoMail.Channel.SMS:
        return Opened("", "", "", bytes(mail.raw).decode(), "", [])
    parsed = message_from_bytes(bytes(mail.raw), policy=policy.default)
    return Opened(
        sender=str(parsed["From"] or ""),
        reply_to=str(parsed["Reply-To"] or ""),
        message_id=str(parsed["Message-ID"] or ""),
        text=_body(parsed, "plain"),
        html=_body(parsed, "html"),
        files=[File(part.get_filename() or "file", _bytes(part)) for part in parsed.iter_attachments()],
    )


def _body(parsed: ParsedMail, kind: str) -> str:
    part = parsed.get_body(preferencelist=(kind,))
    return part.get_content() if part else ""


def _bytes(part: ParsedMail) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""
