"""A million messages that have gone, and what is to go, on PostgreSQL."""

from datetime import timedelta
from typing import Any

from .common import multiply, write


def fill(rows: int, at: Any) -> Any:
    """Sent ones, one in fifty planned for later; a template of one that is due later."""
    from supportportal.outbox.models import Message
    from tests.factories import ClientFactory

    one = Message.objects.create(
        key="first",
        kind="reminder_24h",
        channel="email",
        subject_type="bookings.booking",
        subject_id=1,
        recipient=ClientFactory(),
        state="sent",
        due_at=at - timedelta(days=1000),
        try_at=at - timedelta(days=1000),
        created_at=at - timedelta(days=1001),
        sent_at=at - timedelta(days=1000),
    )
    later = "now() + interval '1 day' + n % 20000 * interval '1 minute'"
    key = "'bench:' || n"
    waiting = rows // 50
    multiply(one, (1, rows - waiting), key=key, subject_id="n")
    multiply(one, (rows - waiting + 1, rows), key=key, subject_id="n", state="'planned'", due_at=later, try_at=later)
    write("VACUUM ANALYZE outbox_message")
    return one


def make_due(one: Any, first: int, many: int) -> None:
    """So many more, due now."""
    due = "now() - n % 1000 * interval '1 millisecond'"
    key = "'due:' || n"
    numbers = (first, first + many - 1)
    multiply(one, numbers, key=key, subject_id="n", state="'planned'", due_at=due, try_at=due, sent_at="NULL")
