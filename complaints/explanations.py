"""The topic of ``manage.py explain`` that complaints answer: when what is due (C-4, C-5)."""

from argparse import ArgumentParser, Namespace
from datetime import timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from supportportal.businesstime import LONGEST_SEARCH, CalendarHasNoWorkday
from supportportal.explain import Topic, instant, written

from . import calendars, rules
from .calendars import Desk
from .policy import POLICY

ZONES = {"IT": "Europe/Rome", "NL": "Europe/Amsterdam", "GB": "Europe/London"}
FIRST_YEAR, LAST_YEAR = 1970, 2095  # the holidays of all three countries are known further than a count reaches


def _ask_deadlines(parser: ArgumentParser) -> None:
    parser.add_argument("--country", type=str.upper, choices=sorted(ZONES), required=True, help="where the desk is")
    parser.add_argument("--arrived", type=instant, required=True, help="when the complaint arrived")
    parser.add_argument("--acknowledged", type=instant, help="when it was acknowledged, if it was")
    parser.add_argument("--updated", type=instant, help="when the first progress update went out, if it did")
    parser.add_argument("--why", action="store_true", help="tell day by day how the deadlines come about")


def _deadlines(facts: Namespace) -> dict[str, Any]:
    desk = _desk(facts)
    try:
        acknowledge, *counted = rules.plan(facts.arrived, facts.acknowledged, facts.updated, desk.calendar, POLICY)
    except CalendarHasNoWorkday as error:
        raise ValueError(str(error)) from None
    answer: dict[str, Any] = {"acknowledge": {"due_at": written(acknowledge.due_at)}}
    answer |= {due.step.value: _told(due) for due in counted}
    if facts.why:
        answer["why"] = {due.step.value: _day_by_day(due, desk) for due in counted}
    return answer


def _desk(facts: Namespace) -> Desk:
    """The country's desk for the years that a count can reach. Raises ValueError for events that cannot be counted."""
    events = {"arrived": facts.arrived, "was acknowledged": facts.acknowledged, "was updated": facts.updated}
    happened = [(what, when) for what, when in events.items() if when]
    for (before, begin), (after, end) in pairwise(happened):
        if end < begin:
            raise ValueError(
                f"It {after} before it {before}: a complaint comes first, then its acknowledgement, then its update."
            )
    first, last = happened[0][1].year, happened[-1][1].year
    if not FIRST_YEAR <= first <= last <= LAST_YEAR:
        raise ValueError(f"Public holidays are known for the years {FIRST_YEAR} to {LAST_YEAR}.")
    reach = timedelta(days=2 * LONGEST_SEARCH)
    return calendars.seeded_desk(
        facts.country, ZoneInfo(ZONES[facts.country]), range(first - 1, (happened[-1][1] + reach).year + 1)
    )


def _told(due: rules.Due) -> dict[str, Any]:
    return {"day": due.day and due.day.isoformat(), "due_at": written(due.due_at), "projected": due.projected}


def _day_by_day(due: rules.Due, desk: Desk) -> list[dict[str, Any]]:
    """From day 0, the day of the event; a day that does not count has no number and says why."""
    first = desk.day_of(due.start)
    assert due.day is not None
    days = rules.walk(first, due.day, desk.calendar, desk.names)
    return [
        {"day": first.isoformat(), "number": 0, "why_not": ""},
        *({"day": one.day.isoformat(), "number": one.number, "why_not": one.why_not} for one in days),
    ]


TOPICS = [Topic("deadlines", "When a complaint is due what (C-4, C-5).", _ask_deadlines, _deadlines)]
