"""The radios of the picker and its list of zones as ready HTML: hundreds to a page, they are its hot path."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from supportportal.people import zones


def slots(times: Iterable[Any], fee_sign: str) -> SafeString:
    """One pill radio for each free start; what a mark says is also said in words."""
    not_free = f'<span class="visually-hidden">, {escape(_("not free to change"))}</span>'
    fee = (
        f'<span class="slot__fee" aria-hidden="true">{escape(fee_sign)}</span>'
        f'<span class="visually-hidden">, {escape(_("carries a fee"))}</span>'
    )
    return mark_safe(  # noqa: S308 -- every text is escaped here
        "".join(
            f'<label class="slot{" slot--costs" if time.fee else "" if time.is_free else " slot--soon"}">'
            f'<input type="radio" name="start" value="{time.cell}" data-when="{escape(time.when)}"'
            f' data-rule="{escape(time.rule)}"{" checked" if time.is_picked else ""} required>'
            f"<span>{escape(time.clock)}{'' if time.is_free else not_free}{fee if time.fee else ''}</span></label>"
            for time in times
        )
    )


@lru_cache(maxsize=128)
def zone_options(chosen: str) -> SafeString:
    return mark_safe(  # noqa: S308 -- names of zones, not input
        "".join(
            f'<option value="{name}"{" selected" if name == chosen else ""}>{escape(text)}</option>'
            for name, text in zones.choices()
        )
    )
