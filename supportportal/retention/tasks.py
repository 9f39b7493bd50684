from celery import shared_task
from django.utils import timezone

from . import operations


@shared_task(ignore_result=True)
def prune() -> None:
    """One tick: let go of what is due; nothing, unless RETENTION says for how long something is kept."""
    operations.prune(timezone.now())
