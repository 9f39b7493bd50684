"""What people read of an entry: each app names its verbs in a table ``TRAIL_VERBS`` of its ``trail_words``."""

from collections.abc import Mapping
from typing import Any

from django.apps import apps

_words: dict[str, Any] = {}


def register(words: Mapping[str, Any]) -> None:
    for verb, word in words.items():
        if _words.setdefault(verb, word) is not word:
            raise ValueError(f"What the trail calls {verb} is registered twice.")


def of(verb: str) -> str:
    """In the reader's language. Of a verb that no release knows any more, its code."""
    return str(_words.get(verb, verb))


def known() -> set[str]:
    return set(_words)


def meant_by(text: str) -> list[str]:
    """The verbs whose words, as the reader sees them, or code hold ``text``."""
    text = text.lower()
    return [verb for verb in sorted(_words) if text in verb or text in of(verb).lower()]


def kind_of(subject_type: str) -> str:
    """What the portal calls this kind of subject; of one that is gone, its code."""
    try:
        return str(apps.get_model(subject_type)._meta.verbose_name)
    except (LookupError, ValueError):
        return subject_type
