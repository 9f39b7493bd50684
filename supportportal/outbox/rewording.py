"""Putting the firm's own words into messages, and going back to the shipped ones."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from supportportal.trail import operations as trail

from . import own_words
from .models import Wording

OVERTAKEN = _("Somebody else has changed these words meanwhile. Have a look, then save again.")


class RewordingRefused(Exception):
    """``str()`` of it is fit to show."""


def key_of(row: Wording | None) -> str:
    """What was seen of the words, to tell whether somebody else has changed them since."""
    return row.changed_at.isoformat() if row else ""


@transaction.atomic
def change(code: str, language: str, words: Mapping[str, str], *, seen: str, by: Any, at: datetime) -> bool:
    """Use these words from the next message on, where a part is empty the shipped ones. False if they stand already.

    What is kept of messages that were sent stays as it was. The trail says who, which kind and parts, not the words.
    Raises RewordingRefused where they do not hold, or somebody else was faster.
    """
    parts = {part: words[part] for part in Wording.PARTS if words.get(part)}
    for part, text in parts.items():
        for fault in own_words.faults(code, part, text):
            raise RewordingRefused(fault)
    found = Wording.objects.select_for_update(no_key=True).filter(kind=code, language=language).first()
    if (found.parts if found else {}) == parts:
        return False
    if key_of(found) != seen:
        raise RewordingRefused(OVERTAKEN)
    values = {**dict.fromkeys(Wording.PARTS, ""), **parts, "changed_at": at, "changed_by": by}
    row = Wording(pk=found.pk if found else None, kind=code, language=language, **values)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise RewordingRefused(OVERTAKEN) from None
    trail.record("wording.changed", row, by=by, at=at, kind=code, language=language, parts=sorted(parts))
    return True
