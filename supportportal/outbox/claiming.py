"""Taking messages for sending, so that no two senders ever hold the same one (architecture, idea 3).

A claim is a token and a lease, committed before anything is sent. The fence, right before the hand-over, asks whether
the claim still holds and keeps a copy of what goes out; what is claimed but never fenced has certainly not been sent.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from . import rendering
from .models import Message
from .rendering import Parcel

LARGEST = 25
DUE = "channel = %s AND state IN ('planned', 'retrying') AND try_at <= %s"


def lease() -> timedelta:
    return timedelta(seconds=settings.OUTBOX_LEASE)


def claim_size(timeout: float) -> int:
    """So many that even if each of them ran into the time-out, half of the lease would do."""
    return max(1, min(LARGEST, int(settings.OUTBOX_LEASE / 2 / timeout)))


def is_due(channel: str, *, at: datetime) -> bool:
    """What each tick asks. Written out, for it is all that an idle portal does, and building it took longer."""
    return _due("1", channel, at) is not None


def claim(channel: str, *, limit: int, at: datetime) -> list[Message]:
    """Take up to ``limit`` messages that are due, and commit."""
    # SQLite: do not take the write lock for nothing, every two seconds
    due = _due("(SELECT max(restored_at) FROM outbox_restoration WHERE released_at IS NULL)", channel, at)
    if due is None:
        return []
    token = uuid.uuid4()
    ids = _take(channel, limit, token, at=at, held_since=due[0])
    claimed = Message.objects.filter(pk__in=ids, token=token).select_related("recipient").order_by()
    return sorted(claimed, key=lambda message: (not message.urgent, message.try_at, message.pk))


def _due(what: str, channel: str, at: datetime) -> tuple[Any, ...] | None:
    sql = f"SELECT {what} FROM outbox_message WHERE {DUE} LIMIT 1"  # noqa: S608 -- of our own
    with connection.cursor() as cursor:
        cursor.execute(sql, [channel, _adapted(at)])
        return cursor.fetchone()


def _take(channel: str, limit: int, token: uuid.UUID, *, at: datetime, held_since: Any) -> list[int]:
    """One statement, and so a transaction of its own. ``held_since`` is as the database gave it."""
    skip, held, values = "", "", [channel, _adapted(at)]
    if connection.features.has_select_for_update_skip_locked:
        skip = " FOR UPDATE SKIP LOCKED"
    if held_since:  # but a code to sign in with, just asked for, leaves
        held = " AND urgent AND created_at > %s"
        values.append(held_since)
    sql = (
        # MATERIALIZED: however it is planned, no more than ``limit`` are locked
        f"WITH due AS MATERIALIZED (SELECT id FROM outbox_message WHERE {DUE}{held}"  # noqa: S608
        f" ORDER BY urgent DESC, try_at LIMIT %s{skip})"
        " UPDATE outbox_message SET state = 'sending', token = %s, lease_until = %s, handed_at = NULL,"
        " attempts = attempts + 1 WHERE id IN (SELECT id FROM due) RETURNING id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, limit, _adapted_token(token), _adapted(at + lease())])
        return [pk for (pk,) in cursor.fetchall()]


def _adapted(at: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(at)


def _adapted_token(token: uuid.UUID | None) -> Any:
    return Message._meta.get_field("token").get_db_prep_value(token, connection)


def fence(parcels: Sequence[Parcel], *, gateway: str, at: datetime) -> list[Parcel]:
    """Those of ``parcels`` whose claims still hold, with what goes out kept on their rows; commits."""
    if not parcels:
        return []
    with transaction.atomic():
        ours = _still_held(parcels, at)
        still_ours = [parcel for parcel in parcels if parcel.message.pk in ours]
        _keep(still_ours, gateway, at)
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


def _still_held(parcels: Sequence[Parcel], at: datetime) -> set[int]:
    """Which of these messages, locked; in one order everywhere, so that voiding and sending never wait in a circle."""
    pks = [parcel.message.pk for parcel in parcels]
    sql = (
        f"SELECT id FROM outbox_message WHERE id IN ({', '.join(['%s'] * len(pks))})"  # noqa: S608
        " AND token = %s AND state = 'sending' AND lease_until > %s ORDER BY id"
    )
    if connection.features.has_select_for_no_key_update:
        sql += " FOR NO KEY UPDATE"
    with connection.cursor() as cursor:
        cursor.execute(sql, [*pks, _adapted_token(parcels[0].message.token), _adapted(at)])
        return {pk for (pk,) in cursor.fetchall()}


def _keep(parcels: Sequence[Parcel], gateway: str, at: datetime) -> None:
    if not parcels:
        return
    values: list[Any] = []
    for parcel in parcels:
        message = parcel.message
        message.message_id = message.message_id or rendering.message_id(message)
        message.sent_to, message.digest = parcel.address, parcel.digest
        message.subject, message.text, message.html = parcel.kept()
        values += [message.pk, message.sent_to, message.message_id, message.digest]
        values += [message.subject, message.text, message.html]
    rows = ", ".join(["(%s, %s, %s, %s, %s, %s, %s)"] * len(parcels))
    # bulk_update would build a CASE per column and row, executemany would ask once per row
    sql = (
        f"WITH kept (id, sent_to, message_id, digest, subject, text, html) AS (VALUES {rows})"  # noqa: S608
        " UPDATE outbox_message SET handed_at = %s, gateway = %s, sent_to = kept.sent_to,"
        " message_id = kept.message_id, digest = kept.digest, subject = kept.subject, text = kept.text,"
        " html = kept.html FROM kept WHERE outbox_message.id = kept.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, _adapted(at), gateway])
