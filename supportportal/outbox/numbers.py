"""What is counted of the messages, for those who watch the portal."""

from datetime import datetime

from django.db.models import Count

from supportportal.watch.metrics import Gauge, Samples

from . import troubles
from .models import Gateway, Message

# Where something may still happen, and what was given up; counting what is settled would read the whole table.
COUNTED = [*Message.UNSENT, *Message.AT_RISK, Message.State.FAILED]


def _messages(at: datetime) -> Samples:
    found = dict.fromkeys([(channel, state) for channel in Message.Channel for state in COUNTED], 0)
    for state in COUNTED:  # one by one, each by the index that holds this state alone
        rows = Message.objects.filter(state=state).order_by().values_list("channel").annotate(Count("pk"))
        found |= {(Message.Channel(channel), state): count for channel, count in rows}
    return [({"channel": channel.value, "state": state.value}, count) for (channel, state), count in found.items()]


def _oldest_due(at: datetime) -> Samples:
    waited = troubles.oldest_due(at)
    return [({"channel": c.value}, waited[c].total_seconds() if c in waited else 0) for c in Message.Channel]


def _paused(at: datetime) -> Samples:
    names = Gateway.objects.order_by("name").values_list("name", "paused_until")
    return [({"gateway": name}, float(until is not None and until > at)) for name, until in names]


GAUGES = [
    Gauge("portal_outbox_messages", "Messages that are not settled, and those that failed.", _messages),
    Gauge("portal_outbox_oldest_due_seconds", "For how long the oldest message to send has waited.", _oldest_due),
    Gauge("portal_outbox_paused", "1 while sending by this provider pauses.", _paused),
]
