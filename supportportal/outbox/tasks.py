"""The ticks. Any number of them may run at once, on any number of machines; one too many is harmless."""

import threading

from celery import shared_task
from django.utils import timezone

from . import delivery, events, inbound, reconciling

# One delivery per channel and process, so that a slow provider never takes every thread.
_busy = {"email": threading.Lock(), "sms": threading.Lock()}


@shared_task(ignore_result=True)
def deliver_email() -> None:
    _deliver("email")


@shared_task(ignore_result=True)
def deliver_sms() -> None:
    _deliver("sms")


@shared_task(ignore_result=True)
def reconcile() -> None:
    reconciling.reconcile(clock=timezone.now)


@shared_task(ignore_result=True)
def handle_events() -> None:
    events.handle_pending(at=timezone.now())


@shared_task(ignore_result=True)
def handle_mail() -> None:
    inbound.handle_pending(at=timezone.now())


def _deliver(channel: str) -> None:
    if _busy[channel].acquire(blocking=False):
        try:
            delivery.deliver_due(channel, clock=timezone.now)
        finally:
            _busy[channel].release()
