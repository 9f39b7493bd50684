"""Who makes the demo's data: apps register a builder in ``AppConfig.ready()``, run in order of ``position``."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction


class NotADemo(Exception):
    """Demo data is asked for where ``DEMO`` is not set."""


@dataclass(frozen=True)
class Builder:
    """``build`` makes data relative to an instant; ``clear``, run before it in reverse order, takes the old away."""

    code: str
    build: Callable[[datetime], None]
    clear: Callable[[], None] | None = None
    position: int = 50


_builders: dict[str, Builder] = {}


def register(
    code: str, build: Callable[[datetime], None], *, clear: Callable[[], None] | None = None, position: int = 50
):
    if code in _builders:
        raise ValueError(f"The demo builder {code} is registered twice.")
    _builders[code] = Builder(code, build, clear, position)


@transaction.atomic
def bring_to(at: datetime) -> None:
    """Make all demo data anew, relative to ``at``. Raises NotADemo, with nothing touched, outside the demo."""
    if not settings.DEMO:
        raise NotADemo("This is not a demo (DEMO is not set): no data is touched.")
    ordered = sorted(_builders.values(), key=lambda builder: (builder.position, builder.code))
    for builder in reversed(ordered):
        if builder.clear:
            builder.clear()
    for builder in ordered:
        builder.build(at)
