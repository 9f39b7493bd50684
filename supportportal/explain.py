"""What the rules would decide for given facts: topics that apps register and ``manage.py explain`` asks.

A topic is pure: it reads its options and the policy, never the database.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any


@dataclass(frozen=True)
class Topic:
    """``configure`` adds the topic's options; ``answer`` turns the parsed ones into something JSON can hold.

    ``answer`` raises ValueError, with a sentence, for facts that make no sense together.
    """

    name: str
    help: str
    configure: Callable[[argparse.ArgumentParser], None]
    answer: Callable[[argparse.Namespace], Any]


_topics: dict[str, Topic] = {}


def register(topic: Topic) -> None:
    _topics[topic.name] = topic


def all_topics() -> list[Topic]:
    return sorted(_topics.values(), key=lambda topic: topic.name)


def instant(text: str) -> datetime:
    """An ISO 8601 time with an offset, as UTC; for use as an option's ``type``."""
    try:
        read = datetime.fromisoformat(text)
        if read.tzinfo is None:
            raise argparse.ArgumentTypeError(f"'{text}' has no offset (write it as 2026-11-24T10:30:00+01:00)")
        return read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"'{text}' is not a time (write it as 2026-11-24T10:30:00+01:00)") from None


def day(text: str) -> date:
    """A date, written as 2026-11-24; for use as an option's ``type``."""
    try:
        if len(text) != len("2026-11-24"):  # ISO 8601 has shorter and longer ways too
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a date (write it as 2026-11-24)") from None


def written(at: datetime) -> str:
    """The one way in which ``explain`` writes an instant: UTC with a Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
