"""The lock order, everywhere: the people concerned by ascending id, then the session, then the rest."""

from supportportal.people.models import User

from ..models import Booking
from ..refusals import ChangedMeanwhile


def acting(by: User | None) -> tuple[int, ...]:
    """Who acts for themselves or for a colleague is concerned too: a measure locks whom it restricts (R-4)."""
    return () if by is None or by.is_staff else (by.pk,)


def lock_people(*ids: int) -> dict[int, User]:
    people = User.objects.select_related("account__plan").filter(pk__in=set(ids)).order_by("pk")
    return {person.pk: person for person in people.select_for_update(no_key=True, of=("self",))}


def lock(booking: Booking, *others: int) -> Booking:
    """The row as it is now, locked after its people; raises ChangedMeanwhile if one of them changed meanwhile."""
    seen = Booking.objects.only("agent_id", "client_id").get(pk=booking.pk)
    lock_people(seen.agent_id, seen.client_id, *others)
    rows = Booking.objects.select_related("client__account__plan", "agent__user", "session_type")
    locked = rows.select_for_update(no_key=True, of=("self",)).get(pk=booking.pk)
    if (locked.agent_id, locked.client_id) != (seen.agent_id, seen.client_id):
        raise ChangedMeanwhile
    return locked
