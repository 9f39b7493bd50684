"""Who else has a case open right now: a hint, kept for minutes in the cache; what counts is the version of the case."""

import logging
from datetime import datetime, timedelta

from django.core.cache import cache
from redis import RedisError

from supportportal.people.models import User

from .models import Complaint

logger = logging.getLogger(__name__)
FRESH = timedelta(minutes=5)


def look(complaint: Complaint, person: User, at: datetime) -> list[tuple[str, datetime]]:
    """Note that ``person`` looks at the case, and say who else did in the last minutes: name and when.

    Nobody, where the cache does not answer: the case can be worked on without the hint.
    """
    key = f"complaint-{complaint.pk}-looking"
    try:
        seen: dict[int, tuple[str, datetime]] = cache.get(key) or {}
        fresh = {pk: one for pk, one in seen.items() if at - one[1] < FRESH}
        cache.set(key, {**fresh, person.pk: (str(person), at)}, FRESH.total_seconds())
    except RedisError:
        logger.warning("Not known: who else looks at a case")
        return []
    return [one for pk, one in fresh.items() if pk != person.pk]
