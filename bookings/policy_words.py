"""The policy's numbers in words of the reader's language: what is said is what holds, whatever the settings say."""

from datetime import timedelta
from typing import Any

from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import ngettext

from supportportal import reader, wording

from .policy import POLICY


def length(span: timedelta) -> str:
    """Return "10 minutes", "24 hours" or, for more than one, "2 days"."""
    days, rest = divmod(span, timedelta(days=1))
    if days > 1 and not rest:
        return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
    return wording.length(int(span.total_seconds() // 60), reader.language())


def how_long(name: str) -> str:
    """The length of one of the policy's times, by its name there."""
    return length(getattr(POLICY, name))


def how_long_before(reminder: str) -> str:
    """How long before the start a reminder leaves; nothing where the policy has none of this kind."""
    return next((length(one.before) for one in POLICY.reminders if one.kind == reminder), "")


def with_length(text: Any, name: str) -> Any:
    """``text`` with one of the policy's times as its {length}, worked out wherever it is shown."""
    return format_lazy(text, length=lazy(how_long, str)(name))


def reminder_label(text: Any, reminder: str) -> Any:
    """The same with how long before the start a reminder leaves."""
    return format_lazy(text, length=lazy(how_long_before, str)(reminder))
