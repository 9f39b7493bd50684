"""The topics of ``manage.py explain`` that sessions answer."""

from argparse import ArgumentParser, Namespace
from math import floor
from typing import Any

from supportportal.explain import Topic, instant, written

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


TOPICS = [
    Topic("reminders", "Which reminders a session gets, and when (B-5 to B-7).", _ask_reminders, _reminders),
    Topic("notice", "Whether a change is free (B-10).", _ask_notice, _notice),
]
