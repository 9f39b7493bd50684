"""Sending what is due: claim, write, fence, hand over with no transaction open, mark (architecture, idea 3)."""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_noop

from supportportal.people.models import Firm
from supportportal.watch import stopping

from . import claiming, gateways, kinds, outcomes, own_words, pauses, rendering
from .gateways import ChannelDown, Gateway, Later, Refused, Result, Sent, Unclear
from .models import Message
from .rendering import Parcel

logger = logging.getLogger(__name__)
Clock = Callable[[], datetime]
Results = list[tuple[Parcel, Result]]

ASK_AFTER = timedelta(minutes=1)  # an answer that was lost may still become a message at the provider
TOO_LATE = gettext_noop("too late to be of use")
IN_A_ROW = gettext_noop("several messages in a row failed")
NOT_WRITTEN = gettext_noop("could not be written")
STOPPED = gettext_noop("the sender was being stopped; another one goes on")
RUN_OF_TROUBLE = 5  # so many in a row are no longer the messages' own fault


def deliver_due(channel: str, *, clock: Clock) -> None:
    """One tick: deliver batch by batch until nothing is due. Any number of these may run at once."""
    if not claiming.is_due(channel, at=clock()):
        return
    gateway = gateways.for_channel(channel)
    if pauses.paused_until(gateway.name, clock()):
        return
    size = claiming.claim_size(gateway.timeout)
    batch = claiming.claim(channel, limit=size, at=clock())
    if not batch:
        return
    run = Run(gateway, clock)
    try:
        with gateway.open():
            while batch:
                run.deliver(batch)
                batch = claiming.claim(channel, limit=size, at=clock())
    except ChannelDown as down:
        claiming.release(batch, str(down), at=clock())
        pauses.pause(gateway.name, str(down), at=clock(), least=down.pause)
        logger.warning("%s is paused: %s", gateway.name, down)
    except Stopped:
        claiming.release(batch, STOPPED, at=clock())


class Stopped(Exception):
    """This process is asked to end: what it has handed over is marked, the rest is for others."""


class Run:
    """One connection's worth of sending."""

    def __init__(self, gateway: Gateway, clock: Clock) -> None:
        self.gateway = gateway
        self.clock = clock
        self.is_recovering = pauses.is_failing(gateway.name)
        self.trouble = 0  # bad results since the last good one

    def deliver(self, batch: Sequence[Message]) -> None:
        """Deliver one claim. Raises ChannelDown or Stopped; what was not handed over is the caller's to release."""
        assert batch[0].lease_until is not None
        stop_at = batch[0].lease_until - claiming.lease() / 2  # a slow provider must not carry us out of the lease
        parcels = list(_written(batch, at=self.clock()))
        for start in range(0, len(parcels), self.gateway.chunk):
            chunk = parcels[start : start + self.gateway.chunk]
            fenced = claiming.fence(chunk, gateway=self.gateway.name, at=self.clock())
            results, end = self._hand_over(fenced, stop_at)
            _mark(results, self.clock())
            if end:
                raise end

    def _hand_over(self, parcels: Sequence[Parcel], stop_at: datetime) -> tuple[Results, ChannelDown | Stopped | None]:
        """Send a fenced chunk. Raises nothing: what has been sent has to be marked first."""
        results: Results = []
        for parcel in parcels:
            if stopping.has_begun():
                return results, Stopped()
            if self.clock() >= stop_at:
                return results, ChannelDown(gettext_noop("the provider is too slow"))
            try:
                result = self.gateway.send(parcel, at=self.clock())
            except ChannelDown as down:
                if down.unclear:
                    results.append((parcel, Unclear(str(down))))
                return results, down
            except Exception as error:
                logger.exception("Sending message %s ended in an unforeseen error", parcel.message.pk)
                result = Unclear(f"unforeseen error: {type(error).__name__}: {error}")
            results.append((parcel, result))
            if isinstance(result, Sent):
                self._works()
                continue
            if self._is_in_trouble():
                return _spared(results), ChannelDown(f"{IN_A_ROW}: {result.reason}")
        return results, None

    def _works(self) -> None:
        self.trouble = 0
        if self.is_recovering:
            pauses.resume(self.gateway.name)
            self.is_recovering = False

    def _is_in_trouble(self) -> bool:
        self.trouble += 1
        return self.trouble >= RUN_OF_TROUBLE


def _spared(results: Results) -> Results:
    """First refusals at the end of ``results`` get a second chance: the run says that they may not be to blame."""
    spared: Results = []
    for parcel, result in results:
        if isinstance(result, Refused) and not result.opted_out and parcel.message.attempts == 1:
            spared.append((parcel, Later(result.reason)))
        else:
            spared.append((parcel, result))
    return spared


def _written(batch: Sequence[Message], *, at: datetime) -> Iterator[Parcel]:
    """The messages that are still owed, written; the others are skipped or parked, each for its reason."""
    firm = Firm.current()
    subjects = rendering.load_subjects(batch)
    words = own_words.in_use(message.kind for message in batch)
    for message in batch:
        subject = subjects[message.pk]
        try:
            if isinstance(subject, Exception):
                raise subject
            if reason := why_not_owed(message, subject, at):
                _drop(message, reason, at)
                continue
            parcel = rendering.write(message, subject, firm=firm, words=words)
        except Exception as error:  # whatever a kind raises is this message's own trouble and stops no other
            logger.exception("Message %s could not be written", message.pk)
            outcomes.mark_again(message, f"{NOT_WRITTEN}: {type(error).__name__}: {error}", at=at)
            continue
        if parcel.address:
            yield parcel
        else:
            outcomes.mark_skipped(message, gettext_noop("no address to send it to"))


def why_not_owed(message: Message, subject: Any, at: datetime) -> str:
    """Empty if ``message`` is to be sent, else the reason in English, as it is kept."""
    if message.overtaken:
        return gettext_noop("overtaken by a newer one")
    if message.useful_until is not None and at >= message.useful_until:
        return TOO_LATE
    if subject is None:
        return gettext_noop("what it was about no longer exists")
    if message.channel == Message.Channel.SMS and message.recipient and not message.recipient.sms_consent_at:
        return gettext_noop("no consent to text messages")
    with translation.override("en"):
        return kinds.get(message.kind).is_due(message, subject)


def _drop(message: Message, reason: str, at: datetime) -> None:
    if message.overtaken:
        outcomes.mark_void(message, reason)
    elif reason == TOO_LATE and message.attempts > 1:
        outcomes.mark_failed(message, message.note or reason, at=at)  # it was tried in time: say what went wrong
    else:
        outcomes.mark_skipped(message, reason)


def _mark(results: Results, at: datetime) -> None:
    outcomes.mark_sent([(parcel.message, r.provider_id) for parcel, r in results if isinstance(r, Sent)], at=at)
    for parcel, result in results:
        match result:
            case Refused(reason, opted_out):
                outcomes.mark_failed(parcel.message, reason, at=at)
                if opted_out:
                    outcomes.note_opt_out(parcel.message, parcel.address, at=at)
            case Later(reason):
                outcomes.mark_again(parcel.message, reason, at=at)
            case Unclear(reason):
                outcomes.mark_unknown(parcel.message, reason, ask_at=at + ASK_AFTER)
