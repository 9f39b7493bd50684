"""The ticks of complaints. Any number of them may run at once; one too many is harmless."""

from celery import shared_task
from django.utils import timezone

from .operations import ombudsman, watching


@shared_task(ignore_result=True)
def watch_deadlines() -> None:
    """Warn of deadlines ahead, and tell senior managers of those that were missed (C-7)."""
    watching.sweep(timezone.now())


@shared_task(ignore_result=True)
def send_ombudsman_letters() -> None:
    """The way to the ombudsman is told at the scheme's time limit, while the complaint is unsettled (C-10)."""
    ombudsman.send_due(timezone.now())
