"""What operators are told about the messages: what waits, what stands still, what was given up. Never whose."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Min

from supportportal.watch.troubles import Trouble, span

from . import own_words
from .delivery import NOT_WRITTEN
from .events import MOST_ATTEMPTS
from .gateways.words import NO_EMAIL, NO_SMS
from .models import DeliveryEvent, Gateway, Inbound, Message, Restoration, Wording

PATIENCE = timedelta(minutes=3)  # a sign-in code is of use for a quarter of an hour
SHORT_PAUSES = 3  # so many in a row are trouble that time alone will not mend
WORDS = {Message.Channel.EMAIL: "E-mails", Message.Channel.SMS: "Text messages"}


def found(at: datetime) -> Iterator[Trouble]:
    if Restoration.objects.filter(released_at=None).exists():
        yield Trouble(
            "outbox.held",
            "Since a restore from a backup messages are held: decide what becomes of them, on the first page of an"
            " owner or by manage.py release_messages.",
        )
    else:
        yield from _paused(at)
        yield from _waiting(at)
    yield from _unmarked(at)
    yield from _arrived(at)
    yield from _given_up(at)
    yield from _unworded()


def oldest_due(at: datetime) -> dict[str, timedelta]:
    """For how long the oldest message that could be sent now has waited, by channel."""
    rows = Message.objects.filter(state__in=Message.UNSENT, try_at__lte=at).values("channel").annotate(Min("try_at"))
    return {row["channel"]: at - row["try_at__min"] for row in rows.order_by()}


def _paused(at: datetime) -> Iterator[Trouble]:
    for gateway in Gateway.objects.filter(paused_until__gt=at).order_by("name"):
        reason = gateway.note.partition(": ")[0]  # what follows is the provider's own, and may hold an address
        no_provider = gateway.note in (NO_EMAIL, NO_SMS)
        yield Trouble(
            "outbox.paused",
            f"Sending by {gateway.name} pauses for another {span(gateway.paused_until - at)}, after"
            f" failures in a row ({gateway.failures}): {reason}.",
            grave=gateway.failures >= SHORT_PAUSES and not no_provider,
        )


def _waiting(at: datetime) -> Iterator[Trouble]:
    for channel, waited in sorted(oldest_due(at).items()):
        if waited > PATIENCE:
            what = WORDS[Message.Channel(channel)]
            yield Trouble("outbox.waiting", f"{what} wait to be sent: the oldest for {span(waited)}.")


def _unmarked(at: datetime) -> Iterator[Trouble]:
    left = Message.objects.filter(state=Message.State.SENDING, lease_until__lte=at - PATIENCE)
    if count := left.count():
        yield Trouble("outbox.left", f"Messages left by a sender that died, about which nobody asks: {count}.")


def _arrived(at: datetime) -> Iterator[Trouble]:
    reports = DeliveryEvent.objects.filter(handled_at=None)
    if reports.filter(attempts__lt=MOST_ATTEMPTS, at__lte=at - PATIENCE).exists():
        yield Trouble("outbox.reports", "Reports of providers wait to be handled.")
    if count := reports.filter(attempts__gte=MOST_ATTEMPTS).count():
        yield Trouble("outbox.reports_given_up", f"Providers' reports that could not be handled: {count}.", grave=False)
    if Inbound.objects.filter(state=Inbound.State.NEW, arrived_at__lte=at - PATIENCE).exists():
        yield Trouble("outbox.mail", "Mails that came in wait to be read.")


def _given_up(at: datetime) -> Iterator[Trouble]:
    in_trouble = Message.objects.needing_attention(at).order_by()
    failed = in_trouble.filter(state=Message.State.FAILED)
    if poison := in_trouble.filter(note__startswith=NOT_WRITTEN).count():
        yield Trouble(
            "outbox.poison",
            f"Messages that could not be written, by a fault of the portal or of its templates: {poison}. The worker's"
            " log says where. They are tried again for a day, then wait in the admin to be sent again.",
            grave=False,
        )
    if count := failed.exclude(note__startswith=NOT_WRITTEN).count():
        yield Trouble(
            "outbox.failed", f"Messages that failed within 30 days: {count}. The admin shows each and why.", grave=False
        )


def _unworded() -> Iterator[Trouble]:
    """The firm's own words that no longer fit their message: it goes out in the shipped ones."""
    for row in own_words.broken(Wording.objects.all()):
        yield Trouble(
            "outbox.wording",
            f"The firm's own words for {row.kind} ({row.language}) do not fit that message any more, so it goes out in"
            " the shipped words: open Message wording in the admin and save them anew, or go back to the shipped text.",
            grave=False,
        )
