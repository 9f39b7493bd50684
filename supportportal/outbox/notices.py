"""Carries the notices of the people app, which stands to the left and cannot plan messages itself."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from supportportal.people.models import Firm, User
from supportportal.people.notices import KINDS, Notice, NoticeKind, carried_by

from . import kinds
from .operations import Owed, plan

NOBODY = 0  # the subject of a notice to an address that belongs to no person


def connect() -> None:
    """Register a kind per notice and become the carrier."""
    kinds.register(*(_kind(notice) for notice in KINDS))
    carried_by(carry)


def carry(notices: Iterable[Notice], at: datetime) -> None:
    plan([_owed(notice, at) for notice in notices], at=at)


def _owed(notice: Notice, at: datetime) -> Owed:
    return Owed(
        kind=notice.kind,
        subject_id=notice.to.pk if notice.to else NOBODY,
        due_at=at,
        useful_until=notice.useful_until,
        recipient=notice.to,
        copy=notice.once,
        address=notice.address,
        language=notice.language,
        time_zone=notice.time_zone,
        data=notice.data,
    )


def _kind(notice: NoticeKind) -> kinds.Kind:
    def context(message: Any, subject: Any) -> dict[str, Any]:
        return notice.context(_person(subject), message.data)

    def is_due(message: Any, subject: Any) -> str:
        return notice.overtaken(_person(subject), message.data)

    return kinds.Kind(
        code=notice.code,
        channel="email",
        label=notice.label,
        subject_type=User._meta.label_lower,
        load=_load,
        context=context,
        is_due=is_due,
        secret=notice.secret,
    )


def _load(ids: Sequence[int]) -> dict[int, Any]:
    people: dict[int, Any] = dict(User.objects.in_bulk(set(ids) - {NOBODY}))
    return people | {NOBODY: Firm.current()} if NOBODY in ids else people


def _person(subject: Any) -> User | None:
    return subject if isinstance(subject, User) else None
