"""The files that came with a mail, taken out within limits; like the words, reading them never fails. Pure."""

from dataclasses import dataclass
from email.errors import MessageError
from email.message import Message
from itertools import islice

from . import mails

MOST_FILES = 30


@dataclass(frozen=True)
class MailFile:
    name: str
    content: bytes


def read(raw: bytes) -> list[MailFile]:
    """What is attached to ``raw``, pictures inside its text included; nothing of it is checked."""
    found = (_file(part) for part in islice(mails.parse(raw).walk(), mails.MOST_PARTS))
    return [one for one in found if one is not None][:MOST_FILES]


def _file(part: Message) -> MailFile | None:
    try:
        name, kind = part.get_filename() or "", part.get_content_type()
        is_words = kind.startswith("text/") and not name and part.get_content_disposition() != "attachment"
        if part.is_multipart() or is_words:
            return None
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError, AttributeError, MessageError):  # a part that cannot be read
        return None
    return MailFile(mails.clean(name), content) if isinstance(content, bytes) and content else None
