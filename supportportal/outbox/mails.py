"""A raw mail, taken apart within limits: whatever it is made of, reading it costs little and never fails. Pure."""

import email
import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from html.parser import HTMLParser
from itertools import islice

READ_BYTES = 512 * 1024  # of the mail; its words come before its files
MOST_BOUNDARIES = 40  # nested or listed parts; more than that is no letter
MOST_PARTS = 60
MOST_HTML = 200_000
MOST_TEXT = 20_000
MOST_HEADERS = 500
MOST_HEADER = 4_000
MOST_RECIPIENTS = 50
MOST_REFERENCES = 40
_REFERENCE = re.compile(r"<[^<>\s]{3,290}>")
_BULK = {"bulk", "junk", "list", "auto_reply", "auto-reply"}
# Nobody reads what is sent to these.
_NOBODY = re.compile(r"^(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?|nobody)([+-].*)?@", re.IGNORECASE)


@dataclass(frozen=True)
class Letter:
    """What a mail says of itself. Nothing of it is proven."""

    message_id: str
    references: tuple[str, ...]
    senders: tuple[tuple[str, str], ...]  # (name, address in lower case)
    recipients: tuple[str, ...]
    subject: str
    text: str
    is_automatic: bool
    headers: tuple[tuple[str, str], ...]  # as they came, in their order, names in lower case

    @property
    def sender(self) -> str:
        return self.senders[0][1] if self.senders else ""

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


def read(raw: bytes, *, envelope_sender: str | None = None, envelope_recipient: str | None = None) -> Letter:
    """Take ``raw`` apart. ``envelope_sender`` is what the server was told: empty for a bounce, None where unknown."""
    mail = parse(raw[:READ_BYTES])
    items = islice(mail.items(), MOST_HEADERS)
    headers = tuple((str(name).lower(), clean(str(value)[:MOST_HEADER])) for name, value in items)
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(value)
    senders = tuple(_addresses(values.get("from", [])))
    told = [envelope_recipient] if envelope_recipient else []
    to = [
        name for name in ("to", "cc", "delivered-to", "x-original-to", "envelope-to") for name in values.get(name, [])
    ]
    return Letter(
        message_id=next(iter(_references(values.get("message-id", []))), ""),
        references=tuple(_references([*values.get("in-reply-to", []), *values.get("references", [])])),
        senders=senders,
        recipients=tuple(dict.fromkeys(address for _name, address in _addresses([*told, *to])))[:MOST_RECIPIENTS],
        subject=_words(next(iter(values.get("subject", [])), ""))[:300],
        text=_text_of(mail)[:MOST_TEXT].strip(),
        is_automatic=_is_automatic(values, senders, envelope_sender),
        headers=headers,
    )


def clean(text: str) -> str:
    """Without what a database or a page cannot hold."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(one for one in text if one in "\n\t" or (one.isprintable() and not 0xD800 <= ord(one) <= 0xDFFF))


def parse(raw: bytes) -> Message:
    """A mail as a tree; one that is built to cost much is its headers alone."""
    # Each boundary is looked for in each line that follows, each level of nesting is a level of recursion.
    parsed = raw if raw.lower().count(b"boundary=") <= MOST_BOUNDARIES else _head(raw)
    try:
        return email.message_from_bytes(parsed)
    except (RecursionError, ValueError, LookupError, MessageError):
        return email.message_from_bytes(_head(raw))


def _head(raw: bytes) -> bytes:
    """The headers alone, as a mail of plain text."""
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    return re.sub(rb"(?im)^(content-(type|transfer-encoding)):", rb"x-\1:", head) + b"\n\n"


def _words(header: str) -> str:
    """A header that people read, decoded."""
    try:
        return _line(clean(str(make_header(decode_header(header)))))
    except (ValueError, LookupError, MessageError):  # an encoding that does not exist, or is broken
        return _line(header)


def _line(text: str) -> str:
    return " ".join(text.split())


def _addresses(values: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Taken apart before names are decoded: a name may hold commas, brackets and addresses of its own."""
    try:
        found = getaddresses([_line(value) for value in islice(values, MOST_RECIPIENTS)])
    except (RecursionError, ValueError, IndexError):  # nested past all reason
        return
    for name, address in found:
        address = address.strip().lower()
        if 3 <= len(address) <= 254 and address.count("@") == 1 and not re.search(r"[\s<>(),;:\"\\]", address):
            yield _words(name)[:200], address


def _references(values: Iterable[str]) -> list[str]:
    found = [one for value in values for one in _REFERENCE.findall(value)]
    return list(dict.fromkeys(found))[:MOST_REFERENCES]


def _is_automatic(
    values: dict[str, list[str]], senders: tuple[tuple[str, str], ...], envelope_sender: str | None
) -> bool:
    """A bounce, an absence note, a receipt, a list: written by a machine, or to many (RFC 3834)."""

    def first(name: str) -> str:
        return next(iter(values.get(name, [])), "").strip().lower()

    return bool(
        envelope_sender in ("", "<>")
        or first("return-path") == "<>"
        or first("auto-submitted").partition(";")[0].strip() not in ("", "no")
        or first("precedence") in _BULK
        or {"x-autoreply", "x-autorespond", "x-auto-response-suppress", "list-id", "list-unsubscribe"} & values.keys()
        or first("content-type").startswith("multipart/report")
        or any(_NOBODY.match(address) for _name, address in senders)
    )


# -- the words ---------------------------------------------------------------------------------------------------------


def _text_of(mail: Message) -> str:
    plain = rich = ""
    for part in islice(mail.walk(), MOST_PARTS):
        try:
            kind, words = _part(part)
        except (ValueError, LookupError, TypeError, AttributeError, MessageError):  # a part that cannot be read
            continue
        if kind == "text/plain" and not plain.strip():
            plain = words
        elif kind == "text/html" and not rich.strip():
            rich = words
    return clean(plain) if plain.strip() else clean(_plain(rich[:MOST_HTML]))


def _part(part: Message) -> tuple[str, str]:
    """Kind and words of one part; a file has none."""
    if part.is_multipart() or part.get_filename() or part.get_content_disposition() == "attachment":
        return "", ""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return "", ""
    try:
        return part.get_content_type(), content.decode(part.get_content_charset() or "utf-8", errors="replace")
    except (LookupError, ValueError):  # an encoding that does not exist
        return part.get_content_type(), content.decode("utf-8", errors="replace")


class _Words(HTMLParser):
    """The words of a page, a line for each block."""

    BLOCKS = {"p", "div", "br", "li", "tr", "table", "h1", "h2", "h3", "blockquote"}
    HIDDEN = {"script", "style", "head", "title"}

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in self.HIDDEN:
            self.hidden += 1
        elif tag in self.BLOCKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.HIDDEN:
            self.hidden = max(0, self.hidden - 1)
        elif tag in self.BLOCKS:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words.append(" ".join(data.split()) + (" " if data[-1:].isspace() else ""))


def _plain(markup: str) -> str:
    if not markup.strip():
        return ""
    reader = _Words()
    try:
        reader.feed(markup)
        reader.close()
    except (ValueError, AssertionError):  # html.parser gives up on a few broken declarations
        return html.unescape(re.sub(r"<[^>]{0,2000}>", " ", markup))
    lines = (line.strip() for line in "".join(reader.words).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))
