"""The ticks of sessions. Any number of them may run at once; one too many is harmless."""

import time

from celery import shared_task
from django.utils import timezone

from . import cells, holidays
from .operations import busy_calendars, feedback, unanswered, waiting

CALENDAR_SECONDS = 30  # one tick takes a thread for no longer than this, and what it is then reading


@shared_task(ignore_result=True)
def pass_on() -> None:
    """What is held no longer goes to the next who waits (B-15)."""
    waiting.pass_on(timezone.now())


@shared_task(ignore_result=True)
def cancel_unanswered() -> None:
    """Sessions whose fee nobody answered for end 24 hours before their start (B-13.4)."""
    unanswered.cancel_unanswered(timezone.now())


@shared_task(ignore_result=True)
def ask_surveys() -> None:
    """Once a quarter, ask those who used support how they find it (B-19)."""
    feedback.ask_surveys(timezone.now())


@shared_task(ignore_result=True)
def seed_holidays() -> None:
    """A new year, or the first agent of another country, brings its public holidays (B-1)."""
    holidays.seed_missing(timezone.localdate())


@shared_task(ignore_result=True)
def read_calendars() -> None:
    """When agents are busy in their own calendars, one after the other."""
    until = time.monotonic() + CALENDAR_SECONDS
    while busy_calendars.read_next(timezone.now()) and time.monotonic() < until:
        pass


@shared_task(ignore_result=True)
def sweep() -> None:
    """What is over needs no cells, and nobody waits for it."""
    at = timezone.now()
    cells.forget_past(at)
    waiting.close_past(at)
