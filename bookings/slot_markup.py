"""The radios of the picker and its lists as ready HTML: hundreds to a page, they are its hot path."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from supportportal.people import zones


def slots(times: Iterable[Any], fee_sign: str) -> SafeString:
    """One pill radio for each free start; what a mark says is also said in words."""
    not_free = f'<span class="visually-hidden">, {escape(_("not free to change"))}</span>'
    fee = (
        f'<span class="slot__fee" aria-hidden="true">{escape(fee_sign)}</span>'
        f'<span class="visually-hidden">, {escape(_("carries a fee"))}</span>'
    )
    return mark_safe(  # noqa: S308 -- every text is escaped in ``_slot``
        "".join(
            _slot(
                time.cell,
                time.words,
                time.rule,
                " slot--costs" if time.fee else "" if time.is_free else " slot--soon",
                ("" if time.is_free else not_free) + (fee if time.fee else ""),
                time.is_picked,
            )
            for time in times
        )
    )


@lru_cache(maxsize=8192)
def _slot(cell: int, words: Any, rule: str, kind: str, marks: str, is_picked: bool) -> str:
    """Kept: clients in one zone are shown the same starts. ``kind`` and ``marks`` are HTML, the other texts are not."""
    return (
        f'<label class="slot{kind}"><input type="radio" name="start" value="{cell}" data-when="{escape(words.when)}"'
        f' data-rule="{escape(rule)}"{" checked" if is_picked else ""} required>'
        f"<span>{escape(words.clock)}{marks}</span></label>"
    )


@lru_cache(maxsize=128)
def zone_options(chosen: str) -> SafeString:
    return mark_safe(  # noqa: S308 -- names of zones, not input
        "".join(
            f'<option value="{name}"{" selected" if name == chosen else ""}>{escape(text)}</option>'
            for name, text in zones.choices()
        )
    )


def agent_options(agents: Iterable[Any], chosen: Any) -> SafeString:
    """Each agent's name with the languages they speak."""
    return mark_safe("".join(_agent_option(one, one is chosen) for one in agents))  # noqa: S308 -- escaped there


def _agent_option(agent: Any, is_chosen: bool) -> str:
    languages = f" ({', '.join(agent.languages)})" if agent.languages else ""
    selected = " selected" if is_chosen else ""
    return f'<option value="{agent.pk}"{selected}>{escape(agent.name + languages)}</option>'


def day_strip(days: Iterable[Any]) -> SafeString:
    """The days of the week as links, each with the number of its times in words."""
    return mark_safe("".join(_day_link(day, escape(day.url)) for day in days))  # noqa: S308 -- escaped here and there


def _day_link(day: Any, url: str) -> str:
    full = "" if day.count else " day-strip__day--full"
    current = ' aria-current="date"' if day.is_shown else ""
    times = ngettext("%(n)s time", "%(n)s times", day.count) % {"n": day.count}
    return (
        f'<a class="day-strip__day{full}" href="{url}" hx-get="{url}" hx-target="#picker" hx-swap="outerHTML"'
        f' hx-push-url="true"{current}>{escape(day.weekday)}<strong>{day.date.day}</strong>'
        f'<span class="visually-hidden">, {escape(times)}</span></a>'
    )
