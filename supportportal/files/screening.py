"""Looking for viruses in what comes from outside, apart from its arrival: nothing is refused or lost for want of it.

What is found to hold one stays where it is and is not given out; nobody but an owner decides what becomes of it.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import IO, Any

from django.conf import settings
from django.db import models, transaction

from supportportal.trail import operations as trail

from . import clamd
from .models import Screened, StoredFile

logger = logging.getLogger(__name__)
BATCH = 50
LEASE = timedelta(minutes=5)  # longer than clamd is given for one file
MOST_TRIES = 10_000  # counted no further: the column ends, and one file that waits for months would hold up all
PAUSES = [timedelta(seconds=seconds) for seconds in (30, 60, 120, 300)]  # after each try; the last one again and again
State = Screened.Screening
Contents = Callable[[Any], Iterable[IO[bytes]]]
Copies = Callable[[StoredFile], models.QuerySet[StoredFile]]


class Overtaken(Exception):
    """What is to be decided on has changed meanwhile."""


_screened: dict[type[Screened], Contents] = {}
_copies: list[Copies] = []


def register(model: type[Screened], contents: Contents) -> None:
    """``contents`` opens what is to be looked at of a row."""
    if _screened.setdefault(model, contents) is not contents:
        raise ValueError(f"What is screened of {model.__name__} is registered twice.")


def register_copies(copies: Copies) -> None:
    """``copies`` finds what was made of a file, and goes with it."""
    if copies in _copies:
        raise ValueError("The same copies are registered twice.")
    _copies.append(copies)


def kinds() -> list[type[Screened]]:
    return list(_screened)


# -- one tick ----------------------------------------------------------------------------------------------------------


def screen_due(*, clock: Callable[[], datetime]) -> None:
    """Look at what waits. Any number of these may run at once; what makes trouble holds up the others for one tick."""
    due = _due(clock()) if settings.CLAMD_URL else []
    if not due:
        return
    try:
        clamd.ping(settings.CLAMD_URL)
    except clamd.Unanswered as fault:
        logger.warning("clamd cannot be asked (%s); %s files or more wait.", fault, len(due))
        for row in due:
            if _claim(row, clock()):
                _put_off(row, clock())
        return
    for row in due:
        if _claim(row, clock()) and not _screen(row, clock):
            return


def _due(at: datetime) -> list[Screened]:
    found = [row for model in _screened for row in _waiting(model).filter(screen_at__lte=at)[:BATCH]]
    return sorted(found, key=lambda row: row.screen_at)[:BATCH]


def _waiting(model: type[Screened]) -> models.QuerySet[Any]:
    return model._default_manager.filter(screening=State.WAITING).order_by("screen_at")


def _claim(row: Screened, at: datetime) -> bool:
    """Whether it is ours: of several that saw it due, one. If we die over it, it is due again after the lease."""
    seen, row.screen_at, row.screen_tries = row.screen_at, at + LEASE, min(row.screen_tries + 1, MOST_TRIES)
    claimed = _waiting(type(row)).filter(pk=row.pk, screen_at=seen)
    return bool(claimed.update(screen_at=row.screen_at, screen_tries=row.screen_tries))


def _put_off(row: Screened, at: datetime) -> None:
    pause = PAUSES[min(row.screen_tries, len(PAUSES)) - 1]
    _waiting(type(row)).filter(pk=row.pk, screen_at=row.screen_at).update(screen_at=at + pause)


def _screen(row: Screened, clock: Callable[[], datetime]) -> bool:
    """False where there was no verdict, and it is better to look first whether there is still a scanner."""
    what = f"{row._meta.label_lower} {row.pk}"
    try:
        virus = _found_in(row)
    except clamd.TooLarge:
        logger.warning("clamd takes no %s, which is too large for its StreamMaxLength.", what)
        _put_off(row, clock())
        return True
    except (clamd.Unanswered, OSError) as fault:
        reason = str(fault) if isinstance(fault, clamd.Unanswered) else type(fault).__name__
        logger.warning("There is no verdict on %s: %s.", what, reason)
        _put_off(row, clock())
        return False
    # Whoever decides meanwhile is left alone; so is a file that is gone.
    verdict = {"screening": State.WITHHELD if virus else State.CLEAN, "virus": virus[:200], "screened_at": clock()}
    if _waiting(type(row)).filter(pk=row.pk).update(**verdict) and virus:
        logger.warning("%s is withheld: %s was found in it.", what, virus)
    return True


def _found_in(row: Screened) -> str:
    for content in _screened[type(row)](row):
        with content:
            if virus := clamd.scan(settings.CLAMD_URL, content):
                return virus
    return ""


# -- decided by people -------------------------------------------------------------------------------------------------


@transaction.atomic
def release(row: Screened, *, of: models.Model, by: Any, at: datetime) -> None:
    """Give it out from now on, whatever was found in it; ``of`` is what it belongs to. Raises Overtaken."""
    _decide(row, "released", State.CLEAN, of=of, by=by, at=at)


@transaction.atomic
def delete(file: StoredFile, *, of: models.Model, by: Any, at: datetime) -> None:
    """Delete its content for good, and copies of it. Its name and what was found in it stay. Raises Overtaken."""
    _decide(file, "deleted", State.DELETED, of=of, by=by, at=at)
    gone = [file, *(copy for copies in _copies for copy in copies(file))]
    StoredFile.objects.filter(pk__in=[one.pk for one in gone]).update(screening=State.DELETED, screen_at=None)
    for one in gone:
        transaction.on_commit(partial(one.content.storage.delete, str(one.content.name)))


def _decide(row: Screened, verb: str, state: str, *, of: models.Model, by: Any, at: datetime) -> None:
    """On what was shown, and no other. The trail has it under what the file belongs to, seen by who sees that (C-8)."""
    if not row.can_be_decided:
        raise Overtaken
    shown = type(row)._default_manager.filter(pk=row.pk, screening=row.screening, virus=row.virus)
    if not shown.update(screening=state, screen_at=None):
        raise Overtaken
    facts = {"kind": row._meta.label_lower, "file": row.pk, "virus": row.virus}
    trail.record(f"file.{verb}", of, by=by, at=at, **facts)
