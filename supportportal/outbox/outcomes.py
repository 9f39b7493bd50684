"""What became of a message, written down. Every change is fenced: a claim that was lost changes nothing."""

import logging
from collections.abc import Sequence
from datetime import datetime
from secrets import SystemRandom
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from . import kinds, schedule
from .models import DeliveryEvent, Message

logger = logging.getLogger(__name__)
OWN = "outbox"  # the gateway name of events that no provider reported
_chance = SystemRandom()


def mark_sent(sent: Sequence[tuple[Message, str]], *, at: datetime) -> None:
    """The provider has taken them over; each comes with the provider's id, which may be empty."""
    if not sent:
        return
    token = sent[0][0].token
    with transaction.atomic():
        for provider_id in {provider_id for _, provider_id in sent}:
            pks = [message.pk for message, own_id in sent if own_id == provider_id]
            marked = _held(pks, sent[0][0]).update(
                state=Message.State.SENT, sent_at=at, provider_id=provider_id, note="", lease_until=None
            )
            if marked < len(pks):
                # The provider's report was quicker than we were: keep its state, add what we know.
                ahead = Message.objects.filter(pk__in=pks, token=token, sent_at=None)
                ahead.update(sent_at=at, provider_id=provider_id)
        for message, _ in sent:
            _drop_secrets(message)
        _tell([message for message, _ in sent], "sent", at)


def mark_void(message: Message, reason: str) -> None:
    _change(message, Message.State.VOID, note=reason)


def mark_skipped(message: Message, reason: str) -> None:
    _change(message, Message.State.SKIPPED, note=reason)


def mark_failed(message: Message, reason: str, *, at: datetime) -> None:
    """Park it: nothing more is tried, and staff see it (N-3)."""
    with transaction.atomic():
        if _change(message, Message.State.FAILED, note=reason):
            _tell([message], "failed", at)


def mark_again(message: Message, reason: str, *, at: datetime, has_waited: bool = False) -> None:
    """Try again after a pause, or park it where no attempt is left or useful."""
    if message.overtaken or Message.objects.filter(pk=message.pk, overtaken=True).exists():
        mark_void(message, reason)
        return
    due = schedule.next_try(message.attempts, at, message.useful_until, luck=_chance.random(), has_waited=has_waited)
    if due is None:
        mark_failed(message, reason, at=at)
    else:
        _change(message, Message.State.RETRYING, try_at=due, note=reason)


def mark_unknown(message: Message, reason: str, *, ask_at: datetime) -> None:
    """Nobody can say now whether it was taken over; ``reconcile`` asks from ``ask_at`` on."""
    _change(message, Message.State.UNKNOWN, try_at=ask_at, note=reason, keep_token=True)


def ask_later(message: Message, reason: str, *, ask_at: datetime) -> None:
    """Still unknown."""
    _held([message.pk], message).update(try_at=ask_at, note=reason[:300])


def note_opt_out(message: Message, address: str, *, at: datetime) -> None:
    """The recipient has told the provider to stop: the consent is withdrawn when the event is handled (B-8)."""
    DeliveryEvent.objects.create(gateway=OWN, message=message, kind="opted_out", address=address, at=at)


def _held(pks: Sequence[int], example: Message) -> QuerySet:
    """Rows of one claim that are still where the claim left them."""
    return Message.objects.filter(pk__in=pks, token=example.token, state=example.state)


def _change(message: Message, state: str, *, keep_token: bool = False, **values: Any) -> bool:
    if state not in Message.NEXT_STATES[Message.State(message.state)]:
        raise ValueError(f"A message that is {message.state} cannot become {state}.")
    if not keep_token:
        values["token"] = None
    values["note"] = values.get("note", "")[:300]
    changed = _held([message.pk], message).update(state=state, lease_until=None, **values)
    if not changed:
        logger.warning("The claim on message %s was lost before it became %s", message.pk, state)
    return bool(changed)


def _drop_secrets(message: Message) -> None:
    kind = kinds.get(message.kind)
    if any(name in message.data for name in kind.secret):
        kept = {name: value for name, value in message.data.items() if name not in kind.secret}
        Message.objects.filter(pk=message.pk).update(data=kept)


def _tell(messages: Sequence[Message], outcome: str, at: datetime) -> None:
    """Leave word for kinds that want to know; they are told apart, so that their trouble undoes no mark."""
    events = [
        DeliveryEvent(gateway=OWN, event_id=f"{OWN}:{message.pk}:{outcome}", message=message, kind=outcome, at=at)
        for message in messages
        if (kind := kinds.find(message.kind)) and kind.on_outcome
    ]
    DeliveryEvent.objects.bulk_create(events, ignore_conflicts=True)
