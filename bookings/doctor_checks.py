"""What the doctor says of what has to be there before anybody can book."""

from collections.abc import Iterator

from supportportal.watch.doctor import Visit
from supportportal.watch.troubles import Trouble

from .models import Agent, SessionType, TermsVersion


def what_to_book(visit: Visit) -> Iterator[Trouble]:
    if not SessionType.objects.exists() or not Agent.objects.exists():
        yield Trouble("bookings", "Nothing can be booked: add a session type and an agent in the admin.", grave=False)
    if not TermsVersion.objects.exists():
        yield Trouble("legal.terms", "There are no support terms: clients book without accepting any.", grave=False)
