"""Taking messages for sending, so that no two senders ever hold the same one (architecture, idea 3).

A claim is a token and a lease, committed before anything is sent. The fence, right before the hand-over, asks whether
the claim still holds and keeps a copy of what goes out; what is claimed but never fenced has certainly not been sent.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from . import rendering
from .models import Message, Restoration
from .rendering import Parcel

LARGEST = 25


def lease() -> timedelta:
    return timedelta(seconds=settings.OUTBOX_LEASE)


def claim_size(timeout: float) -> int:
    """So many that even if each of them ran into the time-out, half of the lease would do."""
    return max(1, min(LARGEST, int(settings.OUTBOX_LEASE / 2 / timeout)))


def is_due(channel: str, *, at: datetime) -> bool:
    """What each tick asks. Written out, for it is all that an idle portal does, and building it took longer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM outbox_message"
            " WHERE channel = %s AND state IN ('planned', 'retrying') AND try_at <= %s LIMIT 1",
            [channel, connection.ops.adapt_datetimefield_value(at)],
        )
        return cursor.fetchone() is not None


def claim(channel: str, *, limit: int, at: datetime) -> list[Message]:
    """Take up to ``limit`` messages that are due, and commit."""
    if not is_due(channel, at=at):  # SQLite: do not take the write lock for nothing, every two seconds
        return []
    due = Message.objects.to_send(channel, at).order_by("-urgent", "try_at")
    if held := Restoration.holding():  # but a code to sign in with, just asked for, leaves
        due = due.filter(urgent=True, created_at__gt=held.restored_at)
    token = uuid.uuid4()
    with transaction.atomic():
        ids = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit])
        Message.objects.filter(pk__in=ids).update(
            state=Message.State.SENDING,
            token=token,
            lease_until=at + lease(),
            handed_at=None,
            attempts=F("attempts") + 1,
        )
    claimed = Message.objects.filter(pk__in=ids, token=token).select_related("recipient")
    return sorted(claimed, key=lambda message: (not message.urgent, message.try_at, message.pk))


def fence(parcels: Sequence[Parcel], *, gateway: str, at: datetime) -> list[Parcel]:
    """Those of ``parcels`` whose claims still hold, with what goes out kept on their rows; commits."""
    if not parcels:
        return []
    with transaction.atomic():
        held = Message.objects.filter(
            pk__in=[parcel.message.pk for parcel in parcels],
            token=parcels[0].message.token,
            state=Message.State.SENDING,
            lease_until__gt=at,
        )
        # In one order everywhere, so that voiding and sending never wait for each other in a circle.
        ours = set(held.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
        Message.objects.filter(pk__in=ours).update(handed_at=at, gateway=gateway)
        still_ours = [parcel for parcel in parcels if parcel.message.pk in ours]
        _keep(still_ours)
    return still_ours


def release(messages: Sequence[Message], reason: str, *, at: datetime) -> None:
    """Give back what of a claim was never handed over; the attempt does not count."""
    pks = [message.pk for message in messages]
    held = Message.objects.filter(pk__in=pks, state=Message.State.SENDING, token__in={m.token for m in messages})
    held.update(
        state=Message.State.RETRYING,
        try_at=at,
        token=None,
        lease_until=None,
        handed_at=None,
        attempts=F("attempts") - 1,
        note=reason[:300],
    )


def _keep(parcels: Sequence[Parcel]) -> None:
    rows: list[list[str | int]] = []
    for parcel in parcels:
        message = parcel.message
        message.message_id = message.message_id or rendering.message_id(message)
        message.sent_to, message.digest = parcel.address, parcel.digest
        message.subject, message.text, message.html = parcel.kept()
        values = [message.sent_to, message.message_id, message.digest, message.subject, message.text, message.html]
        rows.append([*values, message.pk])
    # One prepared statement for many rows: bulk_update would build a CASE per column and row.
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE outbox_message SET sent_to = %s, message_id = %s, digest = %s, subject = %s, text = %s, html = %s"
            " WHERE id = %s",
            rows,
        )
