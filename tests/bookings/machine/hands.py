"""What the verbs have in hand: the people, the times, and whether the portal does or refuses what it should."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from bookings.models import Booking
from bookings.refusals import BookingRefused
from supportportal.lattice import cell_at

from .model import Actor, Model
from .sending import Sender
from .things import HOUR, Person, Session, Slot

BEGIN = datetime(2026, 10, 20, 6, tzinfo=UTC)  # a Tuesday in Rome, before the agents' hours; clocks change on Sunday
ROME = ZoneInfo("Europe/Rome")
SECOND = timedelta(seconds=1)

people = st.integers(0, 2)
agents = st.sampled_from([0, 0, 0, 1])
ahead = st.sampled_from([0, 1, 1, 1, 2, 3, 3, 4, 10, 140])  # business days
starts = st.sampled_from([time(9), time(9, 30), time(10), time(11), time(16)])
earlier = st.sampled_from([0, 1, 24, 72]).map(lambda hours: hours * HOUR)
yes_or_no = st.booleans()


class Hands(RuleBasedStateMachine):
    """``scene`` is set by the test: the rows of the people and what can be booked, and who sends."""

    scene: SimpleNamespace
    sender: Sender

    def __init__(self) -> None:
        super().__init__()
        self.beginning = transaction.savepoint()
        self.model, self.at = Model(), BEGIN
        self.people: list[Person] = self.scene.people

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.beginning)
        transaction.set_rollback(False)  # else a fault on PostgreSQL would spoil the histories after it

    def attempt(self, act: Callable[[], Any], possible: bool) -> Any:
        """What the portal answers; None where it refuses. Either has to be as the model says."""
        try:
            done = act()
        except BookingRefused as refusal:
            assert not possible, f"refused: {refusal!r}"
            return None
        assert possible, "not refused"
        return done or True

    def live(self) -> list[Session]:
        return self.model.live()

    def said(self) -> list[Session]:
        return [one for one in self.model.sessions if one.outcome_at]

    def slot(self, agent: int, days: int, start: time) -> Slot:
        """So many business days from today."""
        day = self.at.astimezone(ROME).date()
        while day.weekday() > 4 or days:
            day += timedelta(days=1)
            days -= 1 if day.weekday() < 5 and days else 0
        return Slot(self.scene.agents[agent].pk, cell_at(datetime.combine(day, start, ROME)))

    def agent(self, slot: Slot) -> Any:
        return next(one for one in self.scene.agents if one.pk == slot.agent)

    def row(self, session: Session) -> Booking:
        return Booking.objects.get(pk=session.pk)

    def actor(self, who: str, client: Person) -> tuple[Actor, Any]:
        """In the model's words, and as the portal knows them."""
        if who in ("agent", "firm"):
            return Actor(is_staff=True, is_firm=who == "firm"), self.scene.staff
        if who == "link":
            return Actor(), None
        person = self.people[0] if who == "coordinator" else client
        return Actor(person), self.scene.rows[person.pk]

    def asked_at(self, session: Session, actor: Actor, before: timedelta) -> datetime | None:
        """When a client has asked staff to act: perhaps a second before there was a session."""
        return max(self.at - before, session.booked_at - SECOND) if actor.is_staff and not actor.is_firm else None
