"""Leaving a provider alone for a while, when the trouble is the provider's and not a message's (N-3)."""

from datetime import datetime, timedelta

from django.db.models import F

from . import schedule
from .models import Gateway


def paused_until(name: str, at: datetime) -> datetime | None:
    return Gateway.objects.filter(name=name, paused_until__gt=at).values_list("paused_until", flat=True).first()


def is_failing(name: str) -> bool:
    return Gateway.objects.filter(name=name, failures__gt=0).exists()


def pause(name: str, reason: str, *, at: datetime, least: timedelta | None = None) -> None:
    """Pause a provider, longer with each failure in a row."""
    gateway, _ = Gateway.objects.get_or_create(name=name)
    Gateway.objects.filter(pk=gateway.pk).update(
        failures=F("failures") + 1,
        paused_until=at + max(schedule.channel_pause(gateway.failures + 1), least or timedelta()),
        note=reason[:300],
    )


def resume(name: str) -> None:
    """The provider works again."""
    Gateway.objects.filter(name=name, failures__gt=0).update(failures=0, paused_until=None, note="")
