"""From a message to what its recipient reads: subjects loaded in bulk, texts in the recipient's language and zone."""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import DatabaseError
from django.template import Context, Engine, Template
from django.utils import timezone, translation

from supportportal.people.models import Firm

from . import gsm, kinds, own_words, secrecy
from .kinds import Attachment, Kind
from .models import Message

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Parcel:
    """A message, written: what a gateway hands over."""

    message: Message
    address: str
    firm: Firm
    text: str
    subject: str = ""
    html: str = ""
    attachments: Sequence[Attachment] = field(default=())
    thread: str = ""  # the Message-ID of the conversation's first mail, unless this is it

    @property
    def digest(self) -> str:
        return digest(self.text)

    def kept(self) -> tuple[str, str, str]:
        """Subject, text and HTML as they may be kept: without tokens and codes."""
        kind = kinds.get(self.message.kind)
        secrets = secrecy.secrets_in(self.message.data, kind.secret)
        return (
            secrecy.blank(self.subject, secrets)[:300],
            secrecy.blank(self.text, secrets),
            secrecy.blank(self.html, secrets),
        )


def load_subjects(messages: Iterable[Message]) -> dict[int, Any]:
    """What each message (by its pk) is about: the subject, None if it is gone, or the exception that hid it.

    One query per kind. Where that fails, each is tried alone, so that one broken subject hides no other.
    """
    by_kind = defaultdict(list)
    for message in messages:
        by_kind[message.kind].append(message)
    found: dict[int, Any] = {}
    for code, of_kind in by_kind.items():
        try:
            subjects = kinds.get(code).load([message.subject_id for message in of_kind])
            found |= {message.pk: subjects.get(message.subject_id) for message in of_kind}
        except DatabaseError:
            raise  # nobody's subject can be read now: no message is to blame
        except Exception:
            logger.exception("Loading what %s messages are about failed; trying each alone", code)
            found |= {message.pk: _load_alone(message) for message in of_kind}
    return found


def _load_alone(message: Message) -> Any:
    try:
        return kinds.get(message.kind).load([message.subject_id]).get(message.subject_id)
    except DatabaseError:
        raise
    except Exception as error:  # whatever a kind raises parks this message alone
        return error


@dataclass(frozen=True)
class Written:
    """The words of a message alone."""

    text: str
    subject: str = ""
    html: str = ""


def write(
    message: Message, subject: Any, *, firm: Firm, words: Mapping[tuple[str, str], own_words.Parts] | None = None
) -> Parcel:
    """The message as it would go out now. Raises whatever its kind or its templates raise.

    ``words`` are the firm's own, for the kinds of a whole batch; looked up here where they are not given.
    """
    kind = kinds.get(message.kind)
    language, zone = reader_of(message, firm)
    own = (own_words.in_use([kind.code]) if words is None else words).get((kind.code, language), own_words.NONE)
    with translation.override(language), timezone.override(zone):
        shown = {
            **frame(firm, language),
            "recipient": message.recipient,
            "recipient_name": message.recipient.name if message.recipient else "",
            **kind.context(message, subject),
        }
        written = compose(kind, shown, own)
        if message.channel == Message.Channel.SMS:
            return Parcel(message, phone_of(message), firm, written.text)
        return Parcel(
            message,
            address_of(message),
            firm,
            written.text,
            written.subject,
            written.html,
            tuple(kind.attachments(message, subject)),
            _thread_of(message, kind.thread(message, subject)),
        )


def frame(firm: Firm, language: str) -> dict[str, Any]:
    """What the templates of every message show."""
    return {"firm": firm, "site_url": settings.SITE_URL, "language": language}


def compose(kind: Kind, shown: Mapping[str, Any], own: own_words.Parts) -> Written:
    """The shipped words, and where the firm has its own, those; in the language and zone in force."""
    filled = own_words.fill(kind.code, own, shown)
    if kind.channel == Message.Channel.SMS:
        return Written(gsm.simplify(filled.get("sms") or _one_line("sms.txt", kind.code, shown)))
    shown = {**shown, "own_words": filled}
    shown["subject"] = filled.get("subject") or _one_line("subject.txt", kind.code, shown)
    return Written(
        _text("body.txt", kind.code, shown).strip() + "\n",
        shown["subject"],
        template("body.html", kind.code).render(Context(shown)),
    )


def _thread_of(message: Message, first: Message | None) -> str:
    return message_id(first) if first is not None and first.pk != message.pk else ""


def reader_of(message: Message, firm: Firm) -> tuple[str, ZoneInfo]:
    """The language and zone to write in."""
    reader = message.recipient or firm
    return message.language or reader.language, ZoneInfo(message.time_zone or reader.time_zone)


def address_of(message: Message) -> str:
    return message.address or (message.recipient.email if message.recipient else "")


def phone_of(message: Message) -> str:
    return message.address or (message.recipient.phone if message.recipient else "")


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def message_id(message: Message) -> str:
    """The Message-ID of an e-mail: the same however often it has to be sent."""
    name = hashlib.sha256(f"{message.pk}:{message.key}".encode()).hexdigest()[:32]
    return f"<{name}@{urlsplit(settings.SITE_URL).hostname}>"


def _one_line(name: str, code: str, shown: Mapping[str, Any]) -> str:
    return " ".join(_text(name, code, shown).split())


def _text(name: str, code: str, shown: Mapping[str, Any]) -> str:
    return template(name, code).render(Context(dict(shown), autoescape=False))


def template(name: str, code: str) -> Template:
    return Engine.get_default().get_template(f"messages/{code}/{name}")
