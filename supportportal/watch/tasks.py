"""The tick that tells the outside that all goes well. One too many is harmless."""

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from . import deadman, troubles

logger = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def say_alive() -> None:
    """Only while nothing grave is found: otherwise the silence calls somebody."""
    if not settings.DEADMAN_URL:
        return
    grave = [trouble for trouble in troubles.found(timezone.now()) if trouble.grave]
    for trouble in grave:
        logger.error("DEADMAN_URL is not told that all goes well: %s", trouble.text)
    if not grave:
        deadman.say_alive()
