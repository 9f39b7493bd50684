"""Carries what people are told about their own access: ``people`` stands to the left and cannot come here itself."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from supportportal.people import notices
from supportportal.people.models import User
from supportportal.people.notices import Notice, NoticeKind

from . import kinds, operations
from .kinds import Kind
from .models import Message
from .operations import Owed

SUBJECT_TYPE = "people.user"
NOBODY = 0  # the subject of a notice to an address that nobody has
# Somebody sits before the screen and waits for these.
URGENT = {notices.SIGN_IN_CODE, notices.ADDRESS_CODE, notices.PASSWORD_RESET}


def register() -> None:
    kinds.register(*map(_as_kind, notices.KINDS))
    notices.carried_by(carry)


def carry(owed: Iterable[Notice], at: datetime) -> None:
    operations.plan(
        [
            Owed(
                notice.kind,
                notice.to.pk if notice.to else NOBODY,
                at,
                recipient=notice.to,
                copy=notice.once,
                address=notice.address,
                language=notice.language,
                time_zone=notice.time_zone,
                useful_until=notice.useful_until,
                data=notice.data,
            )
            for notice in owed
        ],
        at=at,
    )


def _as_kind(kind: NoticeKind) -> Kind:
    return Kind(
        code=kind.code,
        channel=Message.Channel.EMAIL,
        label=kind.label,
        subject_type=SUBJECT_TYPE,
        load=_load,
        context=_asking(kind.context),
        is_due=_asking(kind.overtaken),
        secret=kind.secret,
        urgent=kind.code in URGENT,
    )


def _load(ids: Sequence[int]) -> dict[int, Any]:
    return {NOBODY: NOBODY, **User.objects.in_bulk(ids)}


def _asking(question: Callable[[User | None, dict[str, Any]], Any]) -> Callable[[Message, Any], Any]:
    def ask(message: Message, subject: Any) -> Any:
        return question(None if subject == NOBODY else subject, message.data)

    return ask
