from celery import shared_task
from django.conf import settings
from django.utils import timezone

from . import marks, operations


@shared_task(ignore_result=True)
def seal() -> None:
    """One tick: chain what has been committed since the last one."""
    sealed = 0
    while (count := operations.seal(at=timezone.now())) == operations.BATCH:
        sealed += count
    if sealed + count and not settings.DEMO:  # a demo's trail starts anew with its data
        marks.keep(settings.TRAIL_MARKS, at=timezone.now())
