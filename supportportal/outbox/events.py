"""What providers report: written down as it comes, handled later and apart, so that no trouble there loses anything."""

import hashlib
import logging
from datetime import datetime

from django.apps import apps
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from supportportal.people import operations as people

from . import kinds
from .models import DeliveryEvent, Message
from .outcomes import OWN

logger = logging.getLogger(__name__)

BATCH = 200
MOST_ATTEMPTS = 10
# anymail's and Twilio's words → ours; what is missing here is kept and changes nothing
MEANINGS = {
    "queued": "sent",
    "accepted": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "bounced": "bounced",
    "rejected": "bounced",
    "failed": "bounced",
    "undelivered": "bounced",
    "canceled": "bounced",
}
NOT_DELIVERED = gettext_noop("not delivered")
STOP, OPTED_OUT = "stop", "opted_out"


def note(
    *,
    gateway: str,
    event_id: str,
    kind: str,
    at: datetime,
    message_pk: int | None = None,
    provider_id: str = "",
    address: str = "",
    detail: str = "",
) -> None:
    """Write a report down; the same one twice is one row. A report about no message of ours is kept without one."""
    message = Message.objects.filter(pk=message_pk).first() if message_pk is not None else None
    if message is None and provider_id:
        message = Message.objects.filter(provider_id=provider_id).first()
    event = DeliveryEvent(
        gateway=gateway,
        event_id=event_id if len(event_id) <= 200 else hashlib.sha256(event_id.encode()).hexdigest(),
        kind=kind[:30],
        at=at,
        message=message,
        provider_id=provider_id[:120],
        address=address[:254],
        detail=detail[:300],
    )
    DeliveryEvent.objects.bulk_create([event], ignore_conflicts=True)


def handle_pending(*, at: datetime) -> None:
    """One tick: handle what has come in, each alone; one that fails is tried again, ten times at most."""
    pending = DeliveryEvent.objects.filter(handled_at=None, attempts__lt=MOST_ATTEMPTS)
    for event in pending.select_related("message").order_by("attempts", "pk")[:BATCH]:
        try:
            handle(event, at=at)
        except Exception:  # a kind's handler may raise anything; the others must not wait for it
            logger.exception("Delivery event %s could not be handled", event.pk)
            DeliveryEvent.objects.filter(pk=event.pk).update(attempts=event.attempts + 1)


def handle(event: DeliveryEvent, *, at: datetime) -> None:
    """Let the event change its message, then tell the message's kind. Twice does no harm."""
    if event.kind in (STOP, OPTED_OUT):
        people.withdraw_sms_consent_of_number(event.address, at=at)
    elif event.message is not None:
        outcome = event.kind if event.gateway == OWN else _apply(event)
        if outcome:
            _tell(event.message, outcome, event.at)
    DeliveryEvent.objects.filter(pk=event.pk).update(handled_at=at)


@transaction.atomic
def _apply(event: DeliveryEvent) -> str:
    """Change the message as far as the event tells something new; return what its kind is to be told, or nothing.

    Whatever the order in which reports come, the message ends in the same state: delivered stays delivered.
    """
    assert event.message is not None
    outcome = MEANINGS.get(event.kind, "")
    message = Message.objects.select_for_update(no_key=True).get(pk=event.message.pk)
    if event.provider_id and not message.provider_id:
        Message.objects.filter(pk=message.pk).update(provider_id=event.provider_id)
    match outcome:
        case "sent":
            changed = _raise_to(message, Message.State.SENT, sent_at=message.sent_at or event.at, note="")
            return "sent" if changed else ""
        case "delivered":
            sent_at = message.sent_at or event.at
            _raise_to(message, Message.State.DELIVERED, sent_at=sent_at, delivered_at=event.at)
            return "delivered"
        case "bounced":
            reason = f"{NOT_DELIVERED}: {event.detail}" if event.detail else NOT_DELIVERED
            if message.state == Message.State.DELIVERED:
                Message.objects.filter(pk=message.pk).update(note=reason[:300])
            else:
                _raise_to(message, Message.State.FAILED, sent_at=message.sent_at or event.at, note=reason[:300])
            return "bounced"
    return ""


def _raise_to(message: Message, state: str, **values: object) -> bool:
    """Whatever a report says has been handed over, is not to be sent again: the claim, if any, is void."""
    rows: QuerySet[Message] = Message.objects.filter(pk=message.pk, state__in=Message.states_before(state))
    return bool(rows.update(state=state, lease_until=None, **values))


def _tell(message: Message, outcome: str, at: datetime) -> None:
    kind = kinds.find(message.kind)
    if kind is None or kind.on_outcome is None:
        return
    with transaction.atomic():
        subject_model = apps.get_model(message.subject_type)
        list(subject_model._default_manager.select_for_update(no_key=True).filter(pk=message.subject_id))
        kind.on_outcome(Message.objects.get(pk=message.pk), outcome, at)
