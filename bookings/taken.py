"""What is taken of people's time, as bit masks over a window: the hot path of every question about free starts.

One query in plain SQL for any number of people and weeks: the ORM takes longer to write three than the database to
answer them. Thousands of first cells come as one text for each person and length, "1,2,3", which costs less than rows.
"""

from datetime import datetime

from django.db import connection

from supportportal.lattice import Window, runs
from supportportal.people.models import User

from .cells import OCCUPYING_STATES
from .models import Booking, Hold
from .models.booking import LONGEST_CELLS

NOBODY = -1  # no row has this id

# (person, cells before the first, cells in all, first cells): agents with buffers, clients without (B-2)
_QUERY = """
SELECT agent_id, cells_before, cells_before + cells + cells_after, {listed} FROM {booking} AS taken
  WHERE agent_id IN ({people}) AND first_cell > %s AND first_cell < %s AND state IN ({states}) AND id <> %s
  GROUP BY agent_id, cells_before, cells, cells_after
UNION ALL
SELECT client_id, 0, cells, {listed} FROM {booking} AS taken
  WHERE client_id IN ({people}) AND first_cell > %s AND first_cell < %s AND state IN ({states}) AND id <> %s
  GROUP BY client_id, cells
UNION ALL
SELECT taken.agent_id, 0, taken.cells, {listed} FROM {hold} AS taken
  LEFT JOIN {booking} AS freed ON freed.id = taken.booking_id
  WHERE taken.agent_id IN ({people}) AND taken.first_cell > %s AND taken.first_cell < %s AND taken.until > %s
    AND taken.id <> %s AND (freed.client_id IS NULL OR freed.client_id <> %s)
  GROUP BY taken.agent_id, taken.cells"""
_LISTED = {
    "sqlite": "group_concat(taken.first_cell)",
    "postgresql": "string_agg(taken.first_cell::text, ',')",
}
_STATES = ", ".join(f"'{state}'" for state in OCCUPYING_STATES)


def taken(
    agents: list[int],
    ground: Window,
    *,
    client: User | None,
    moving: Booking | None,
    held: Hold | None,
    held_since: datetime,
) -> dict[int, int]:
    """The taken cells of each agent and of the client. Not in the way: ``moving``, ``held``, holds that ended before
    ``held_since``, and the slot that the client has just given up and can still take back (B-9a).
    """
    own = NOBODY if client is None else client.pk
    people = [*agents, own]
    near = (ground[0] - LONGEST_CELLS, ground[1] + LONGEST_CELLS)
    sessions = [*people, *near, NOBODY if moving is None else moving.pk]
    since = connection.ops.adapt_datetimefield_value(held_since)
    holds = [*agents, NOBODY, *near, since, NOBODY if held is None else held.pk, own]
    query = _QUERY.format(
        listed=_LISTED[connection.vendor],
        people=", ".join(["%s"] * len(people)),
        states=_STATES,
        booking=Booking._meta.db_table,
        hold=Hold._meta.db_table,
    )
    masks = dict.fromkeys(people, 0)
    with connection.cursor() as cursor:
        cursor.execute(query, [*sessions, *sessions, *holds])
        for person, before, length, firsts in cursor.fetchall():
            begun = (ground[0] + before, ground[1] + before)  # the buffer is a shift of the window
            masks[person] |= runs(map(int, firsts.split(",")), length, begun)
    return masks
