from celery import shared_task
from django.utils import timezone

from . import operations


@shared_task(ignore_result=True)
def seal() -> None:
    """One tick: chain what has been committed since the last one."""
    while operations.seal(at=timezone.now()) == operations.BATCH:
        pass
