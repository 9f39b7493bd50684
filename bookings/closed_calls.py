"""Which open callbacks are of clients to whom calls have been closed since they asked (R-4)."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from supportportal.people.models import Gate, Restriction

from .models import Callback


def closing(callbacks: Iterable[Callback], at: datetime) -> dict[int, Restriction]:
    """By callback, what closes calls to its client for longest; the others are not in it. One query."""
    rows = list(callbacks)
    clients = {one.client_id for one in rows}
    accounts = {one.client.account_id for one in rows} - {None}
    found = [
        one
        for one in Restriction.objects.in_force(at).filter(Q(user__in=clients) | Q(account__in=accounts))
        if Gate.CALLBACK in one.gates
    ]
    found.sort(key=lambda one: (one.ends_at is None, one.ends_at or one.starts_at))
    closed = {}
    for row in rows:
        for one in found:  # the longest comes last
            if one.user_id == row.client_id or (one.account_id and one.account_id == row.client.account_id):
                closed[row.pk] = one
    return closed
