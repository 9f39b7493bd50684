"""Whether beat and workers are at work, computed from the heartbeats by whoever asks: a dead one cannot tell."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from .beats import BEAT
from .models import Heartbeat
from .troubles import Trouble, span

PATIENCE = timedelta(seconds=60)  # beats are written down every 15 s, and a machine may be busy
AHEAD = timedelta(seconds=60)  # clocks of two machines may differ by as much


def intervals() -> dict[str, timedelta]:
    """How often each tick is due."""
    entries: dict[str, dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE
    return {entry["task"]: timedelta(seconds=entry["schedule"]) for entry in entries.values()}


def ages(at: datetime) -> dict[str, timedelta]:
    """How long ago each tick was last done to its end; what never was is missing."""
    known = intervals()
    return {beat.name: at - beat.at for beat in Heartbeat.objects.filter(name__in=known)}


def stale(at: datetime) -> Iterator[Trouble]:
    """Beat that stands still, ticks that nobody does, heartbeats of the future."""
    known = intervals()
    hearts = {beat.name: beat for beat in Heartbeat.objects.filter(name__in=[BEAT, *known])}
    ahead = max((beat.at - at for beat in hearts.values()), default=timedelta())
    if ahead > AHEAD:
        yield Trouble(
            "clock",
            f"The last heartbeat is {span(ahead)} in the future: the clock was set back, or those of two machines"
            " differ. Until it has caught up, beat may stay silent; restart beat once the clock is right.",
        )
        return
    beat = hearts.get(BEAT)
    if beat is None:
        yield Trouble("beat", "Beat has never handed over a tick: nothing is sent or watched. Start it.")
        return
    if at - beat.at > PATIENCE:
        yield Trouble("beat", f"Beat has handed over no tick for {span(at - beat.at)}: nothing is sent or watched.")
        return
    allowed = {name: max(PATIENCE, 3 * every) for name, every in known.items()}
    could_be_late = {name for name, length in allowed.items() if at - beat.since > length}
    waits = {name: _waited(hearts.get(name), beat, at) for name in could_be_late}
    late = {name: waited for name, waited in waits.items() if waited > allowed[name]}
    if late and len(late) == len(could_be_late):
        yield Trouble("workers", f"No worker has done anything for {span(min(late.values()))}, though beat hands over.")
        return
    for name, waited in sorted(late.items()):
        yield Trouble("tick", f"The tick {name} has not come to its end for {span(waited)}; the worker's log says why.")


def _waited(heart: Heartbeat | None, beat: Heartbeat, at: datetime) -> timedelta:
    """Not counting the time before beat began: nobody is late for having been switched off."""
    return at - max(heart.at, beat.since) if heart else at - beat.since
