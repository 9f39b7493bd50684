"""Time zones by their IANA names, as choices and as a check."""

import zoneinfo
from functools import cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_AREAS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def names() -> tuple[str, ...]:
    """The zones named after an area and a place, and UTC; aliases such as "Turkey" or "EST5EDT" are left out."""
    return ("UTC", *sorted(name for name in zoneinfo.available_timezones() if name.split("/")[0] in _AREAS))


def choices() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in names()]


def is_known(name: str) -> bool:
    return name in _known()


@cache
def _known() -> frozenset[str]:
    return frozenset(names())


def validate(name: str) -> None:
    if not is_known(name):
        raise ValidationError(_("There is no time zone called %(name)s."), params={"name": name}, code="zone")
