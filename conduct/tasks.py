"""The tick of conduct. Any number of them may run at once; one too many is harmless."""

from celery import shared_task
from django.utils import timezone

from .operations import watching


@shared_task(ignore_result=True)
def watch() -> None:
    """Reviews ahead, approvals that are late, restrictions that have ended, follow-ups that wait (R-7, R-8, S-1)."""
    watching.sweep(timezone.now())
