"""What was sent and what came by mail: the proof stays, words and addresses go. What tells of a case goes with it."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from supportportal.outbox import inbound
from supportportal.outbox.models import DeliveryEvent, Inbound, Message
from supportportal.people.models import Restriction, User

from . import kinds
from .blanking import GONE
from .kinds import Condition, Kind, Open

ON_ITS_WAY = _("Something about this client is still on its way or not settled. Please try again another day.")
_UNSENT = [*Message.UNSENT, *Message.AT_RISK]
_TO_DO = [Inbound.State.NEW, Inbound.State.WAITING]


# -- the two kinds -----------------------------------------------------------------------------------------------------


def _messages_due(before: datetime, at: datetime) -> QuerySet[Message]:
    found = Message.objects.filter(due_at__lte=before, created_at__lte=before).exclude(state__in=_UNSENT)
    return found.exclude(sent_at__gt=before).exclude(subject_type__in=_of_cases())


def _messages_of(people: Any) -> Condition:
    return Q(recipient__in=people) | Q(Exists(_at_address("address", people)))


def _forget_messages(pks: Sequence[int], at: datetime) -> None:
    rows = list(Message.objects.filter(pk__in=pks).only("address", "data", "key", "note"))
    for one in rows:
        # A key that holds the address is what keeps the same message from being owed twice.
        one.key = one.key.replace(one.address, _digest(one.address)) if one.address else one.key
        one.note = one.note.partition(": ")[0]  # what follows are the provider's own words
        # Which letter, which of several sendings, and the like.
        one.data = {name: value for name, value in one.data.items() if isinstance(value, int)}
        one.subject = one.html = one.address = one.sent_to = ""
        one.text = GONE
    Message.objects.bulk_update(rows, ["key", "note", "data", "subject", "text", "html", "address", "sent_to"])
    DeliveryEvent.objects.filter(message__in=pks).update(address="", detail="")


def _mails_due(before: datetime, at: datetime) -> QuerySet[Inbound]:
    """What somebody has still to do, and what is kept aside while the sender is restricted, stays (R-9a)."""
    found = Inbound.objects.filter(arrived_at__lte=before).exclude(state__in=_TO_DO).exclude(handled_at__gt=before)
    restricted = Restriction.objects.in_force(at)
    aside = Q(person__in=restricted.filter(user__isnull=False).values("user"))
    aside |= Q(person__account__in=restricted.filter(account__isnull=False).values("account"))
    found = found.exclude(pk__in=Inbound.objects.filter(aside, state=Inbound.State.REFUSED).values("pk"))
    return found.exclude(subject_type__in=_of_cases())


def _mails_of(people: Any) -> Condition:
    return Q(person__in=people) | Q(Exists(_at_address("sender", people)))


def _forget_mails(pks: Sequence[int], at: datetime) -> None:
    rows = Inbound.objects.filter(pk__in=pks)
    contents = [(one.raw.storage, one.raw.name) for one in rows.only("raw") if one.raw.name]
    blank = dict.fromkeys(("message_id", "references", "sender", "sender_name", "recipients", "subject", "note"), "")
    rows.update(**blank, text=GONE, raw="", answered_on=None)
    transaction.on_commit(lambda: _delete(contents))  # what the database still knows of is still whole


def _delete(contents: list[tuple[Storage, str]]) -> None:
    for storage, name in contents:
        storage.delete(name)


def _at_address(field: str, people: Any) -> QuerySet[User]:
    return User.objects.filter(pk__in=people, email__iexact=OuterRef(field))


def _digest(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()[:16]


MESSAGES = Kind(
    code="messages",
    title=_("Messages that were sent"),
    what=_(
        "Words and addresses go; that it was sent, and when, stays. Those about complaints and incidents go with them."
    ),
    model=Message,
    due=_messages_due,
    forget=_forget_messages,
    since="due_at",
    whose=_messages_of,
    about=_messages_of,
    position=60,
)
MAILS = Kind(
    code="mails",
    title=_("Mails that came in"),
    what=_(
        "Sender, words and files go; that one came, and when, stays. Those of complaints and incidents go with them."
    ),
    model=Inbound,
    due=_mails_due,
    forget=_forget_mails,
    since="arrived_at",
    whose=_mails_of,
    about=_mails_of,
    position=70,
)


def _unsent_to(at: datetime) -> QuerySet[Any]:
    return User.objects.filter(messages__state__in=_UNSENT)


def _to_do() -> QuerySet[Inbound]:
    return Inbound.objects.filter(state__in=_TO_DO, person__isnull=False)


def _who_wrote(mails: QuerySet[Inbound]) -> QuerySet[User]:
    return User.objects.filter(pk__in=mails.values("person"))


OPEN = [
    Open("messages", ON_ITS_WAY, _unsent_to, position=80),
    Open(
        "mails",
        _("A mail from this client is still to be dealt with."),
        lambda at: _who_wrote(_to_do()),
        seen_by=lambda at, user: _who_wrote(inbound.visible_to(_to_do(), user)),
        position=81,
    ),
]


def wrote(since: datetime) -> QuerySet[Any]:
    """People whose mail has come since then."""
    return Inbound.objects.filter(arrived_at__gt=since, person__isnull=False).values("person")


# -- messages and mails about rows of other kinds ----------------------------------------------------------------------


def forget_about(kind: Kind, pks: Sequence[int], at: datetime) -> None:
    """Let go of what was written and mailed about these rows."""
    rows = kind.model._base_manager.filter(pk__in=pks)
    for label, way in kind.subjects.items():
        told = Q(subject_type=label, subject_id__in=kinds.subject_ids(label, way, rows))
        _forget_messages(list(Message.objects.filter(told).values_list("pk", flat=True)), at)
        _forget_mails(list(Inbound.objects.filter(told).values_list("pk", flat=True)), at)


def owed_about(kind: Kind) -> Iterator[QuerySet[Any]]:
    """Ids of rows about which a message is still owed, or a mail is still to be dealt with."""
    for label, way in kind.subjects.items():
        unsent = Message.objects.filter(state__in=_UNSENT, subject_type=label)
        to_do = Inbound.objects.filter(state__in=_TO_DO, subject_type=label, subject_id__isnull=False)
        for found in (unsent, to_do):
            yield kinds.ids_behind(label, way, found.values("subject_id"))


def about(kind: Kind, people: Any) -> QuerySet[Any]:
    """Rows that somehow concern these people; of messages and mails, also those about such rows."""
    concerns = Q(kind.about(people))
    if kind.model in (Message, Inbound):
        for other in kinds.all_kinds():
            rows = other.model._base_manager.filter(other.about(people))
            for label, way in other.subjects.items():
                concerns |= Q(subject_type=label, subject_id__in=kinds.subject_ids(label, way, rows))
    return kind.model._base_manager.filter(concerns)


def outside_cases(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Without the messages and mails by whose number one could tell that there is a complaint or an incident (C-8)."""
    return rows.exclude(subject_type__in=_of_cases()) if rows.model in (Message, Inbound) else rows


def _of_cases() -> list[str]:
    return [label for kind in kinds.all_kinds() if kind.keeps_mail for label in kind.subjects]
