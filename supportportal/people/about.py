"""What staff see on a person's page beside the person's own fields; apps register parts in ``AppConfig.ready()``."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from .access import restrictions_on
from .models import User


@dataclass(frozen=True)
class Part:
    """``context`` gives what ``template`` shows of this person to this reader; None: nothing, or not for them."""

    code: str
    template: str
    context: Callable[[HttpRequest, User, datetime], dict[str, Any] | None]
    position: int = 50


_parts: dict[str, Part] = {}


def register(*parts: Part) -> None:
    for part in parts:
        if _parts.setdefault(part.code, part) is not part:
            raise ValueError(f"The part {part.code} is registered twice.")


def shown_about(person: User, request: HttpRequest, at: datetime) -> list[SafeString]:
    shown = []
    for part in sorted(_parts.values(), key=lambda part: (part.position, part.code)):
        context = part.context(request, person, at)
        if context is not None:
            shown.append(render_to_string(part.template, {"person": person, **context}, request=request))
    return shown


def _closed(request: HttpRequest, person: User, at: datetime) -> dict[str, Any] | None:
    """What is closed and until when: whoever answers the person has to know that, and not why (R-10)."""
    found = restrictions_on(person, at)
    return {"restrictions": found} if found else None


CLOSED = Part("people.closed", "people/about_closed.html", _closed, 10)
