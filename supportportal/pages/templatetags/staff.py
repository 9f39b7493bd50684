"""What Django's own pages of the admin leave out: a name for every control and for every cell that stands alone."""

import re
from collections.abc import Iterable
from typing import Any

from django import template
from django.forms import BoundField, MultiWidget
from django.utils.html import escape, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .. import actions

register = template.Library()
_CELL = re.compile(r"(<t[dh][^>]*)>(.*)(</t[dh]>)", re.DOTALL)
BLANK = {"", "-", "–"}


@register.simple_tag(takes_context=True)
def actions_on(context: Any, subject: Any) -> list[actions.Action]:
    """What other apps offer to do about the thing shown: ``{% actions_on original as offered %}``."""
    return actions.on(context["request"], subject) if subject is not None else []


@register.filter
def labelled(bound: BoundField) -> SafeString:
    """A control whose label is the head of its column."""
    if isinstance(bound.field.widget, MultiWidget):
        return labelled_parts(bound)
    return bound.as_widget(attrs={"aria-label": bound.label})


@register.filter
def labelled_parts(bound: BoundField) -> SafeString:
    """A control; if it is a date with a time, each of the two has a name."""
    widget = bound.field.widget
    if isinstance(widget, MultiWidget) and len(widget.widgets) == 2:
        for part, name in zip(widget.widgets, (_("date"), _("time")), strict=True):
            part.attrs["aria-label"] = f"{bound.label}: {name}"
    return bound.as_widget()


@register.filter
def with_headers(cells: Iterable[SafeString], headers: Iterable[dict[str, Any]]) -> list[SafeString]:
    """The cells of a row in a list, each with the head of its column, for phones; those that hold nothing say so."""
    names = [escape(capfirst(strip_tags(str(header["text"])).strip())) for header in headers]
    return [_with_header(cell, name) for cell, name in zip(cells, [*names, ""], strict=False)]


def _with_header(cell: SafeString, name: str) -> SafeString:
    found = _CELL.fullmatch(cell)
    if found is None:
        return cell
    opening, content, closing = found.groups()
    blank = "" if "<" in content or content.strip() not in BLANK else " data-blank"
    return mark_safe(f'{opening} data-label="{name}"{blank}><div>{content}</div>{closing}')  # noqa: S308  (all escaped)
