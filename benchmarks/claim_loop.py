"""Claiming, fencing and marking messages, against the same loop in raw SQL, among a million messages.

Both take 25 at a time with SKIP LOCKED, commit, read them, fence them with a copy of what goes out, commit, mark them
sent, commit. Ours takes them in one statement and keeps all copies in another, raw SQL goes step by step and row by
row. Nothing is rendered and nothing sent.
"""

import uuid
from datetime import timedelta
from typing import Any

from .common import in_turns
from .figures import Figure, compare, milliseconds
from .rows_of_messages import fill, make_due

TITLE = "Claim loop"
ON = ["PostgreSQL"]
SIZE = 25
TEXT = "Your session begins tomorrow at ten. " * 40
BOUND = "Both are bound by the database, which writes each message three times; the rest is objects made from rows."


def figures(quick: bool, database: str) -> list[Figure]:
    from django.utils import timezone

    from supportportal.outbox import claiming, outcomes
    from supportportal.outbox.models import Message
    from supportportal.outbox.rendering import Parcel
    from supportportal.people.models import Firm
    from tests.factories import FirmFactory

    rows, rounds, many = (100_000 if quick else 1_000_000), (6 if quick else 20), 250
    FirmFactory()
    one, firm, made = fill(rows, timezone.now()), Firm.current(), 0

    def due() -> None:
        nonlocal made
        make_due(one, made, many)
        made += many

    def ours() -> None:
        while batch := claiming.claim("email", limit=SIZE, at=timezone.now()):
            parcels = [Parcel(message, "person@example.org", firm, TEXT, "Tomorrow at ten", TEXT) for message in batch]
            held = claiming.fence(parcels, gateway="smtp", at=timezone.now())
            outcomes.mark_sent([(parcel.message, "") for parcel in held], at=timezone.now())

    def raw() -> None:
        while raw_batch(timezone.now()):
            pass

    times: dict[str, list[float]] = {"ours": [], "raw": []}
    for _round in range(rounds):
        for name, way in (("ours", ours), ("raw", raw)):
            due()
            times[name] += in_turns({name: way}, rounds=1, warm=False)[name]
    assert Message.objects.filter(key__startswith="due:", state="sent").count() == made
    about = {"database": database, "rows": f"{rows:,} messages, {many} due at a time", "bound": BOUND}
    detail = milliseconds(ours=times["ours"], raw=times["raw"])
    return [
        compare(
            "claim loop, messages per second",
            "raw SQL",
            times["raw"],
            times["ours"],
            aim="≥ 0.9",
            detail=detail,
            **about,
        )
    ]


def raw_batch(at: Any) -> int:
    from django.db import connection, transaction

    from supportportal.outbox.models import Message

    token, lease = uuid.uuid4(), at + timedelta(minutes=5)
    columns = ", ".join(f'm."{field.column}"' for field in Message._meta.concrete_fields)
    with connection.cursor() as cursor:
        with transaction.atomic():
            cursor.execute(
                "SELECT id FROM outbox_message WHERE channel = 'email' AND state IN ('planned', 'retrying')"
                " AND try_at <= %s ORDER BY urgent DESC, try_at LIMIT %s FOR UPDATE SKIP LOCKED",
                [at, SIZE],
            )
            ids = [row[0] for row in cursor.fetchall()]
            if not ids:
                return 0
            cursor.execute(
                "UPDATE outbox_message SET state = 'sending', token = %s, lease_until = %s, handed_at = NULL,"
                " attempts = attempts + 1 WHERE id = ANY(%s)",
                [token, lease, ids],
            )
        cursor.execute(
            f"SELECT {columns}, u.* FROM outbox_message m LEFT JOIN people_user u ON u.id = m.recipient_id"
            " WHERE m.id = ANY(%s) AND m.token = %s",
            [ids, token],
        )
        claimed = cursor.fetchall()
        with transaction.atomic():
            cursor.execute(
                "SELECT id FROM outbox_message WHERE id = ANY(%s) AND token = %s AND state = 'sending'"
                " AND lease_until > %s ORDER BY id FOR NO KEY UPDATE",
                [ids, token, at],
            )
            held = [row[0] for row in cursor.fetchall()]
            cursor.execute("UPDATE outbox_message SET handed_at = %s, gateway = 'smtp' WHERE id = ANY(%s)", [at, held])
            cursor.executemany(
                "UPDATE outbox_message SET sent_to = %s, message_id = %s, digest = %s, subject = %s, text = %s,"
                " html = %s WHERE id = %s",
                [["person@example.org", f"<{pk}@x>", "0" * 64, "Tomorrow at ten", TEXT, TEXT, pk] for pk in held],
            )
        with transaction.atomic():
            cursor.execute(
                "UPDATE outbox_message SET state = 'sent', sent_at = %s, provider_id = '', note = '',"
                " lease_until = NULL WHERE id = ANY(%s) AND token = %s AND state = 'sending'",
                [at, held, token],
            )
    return len(claimed)
