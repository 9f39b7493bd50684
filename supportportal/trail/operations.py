"""The one way to write the trail."""

from datetime import datetime
from typing import Any

from django.db import models

from .models import Entry


def record(verb: str, subject: models.Model, *, by: Any, at: datetime, **facts: Any) -> None:
    """Add one entry in the caller's transaction. ``facts`` are ids, codes, instants and digests, never names or texts."""
    Entry.objects.create(
        verb=verb,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        by_id=getattr(by, "pk", None),
        at=at,
        facts=facts,
    )
