"""What other apps add to the page of one's plan: where a channel is, and sections of their own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from .models import Channel


@dataclass(frozen=True)
class Section:
    """``context`` gives what ``template`` shows to this reader at this instant; None: nothing to show."""

    code: str
    template: str
    context: Callable[[HttpRequest, datetime], dict[str, Any] | None]
    position: int = 50


_views: dict[str, str] = {}
_sections: dict[str, Section] = {}


def register_channel(code: str, view: str) -> None:
    """The channel of this code is a page of the portal; a link that staff give to the channel goes before it."""
    _views[code] = view


def register(*sections: Section) -> None:
    for section in sections:
        if _sections.setdefault(section.code, section) is not section:
            raise ValueError(f"The section {section.code} of the plan page is registered twice.")


def address_of(channel: Channel) -> str:
    """Where the channel is; empty where nobody has said (P-4)."""
    return channel.url or (reverse(_views[channel.code]) if channel.code in _views else "")


def sections_for(request: HttpRequest, at: datetime) -> list[SafeString]:
    shown = []
    for section in sorted(_sections.values(), key=lambda section: (section.position, section.code)):
        context = section.context(request, at)
        if context is not None:
            shown.append(render_to_string(section.template, context, request=request))
    return shown
