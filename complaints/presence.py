"""Who else has a case open right now: a hint, kept for minutes in the cache; what counts is the version of the case."""

from datetime import datetime, timedelta

from django.core.cache import cache

from supportportal.people.models import User

from .models import Complaint

FRESH = timedelta(minutes=5)


def look(complaint: Complaint, person: User, at: datetime) -> list[tuple[str, datetime]]:
    """Note that ``person`` looks at the case, and say who else did in the last minutes: name and when."""
    key = f"complaint-{complaint.pk}-looking"
    seen: dict[int, tuple[str, datetime]] = cache.get(key) or {}
    fresh = {pk: one for pk, one in seen.items() if at - one[1] < FRESH}
    others = [one for pk, one in fresh.items() if pk != person.pk]
    cache.set(key, {**fresh, person.pk: (str(person), at)}, FRESH.total_seconds())
    return others
