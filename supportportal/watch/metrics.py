"""The portal's numbers as Prometheus reads them. What is counted in the database is registered by whom it belongs to.

Only totals: no number is about a person, an account or a single complaint (C-8).
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from . import tallies, ticks, troubles

Samples = Iterable[tuple[dict[str, str], float]]
BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0]  # seconds
REQUESTS, SECONDS = "portal_http_requests_total", "portal_http_request_seconds"
CLASSES = ["1xx", "2xx", "3xx", "4xx", "5xx"]
_MICROSECONDS = f"{SECONDS}_sum"


@dataclass(frozen=True)
class Gauge:
    """A number that is looked up when it is asked for: ``samples`` gives each value with its labels."""

    name: str
    help: str
    samples: Callable[[datetime], Samples]


@dataclass(frozen=True)
class Counter:
    """A number that only grows, counted by ``count`` wherever it happens."""

    name: str
    help: str

    def count(self) -> None:
        tallies.add({self.name: 1})


_gauges: list[Gauge] = []
_counters: list[Counter] = []


def register(*metrics: Gauge | Counter) -> None:
    for metric in metrics:
        if isinstance(metric, Counter):
            tallies.define(metric.name)
            _counters.append(metric)
        else:
            _gauges.append(metric)


def note_request(status: int, seconds: float) -> None:
    bucket = bisect_left(BOUNDS, seconds)
    tallies.add({_request(f"{status // 100}xx"): 1, _bucket(bucket): 1, _MICROSECONDS: int(seconds * 1_000_000)})


def text(at: datetime) -> str:
    """Everything, in the format 0.0.4."""
    found = tallies.totals()
    lines = [*_requests(found), *_latency(found)]
    for counter in _counters:
        lines += [*_head(counter.name, counter.help, "counter"), f"{counter.name} {found[counter.name]}"]
    for gauge in _gauges:
        lines += _head(gauge.name, gauge.help, "gauge")
        lines += [f"{gauge.name}{_labelled(labels)} {value:g}" for labels, value in gauge.samples(at)]
    return "\n".join([*lines, ""])


def _requests(found: dict[str, int]) -> Iterator[str]:
    yield from _head(REQUESTS, "Requests answered, by class of status.", "counter")
    for status in CLASSES:
        yield f"{_request(status)} {found[_request(status)]}"


def _latency(found: dict[str, int]) -> Iterator[str]:
    yield from _head(SECONDS, "How long answering a request took.", "histogram")
    below = 0
    for number, bound in enumerate([*map(str, BOUNDS), "+Inf"]):
        below += found[_bucket(number)]
        yield f'{SECONDS}_bucket{{le="{bound}"}} {below}'
    yield f"{SECONDS}_sum {found[_MICROSECONDS] / 1_000_000}"
    yield f"{SECONDS}_count {below}"


def _head(name: str, help_text: str, kind: str) -> list[str]:
    return [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"]


def _labelled(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    pairs = (f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{','.join(pairs)}}}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _request(status: str) -> str:
    return f'{REQUESTS}{{status="{status}"}}'


def _bucket(number: int) -> str:
    return f"{SECONDS}_bucket {number}"


def _jobs_ok(at: datetime) -> Samples:
    return [({}, float(not any(trouble.grave for trouble in troubles.found(at))))]


def _tick_ages(at: datetime) -> Samples:
    return [({"tick": name}, age.total_seconds()) for name, age in sorted(ticks.ages(at).items())]


tallies.define(*map(_request, CLASSES), *(_bucket(number) for number in range(len(BOUNDS) + 1)), _MICROSECONDS)
register(
    Gauge("portal_jobs_ok", "1 while all that goes on by itself does.", _jobs_ok),
    Gauge("portal_tick_age_seconds", "Time since each tick last came to its end.", _tick_ages),
)
