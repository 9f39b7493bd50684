"""The topics of ``manage.py explain`` that sessions answer."""

from argparse import ArgumentParser, Namespace
from math import floor
from typing import Any

from supportportal.explain import Topic, day, instant, written

from . import rules
from .policy import POLICY


def _ask_reminders(parser: ArgumentParser) -> None:
    parser.add_argument("--booked", type=instant, required=True, help="when the session was booked, or moved there")
    parser.add_argument("--starts", type=instant, required=True, help="when it starts")


def _reminders(facts: Namespace) -> list[dict[str, str]]:
    return [
        {
            "kind": one.kind,
            "channel": one.channel,
            "due_at": written(one.due_at),
            "useful_until": written(one.useful_until),
        }
        for one in rules.plan_reminders(facts.starts, facts.booked, POLICY)
    ]


def _ask_notice(parser: ArgumentParser) -> None:
    parser.add_argument("--starts", type=instant, required=True, help="when the session starts")
    parser.add_argument("--at", type=instant, required=True, help="when the client acts, or asked")


def _notice(facts: Namespace) -> dict[str, Any]:
    return {
        "notice_seconds": floor(rules.notice(facts.starts, facts.at).total_seconds()),
        "free": rules.is_free_to_change(facts.starts, facts.at, POLICY),
    }


def _ask_ladder(parser: ArgumentParser) -> None:
    parser.add_argument("--strike", type=day, action="append", default=[], help="a strike's date; may be repeated")
    parser.add_argument("--attended", type=day, action="append", default=[], help="a date of an attended session")
    parser.add_argument("--starts", type=day, required=True, help="the date on which a session would start")


def _ladder(facts: Namespace) -> dict[str, Any]:
    standing = rules.ladder(facts.strike, POLICY, facts.attended)
    return {
        "level": standing.level,
        "free_from": standing.free_from and standing.free_from.isoformat(),
        "chargeable": standing.is_chargeable(facts.starts),
    }


TOPICS = [
    Topic("reminders", "Which reminders a session gets, and when (B-5 to B-7).", _ask_reminders, _reminders),
    Topic("notice", "Whether a change is free (B-10).", _ask_notice, _notice),
    Topic("ladder", "What follows from strikes, and whether a session costs (B-13).", _ask_ladder, _ladder),
]
