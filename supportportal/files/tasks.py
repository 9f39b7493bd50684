from celery import shared_task
from django.utils import timezone

from . import orphans


@shared_task(ignore_result=True)
def sweep() -> None:
    """One tick: delete what nobody refers to any more."""
    orphans.sweep(at=timezone.now())
