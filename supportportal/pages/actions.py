"""What else can be done about what a staff page shows: apps to the right register it in ``AppConfig.ready()``.

So the page of a session offers to report an incident without knowing that there are incidents.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest


@dataclass(frozen=True)
class Action:
    """A link beside the page's own buttons."""

    label: Any
    url: str


Offers = Callable[[HttpRequest, Any], Iterable[Action]]
_offers: dict[str, list[Offers]] = {}


def register(subject_type: str, offers: Offers) -> None:
    """``offers`` says what this reader may do about a subject, a row of the model ``subject_type`` ("app.model")."""
    known = _offers.setdefault(subject_type, [])
    if offers in known:
        raise ValueError(f"The same actions on {subject_type} are registered twice.")
    known.append(offers)


def on(request: HttpRequest, subject: Any) -> list[Action]:
    """What the page of ``subject`` offers to this reader."""
    return [action for offers in _offers.get(subject._meta.label_lower, ()) for action in offers(request, subject)]
