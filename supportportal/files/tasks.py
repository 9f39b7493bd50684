import threading

from celery import shared_task
from django.utils import timezone

from . import orphans, screening

_one_screens = threading.Lock()


@shared_task(ignore_result=True)
def sweep() -> None:
    """One tick: delete what nobody refers to any more."""
    orphans.sweep(at=timezone.now())


@shared_task(ignore_result=True)
def screen() -> None:
    """One tick: look for viruses in what waits; in one thread of a worker at most, for a scanner may be slow."""
    if _one_screens.acquire(blocking=False):
        try:
            screening.screen_due(clock=timezone.now)
        finally:
            _one_screens.release()
