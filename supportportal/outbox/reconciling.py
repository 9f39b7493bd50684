"""What was claimed and never marked: a sender died, or an answer was lost. Ask before sending again (N-1)."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.utils.translation import gettext_noop

from . import gateways, outcomes
from .delivery import Clock
from .gateways import ChannelDown, Refused, Sent
from .models import Message

ASK_LEASE = timedelta(minutes=5)
ASK_AGAIN = timedelta(minutes=2)
WAIT_FOR_REPORT = timedelta(minutes=10)  # how long an e-mail provider has to report before silence means "not sent"
LARGEST = 50


def reconcile(*, clock: Clock) -> None:
    """One tick: sort out expired leases, then ask about what is unknown."""
    expire_leases(at=clock())
    for message in _take_unknown(clock()):
        resolve(message, at=clock())


def expire_leases(*, at: datetime) -> None:
    """What was fenced may have been sent: unknown. What was only claimed has certainly not been: due again."""
    expired = Message.objects.filter(state=Message.State.SENDING, lease_until__lte=at)
    if not expired.exists():
        return
    expired.filter(handed_at=None).update(
        state=Message.State.RETRYING, try_at=at, token=None, lease_until=None, attempts=F("attempts") - 1
    )
    expired.update(
        state=Message.State.UNKNOWN,
        try_at=at,
        lease_until=None,
        note=gettext_noop("the sender stopped while it was being handed over"),
    )


def resolve(message: Message, *, at: datetime) -> None:
    """Find out what became of an unknown message; where nobody can say, an e-mail goes again, an SMS never."""
    if message.channel == Message.Channel.SMS:
        _ask_about_sms(message, at)
    else:
        _wait_or_send_again(message, at)


def _take_unknown(at: datetime) -> Iterator[Message]:
    """Claim what is to be asked about, one by one, so that two workers do not resolve the same one."""
    # An e-mail that is of no use any more is not sent again, and nobody can be asked: unknown it stays.
    hopeless = Q(channel=Message.Channel.EMAIL, useful_until__lte=at)
    due = Message.objects.filter(state=Message.State.UNKNOWN, try_at__lte=at).exclude(hopeless)
    for message in due.order_by("try_at")[:LARGEST]:
        token = uuid.uuid4()
        still = Message.objects.filter(pk=message.pk, state=Message.State.UNKNOWN, try_at=message.try_at)
        if still.update(token=token, try_at=at + ASK_LEASE):
            message.token, message.try_at = token, at + ASK_LEASE
            yield message


def _ask_about_sms(message: Message, at: datetime) -> None:
    gateway = gateways.for_channel(message.channel)
    find = getattr(gateway, "find", None)
    if find is None:
        outcomes.ask_later(message, gettext_noop("its provider cannot be asked"), ask_at=at + ASK_LEASE)
        return
    try:
        found = find(message)
    except ChannelDown as down:
        outcomes.ask_later(message, str(down), ask_at=at + ASK_AGAIN)
        return
    match found:
        case Sent(provider_id):
            outcomes.mark_sent([(message, provider_id)], at=message.handed_at or at)
        case Refused(reason):
            outcomes.mark_failed(message, reason, at=at)
        case _:
            outcomes.mark_again(message, gettext_noop("the provider has none of it"), at=at, has_waited=True)


def _wait_or_send_again(message: Message, at: datetime) -> None:
    report_by = (message.handed_at or at) + WAIT_FOR_REPORT
    if getattr(gateways.for_channel(message.channel), "reports", False) and at < report_by:
        outcomes.ask_later(message, gettext_noop("waiting for the provider's report"), ask_at=report_by)
    else:
        reason = gettext_noop("handed over without an answer; it goes again as the same message")
        outcomes.mark_again(message, reason, at=at, has_waited=True)
