"""The one way to write the trail, and the sealer that chains what was written."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Exists, Max, OuterRef

from .models import Entry, Seal

BATCH = 1_000
# An entry gets its id before its transaction commits, so a lower id may appear after a higher one is sealed. No
# transaction is open for a day: what is older than that needs no second look at every tick.
LATEST_COMMIT = timedelta(days=1)
FIRST = "0" * 64


def record(verb: str, subject: models.Model, *, by: Any, at: datetime, **facts: Any) -> None:
    """Add one entry in the caller's transaction. ``facts``: ids, codes, instants and digests, never names or texts."""
    _entry(verb, subject, by=by, at=at, facts=facts).save()


def record_many(verb: str, subjects: Iterable[models.Model], *, by: Any, at: datetime, **facts: Any) -> None:
    """The same entry for each of many subjects."""
    Entry.objects.bulk_create([_entry(verb, one, by=by, at=at, facts=facts) for one in subjects], batch_size=BATCH)


def seal(*, at: datetime, limit: int = BATCH) -> int:
    """Chain up to ``limit`` committed entries that no seal covers yet; return how many.

    Any number of sealers may run at once: a number of the chain is taken once, whoever comes second does nothing.
    """
    settled = _settled(at)
    if not _unsealed(settled).exists():
        return 0  # asked first, so that an idle tick never takes SQLite's write lock
    try:
        with transaction.atomic():
            return _seal(settled, at, limit)
    except IntegrityError:
        return 0


def unsealed(*, at: datetime) -> "models.QuerySet[Entry]":
    """Committed entries that no seal covers yet, in the order in which they will be sealed."""
    return _unsealed(_settled(at))


def faults(*, at: datetime) -> Iterator[str]:
    """Walk the whole chain and say, one by one, what does not fit: changed, removed, moved or never sealed."""
    previous, expected = FIRST, 1
    for links in _batches(Seal.objects.all()):
        entries = Entry.objects.in_bulk([link.entry_id for link in links])
        for link in links:
            if link.number != expected:
                yield f"Seal {expected} is missing."
            entry = entries.get(link.entry_id)
            if entry is None:
                yield f"Entry {link.entry_id} of seal {link.number} was removed."
            elif _digest(previous, link.number, entry) != link.digest:
                yield f"Entry {link.entry_id} of seal {link.number} was changed or moved."
            previous, expected = link.digest, link.number + 1
    for pk in _unsealed(0).filter(at__lte=at - LATEST_COMMIT).values_list("pk", flat=True):
        yield f"Entry {pk} was never sealed."


def _entry(verb: str, subject: models.Model, *, by: Any, at: datetime, facts: dict[str, Any]) -> Entry:
    return Entry(
        verb=verb,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        by_id=getattr(by, "pk", None),
        at=at,
        facts=facts,
    )


def _seal(settled: int, at: datetime, limit: int) -> int:
    last = Seal.objects.order_by("-number").first()
    number, digest = (last.number, last.digest) if last else (0, FIRST)
    links = []
    for entry in _unsealed(settled)[:limit]:
        number += 1
        digest = _digest(digest, number, entry)
        links.append(Seal(number=number, entry=entry, digest=digest, sealed_at=at))
    Seal.objects.bulk_create(links)
    return len(links)


def _settled(at: datetime) -> int:
    """The id up to which nothing can turn up any more."""
    return Seal.objects.filter(sealed_at__lt=at - LATEST_COMMIT).aggregate(highest=Max("entry_id"))["highest"] or 0


def _unsealed(above: int) -> "models.QuerySet[Entry]":
    return Entry.objects.filter(~Exists(Seal.objects.filter(entry=OuterRef("pk"))), pk__gt=above).order_by("pk")


def _batches(seals: "models.QuerySet[Seal]") -> Iterator[list[Seal]]:
    number = 0
    while links := list(seals.filter(number__gt=number).order_by("number")[:BATCH]):
        yield links
        number = links[-1].number


def _digest(previous: str, number: int, entry: Entry) -> str:
    said = [
        previous,
        number,
        entry.pk,
        entry.verb,
        entry.subject_type,
        entry.subject_id,
        entry.by_id,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.facts,
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
