"""What a page says to whom a restriction closes something: ``{% load restrictions %}``."""

from typing import Any

from django import template

from .. import kept_open

register = template.Library()


@register.inclusion_tag("people/kept_open.html", name="kept_open", takes_context=True)
def ways_kept_open(context: template.Context) -> dict[str, Any]:
    """The ways that stay open to the reader, as links (R-6)."""
    user = context["request"].user
    return {"ways": kept_open.ways_for(user if user.is_authenticated else None)}
