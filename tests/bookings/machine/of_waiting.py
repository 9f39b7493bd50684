"""What people who wait do: join, leave, and answer what they are offered."""

from datetime import time

from hypothesis import strategies as st

from bookings.models import Offer, WaitlistEntry
from bookings.operations import waiting

from .hands import Hands, ahead, people, yes_or_no
from .things import Entry, Kept, Session, day_of
from .verbs import verb


class OfWaiting(Hands):
    def who_wait(self) -> list[Entry]:
        return [one for one in self.model.slots.entries if one.waits]

    def offered(self) -> list[Kept]:
        return [one for one in self.model.slots.kept if one.offer is not None]

    @verb(6, among=Hands.live, client=people, more=ahead)
    def wait_for_days(self, session: Session, *, client: int, more: int) -> None:
        """For the day of somebody's session, and another one."""
        person = self.people[client]
        slots = [session.slot, self.slot(0, more, time(11))]
        wanted = {day_of(slot, person) for slot in slots}
        row, today = self.scene.rows[person.pk], self.at.astimezone(person.zone).date()
        facts = {"client": row, "topic": "x", "by": row, "at": self.at}
        entry = self.attempt(
            lambda: waiting.join_for_days(self.scene.session_type, wanted, **facts),
            any(day >= today for day in wanted),
        )
        if entry and self.model.entry_of(entry.pk) is None:
            known = {day for one in self.who_wait() if one.client is person and not one.session for day in one.days}
            days = tuple(sorted(day for day in wanted - known if day >= today))
            assert days, "already waited for"
            self.model.slots.entries.append(Entry(entry.pk, person, self.at, days=days))

    @verb(3, among=Hands.live)
    def wait_for_earlier(self, session: Session) -> None:
        by = self.scene.rows[session.client.pk]
        possible = session.start > self.at
        entry = self.attempt(lambda: waiting.join_for_earlier(self.row(session), by=by, at=self.at), possible)
        if entry and self.model.entry_of(entry.pk) is None:
            self.model.slots.entries.append(Entry(entry.pk, session.client, self.at, session=session))

    @verb(1, among=who_wait)
    def leave(self, entry: Entry) -> None:
        row = WaitlistEntry.objects.get(pk=entry.pk)
        self.attempt(lambda: waiting.leave(row, by=None, at=self.at), possible=True)
        self.model.slots.stop(entry, self.at)

    @verb(8, among=offered, who=st.sampled_from(["client", "link"]), accepts_fee=yes_or_no)
    def accept_offer(self, kept: Kept, *, who: str, accepts_fee: bool) -> None:
        actor, by = self.actor(who, kept.offer.entry.client)
        offer = Offer.objects.open().get(entry=kept.offer.entry.pk)
        made = self.attempt(
            lambda: waiting.accept(offer, by=by, at=self.at, fee_accepted=accepts_fee),
            self.model.may_accept(kept, actor, self.at, accepts_fee=accepts_fee),
        )
        if made:
            self.model.accept(kept, made.pk, actor, self.at)

    @verb(among=offered)
    def decline_offer(self, kept: Kept) -> None:
        offer = Offer.objects.open().get(entry=kept.offer.entry.pk)
        if self.attempt(lambda: waiting.decline(offer, by=None, at=self.at), kept.until > self.at):
            self.model.slots.withdraw(kept, self.at)
