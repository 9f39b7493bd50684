"""What is taken of people's time, as bit masks over a window: the hot path of every question about free starts.

One query in plain SQL for any number of people and weeks: the ORM takes longer to write three than the database to
answer them. Thousands of first cells come as one text for each person and length, "1,2,3", which costs less than rows.

Of a question about weeks, each process keeps the sessions that agents hold: the same query brings the tokens of
``TakenVersion``, and only of agents whose tokens are new are the sessions read again. As with the timetable, tokens are
read before what they stand for, so what is kept is never older. What else is in the way is asked anew each time.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from supportportal.lattice import DAY_CELLS, Window, cut, runs
from supportportal.people.models import User

from .cells import OCCUPYING_STATES
from .models import Booking, Hold, TakenVersion
from .models.booking import LONGEST_CELLS

NOBODY = -1  # no row has this id
LONG_CELLS = 8 * DAY_CELLS  # shorter questions, such as that of ``book``, are cheaper to ask than to keep
KEPT_CELLS = 32 * DAY_CELLS  # what is kept begins and ends on a multiple of this, to serve the questions of many days
KEPT_MASKS = 2048  # in all: some kilobytes each

# Each (person, cells before the first, cells in all, first cells): agents with buffers, clients without (B-2).
_SESSIONS = """
SELECT agent_id, cells_before, cells_before + cells + cells_after, {listed} FROM {booking} AS taken
  WHERE agent_id IN ({people}) AND first_cell > %s AND first_cell < %s AND state IN ({states}) AND id <> %s
  GROUP BY agent_id, cells_before, cells, cells_after"""
_AS_CLIENT = """
SELECT client_id, 0, cells, {listed} FROM {booking} AS taken
  WHERE client_id IN ({people}) AND first_cell > %s AND first_cell < %s AND state IN ({states}) AND id <> %s
  GROUP BY client_id, cells"""
_HELD = """
SELECT taken.agent_id, 0, taken.cells, {listed} FROM {hold} AS taken
  LEFT JOIN {booking} AS freed ON freed.id = taken.booking_id
  WHERE taken.agent_id IN ({people}) AND taken.first_cell > %s AND taken.first_cell < %s AND taken.until > %s
    AND taken.id <> %s AND (freed.client_id IS NULL OR freed.client_id <> %s)
  GROUP BY taken.agent_id, taken.cells"""
_TOKENS = """
SELECT person, 0, 0, CAST(token AS text) FROM {version} WHERE person IN ({people})"""
_LISTED = {
    "sqlite": "group_concat(taken.first_cell)",
    "postgresql": "string_agg(taken.first_cell::text, ',')",
}
_STATES = ", ".join(f"'{state}'" for state in OCCUPYING_STATES)

_Tokens = frozenset[str]
_kept: dict[tuple[int, Window], tuple[_Tokens, int]] = {}


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
    is_kept = moving is None and ground[1] - ground[0] >= LONG_CELLS
    near = _near(ground)
    sessions = [*near, NOBODY if moving is None else moving.pk]
    since = connection.ops.adapt_datetimefield_value(held_since)
    rows = _rows(
        (_SESSIONS, [own] if is_kept else [own, *agents], sessions),
        (_AS_CLIENT, [own, *agents], sessions),
        (_HELD, agents, [*near, since, NOBODY if held is None else held.pk, own]),
        (_TOKENS, agents if is_kept else [], []),
    )
    masks = dict.fromkeys([*agents, own], 0)
    tokens: dict[int, set[str]] = defaultdict(set)
    for person, before, length, text in rows:
        if length:
            masks[person] |= _mask(before, length, text, ground)
        else:
            tokens[person].add(text)
    if is_kept:
        for agent, mask in _sessions({agent: frozenset(tokens[agent]) for agent in agents}, ground).items():
            masks[agent] |= mask
    return masks


def _sessions(tokens: dict[int, _Tokens], ground: Window) -> dict[int, int]:
    """The cells of the sessions that agents hold, each as its tokens say; without a token nothing is kept."""
    wide = ground[0] // KEPT_CELLS * KEPT_CELLS, -(-ground[1] // KEPT_CELLS) * KEPT_CELLS
    kept = {agent: _kept.get((agent, wide), (None, 0)) for agent in tokens}
    masks = {agent: mask for agent, (known, mask) in kept.items() if known == tokens[agent]}
    if unknown := tokens.keys() - masks.keys():
        read = dict.fromkeys(unknown, 0)
        for agent, before, length, text in _rows((_SESSIONS, unknown, [*_near(wide), NOBODY])):
            read[agent] |= _mask(before, length, text, wide)
        if len(_kept) + len(read) > KEPT_MASKS:
            _kept.clear()
        _kept.update({(agent, wide): (tokens[agent], mask) for agent, mask in read.items() if tokens[agent]})
        masks |= read
    return {agent: cut(mask, wide, ground) for agent, mask in masks.items()}


def _rows(*parts: tuple[str, Iterable[int], list[object]]) -> list[tuple[int, int, int, str]]:
    """Each part is asked about its people, whose ids stand in it (hundreds of placeholders would cost more than the
    answer), then given its other parameters.
    """
    queries, parameters = [], []
    for query, people, others in parts:
        queries.append(query.replace("{people}", ", ".join(map(str, map(int, [*people, NOBODY])))))
        parameters += others
    names = {
        "listed": _LISTED[connection.vendor],
        "states": _STATES,
        "booking": Booking._meta.db_table,
        "hold": Hold._meta.db_table,
        "version": TakenVersion._meta.db_table,
    }
    with connection.cursor() as cursor:
        cursor.execute("\nUNION ALL".join(queries).format(**names), parameters)
        return cursor.fetchall()


def _near(ground: Window) -> tuple[int, int]:
    return ground[0] - LONGEST_CELLS, ground[1] + LONGEST_CELLS


def _mask(before: int, length: int, firsts: str, ground: Window) -> int:
    begun = (ground[0] + before, ground[1] + before)  # the buffer is a shift of the window
    return runs(map(int, firsts.split(",")), length, begun)
