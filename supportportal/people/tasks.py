from celery import shared_task
from django.utils import timezone

from . import sign_ins


@shared_task(ignore_result=True)
def sweep() -> None:
    """One tick: forget sessions that are over."""
    sign_ins.sweep(at=timezone.now())
