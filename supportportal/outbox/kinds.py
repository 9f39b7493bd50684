"""The register of message kinds: each app says what its messages are about, in ``AppConfig.ready()``."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet


@dataclass(frozen=True)
class Attachment:
    """A file of a mail. ``alternative`` also puts it beside text and HTML (calendar invitations)."""

    name: str
    content: bytes
    mimetype: str  # with parameters, e.g. "text/calendar; method=REQUEST"
    alternative: bool = False


def nothing_attached(message: Any, subject: Any) -> Iterable[Attachment]:
    return ()


def unthreaded(message: Any, subject: Any) -> Any:
    return None


def always_due(message: Any, subject: Any) -> str:
    return ""


@dataclass(frozen=True)
class Kind:
    """One kind of message; its templates are ``messages/<code>/{subject.txt,body.txt,body.html,sms.txt}``.

    ``load`` fetches subjects in bulk (id → subject; a missing id means that the subject is gone).
    ``is_due`` is asked right before sending: empty if still owed, else the reason why it is skipped.
    ``context`` gives what the templates show, called in the recipient's language and zone.
    ``visible_to`` narrows messages of this kind to those whose subject a staff member may see.
    ``on_outcome`` is told what became of it and when, its subject locked: "sent", "delivered", "bounced", "failed";
    perhaps twice, or out of order.
    ``thread`` gives the message that opened the conversation, which mail programs put this one under; None for itself.
    ``find`` gives the ids of the subjects that a search word names (a reference).
    ``urgent``: someone is waiting for it right now; it goes before all that is not.
    ``secret`` names the values in ``data`` (codes) that are blanked in what is kept, and dropped once it is sent.
    """

    code: str
    channel: str
    label: Any
    subject_type: str
    load: Callable[[Sequence[int]], dict[int, Any]]
    context: Callable[[Any, Any], dict[str, Any]]
    is_due: Callable[[Any, Any], str] = always_due
    attachments: Callable[[Any, Any], Iterable[Attachment]] = nothing_attached
    visible_to: Callable[[QuerySet, Any], QuerySet] | None = None
    on_outcome: Callable[[Any, str, datetime], None] | None = None
    thread: Callable[[Any, Any], Any] = unthreaded
    find: Callable[[str], Iterable[int]] | None = None
    secret: tuple[str, ...] = ("code",)
    urgent: bool = False


_kinds: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    for kind in kinds:
        if _kinds.setdefault(kind.code, kind) is not kind:
            raise ValueError(f"The message kind {kind.code} is registered twice.")


def get(code: str) -> Kind:
    """Raises KeyError for a kind that no installed app registers."""
    return _kinds[code]


def find(code: str) -> Kind | None:
    return _kinds.get(code)


def label(code: str) -> str:
    """What people call the kind; its code where the app that registered it is gone."""
    return str(_kinds[code].label) if code in _kinds else code


def all_kinds() -> tuple[Kind, ...]:
    return tuple(_kinds.values())
