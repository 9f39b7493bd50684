"""Where Celery and Django tell what they do, and the clock is read for it."""

from typing import Any

from celery import signals
from django.core.signals import request_finished
from django.db import close_old_connections
from django.dispatch import receiver
from django.utils import timezone

from supportportal.logs import request_id

from . import stopping
from .beats import BEAT, Pulse

HEADER = "portal_request"
_pulse = Pulse()
_processes: set[str] = set()  # "beat", where this process is one


@signals.beat_init.connect
def beat_begins(**kwargs: Any) -> None:
    _processes.add(BEAT)


@signals.after_task_publish.connect
def tick_handed_over(**kwargs: Any) -> None:
    if BEAT in _processes:
        close_old_connections()  # beat runs no tasks, around which Celery would do it
        _pulse.beat(BEAT, timezone.now())


@signals.task_success.connect
def task_done(sender: Any = None, **kwargs: Any) -> None:
    _pulse.beat(sender.name, timezone.now())


@signals.before_task_publish.connect
def hand_on_the_number(headers: dict[str, Any] | None = None, **kwargs: Any) -> None:
    """A task that a request asks for is found in the logs by the request's number."""
    if headers is not None and (number := request_id.get()) != "-":
        headers[HEADER] = number


@signals.task_prerun.connect
def take_up_the_number(task_id: str = "", task: Any = None, **kwargs: Any) -> None:
    """Else, as for a tick, its lines bear the number of this run."""
    handed_on = (task.request.headers or {}).get(HEADER) or getattr(task.request, HEADER, None)
    request_id.set(handed_on or task_id)


@signals.task_postrun.connect
def put_the_number_down(**kwargs: Any) -> None:
    request_id.set("-")


@receiver(request_finished)
def put_the_requests_number_down(**kwargs: Any) -> None:
    request_id.set("-")


@signals.worker_shutting_down.connect
def worker_ends(**kwargs: Any) -> None:
    """At the first TERM or INT, while tasks are still at work."""
    stopping.begin()
