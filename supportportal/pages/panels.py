"""What the first pages show: apps register panels in ``AppConfig.ready()``, each says what it has to show."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString


@dataclass(frozen=True)
class Panel:
    """``context`` gives what ``template`` shows to this reader at this instant; None: the panel is not for them."""

    code: str
    template: str
    context: Callable[[HttpRequest, datetime], dict[str, Any] | None]
    position: int = 50
    wide: bool = False


@dataclass(frozen=True)
class Shown:
    code: str
    html: SafeString
    wide: bool


class Board:
    """An ordered set of panels."""

    def __init__(self) -> None:
        self._panels: dict[str, Panel] = {}

    def register(self, *panels: Panel) -> None:
        for panel in panels:
            if self._panels.setdefault(panel.code, panel) is not panel:
                raise ValueError(f"The panel {panel.code} is registered twice.")

    def shown_to(self, request: HttpRequest, at: datetime) -> list[Shown]:
        shown = []
        for panel in sorted(self._panels.values(), key=lambda panel: (panel.position, panel.code)):
            context = panel.context(request, at)
            if context is not None:
                html = render_to_string(panel.template, context, request=request)
                shown.append(Shown(panel.code, html, panel.wide))
        return shown


staff_board = Board()  # the first page of the admin: today's work
home_board = Board()  # a client's home page
help_board = Board()  # what clients can do, for everybody to read
