"""Any order of booking, moving, cancelling, undoing, waiting, offers and time passing, against a naive model.

The model keeps plain lists and walks them; it knows no cells, masks, locks or rows. After each step both must name the
same owners of the agent's times, and the same offers.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from bookings import operations
from bookings.models import Booking, Hold, OccupiedCell, Offer, WaitlistEntry
from bookings.operations import waiting
from bookings.refusals import BookingRefused
from supportportal.lattice import cell_at, instant_at

BEGIN = datetime(2026, 11, 24, 6, tzinfo=UTC)  # a Tuesday in Rome, before the agent's hours
SLOTS = [cell_at(datetime(2026, 11, 24, hour, minute, tzinfo=UTC)) for hour in range(8, 14) for minute in (0, 30)]
DAY = "2026-11-24"
NOTICE, UNDO, OFFER, GRACE = (timedelta(minutes=minutes) for minutes in (60, 15, 120, 2))
CLIENTS = 3

clients = st.integers(0, CLIENTS - 1)
slots = st.sampled_from(SLOTS)


@dataclass
class Kept:
    """A slot that is nobody's booking: for an undo of ``booking``, for the offer to ``entry``, or on its way."""

    slot: int
    gave_up: int
    until: datetime
    booking: "Session | None" = None
    entry: "Entry | None" = None
    asked: list["Entry"] = field(default_factory=list)


@dataclass(eq=False)
class Session:
    client: int
    slot: int
    pk: int
    live: bool = True


@dataclass(eq=False)
class Entry:
    client: int
    joined: int
    pk: int
    booking: Session | None = None
    waits: bool = True


class Model:
    def __init__(self):
        self.sessions: list[Session] = []
        self.kept: list[Kept] = []
        self.entries: list[Entry] = []

    def live(self, client=None):
        return [one for one in self.sessions if one.live and client in (None, one.client)]

    def free_for(self, slot, client, at, moving=None, but=None) -> bool:
        if instant_at(slot) < at + NOTICE:
            return False
        if any(one.slot == slot for one in self.live() if one is not moving):
            return False
        return not any(
            kept.slot == slot
            for kept in self.kept
            if kept is not but and kept.until + GRACE > at and not (kept.booking is not None and kept.gave_up == client)
        )

    def take(self, slot):
        """Whatever was kept there has been let go, or could not have been booked over."""
        self.kept = [kept for kept in self.kept if kept.slot != slot]

    def give_up(self, session, slot, at, *, for_undo=True):
        if for_undo:
            for kept in self.kept:
                if kept.booking is session:
                    kept.booking, kept.until = None, min(kept.until, at)
        until = min(at + UNDO, instant_at(slot)) if for_undo else at
        if until > at or (not for_undo and instant_at(slot) > at and any(one.waits for one in self.entries)):
            self.kept.append(Kept(slot, session.client, until, booking=session if for_undo else None))

    def undo_of(self, session, at):
        found = [kept for kept in self.kept if kept.booking is session and kept.until > at]
        if not found or (session.live and instant_at(session.slot) <= at):
            return None
        return found[0]

    def stop(self, entry, at):
        entry.waits = False
        for kept in self.kept:
            if kept.entry is entry:
                kept.entry, kept.until = None, min(kept.until, at)

    def tick(self, at):
        for kept in sorted(self.kept, key=lambda one: one.until):
            if kept.until > at:
                continue
            kept.booking = kept.entry = None
            for entry in sorted(self.entries, key=lambda one: one.joined):
                if self.fits(entry, kept, at):
                    kept.entry = entry
                    kept.asked.append(entry)
                    kept.until = min(at + OFFER, instant_at(kept.slot) - NOTICE)
                    break
            else:
                self.kept.remove(kept)

    def fits(self, entry, kept, at) -> bool:
        if not entry.waits or entry in kept.asked or entry.client == kept.gave_up:
            return False
        if any(other.entry is entry for other in self.kept):
            return False
        if instant_at(kept.slot) - NOTICE <= at:
            return False
        own = entry.booking
        if own is not None and (not own.live or instant_at(own.slot) <= at or kept.slot >= own.slot):
            return False
        return not any(one.slot == kept.slot for one in self.live(entry.client) if one is not own)


class Machine(RuleBasedStateMachine):
    scene = None  # set by the test: session_type, agent, clients

    def __init__(self):
        super().__init__()
        self.beginning = transaction.savepoint()
        self.model, self.at, self.joined = Model(), BEGIN, 0

    def teardown(self):
        transaction.savepoint_rollback(self.beginning)

    def attempt(self, act):
        """What the portal answers: the result, or None where it refused."""
        try:
            return act()
        except BookingRefused:
            return None

    @rule(client=clients, slot=slots)
    def book(self, client, slot):
        who = self.scene.clients[client]
        made = self.attempt(
            lambda: operations.book(
                session_type=self.scene.session_type,
                client=who,
                by=who,
                first_cell=slot,
                topic="x",
                at=self.at,
                fee_accepted=True,
            )
        )
        assert (made is not None) == self.model.free_for(slot, client, self.at)
        if made:
            self.model.take(slot)
            self.model.sessions.append(Session(client, slot, made.pk))

    @rule(data=st.data(), slot=slots)
    def move(self, data, slot):
        session = self.pick(data, self.model.live())
        if session is None or slot == session.slot:
            return
        possible = instant_at(session.slot) > self.at and self.model.free_for(
            slot, session.client, self.at, moving=session
        )
        booking = Booking.objects.get(pk=session.pk)
        moved = self.attempt(
            lambda: operations.move(
                booking, first_cell=slot, by=booking.client, at=self.at, fee_accepted=True, excused=True
            )
        )
        assert (moved is not None) == possible
        if moved:
            old, session.slot = session.slot, slot
            self.model.take(slot)
            self.model.give_up(session, old, self.at)

    @rule(data=st.data())
    def cancel(self, data):
        session = self.pick(data, self.model.live())
        if session is None:
            return
        booking = Booking.objects.get(pk=session.pk)
        done = self.attempt(lambda: operations.cancel(booking, reason="other", by=booking.client, at=self.at))
        assert (done is not None) == (instant_at(session.slot) > self.at)
        if done:
            session.live = False
            session.left = [entry for entry in self.model.entries if entry.booking is session and entry.waits]
            for entry in session.left:
                self.model.stop(entry, self.at)
            self.model.give_up(session, session.slot, self.at)

    @rule(data=st.data())
    def undo(self, data):
        session = self.pick(data, self.model.sessions)
        if session is None:
            return
        kept = self.model.undo_of(session, self.at)
        others = [one.slot for one in self.model.live(session.client) if one is not session]
        possible = kept is not None and kept.slot not in others
        booking = Booking.objects.get(pk=session.pk)
        done = self.attempt(lambda: waiting.undo(booking, by=None, at=self.at))
        assert (done is not None) == possible
        if done:
            self.model.kept.remove(kept)
            if session.live:
                reached, session.slot = session.slot, kept.slot
                self.model.give_up(session, reached, self.at, for_undo=False)
            else:
                session.live = True
                for entry in session.left:
                    entry.waits = True

    @rule(client=clients)
    def wait_for_the_day(self, client):
        who = self.scene.clients[client]
        day = datetime.fromisoformat(DAY).date()
        facts = {"client": who, "topic": "x", "by": who, "at": self.clock()}
        entry = self.attempt(lambda: waiting.join_for_days(self.scene.session_type, [day], **facts))
        assert (entry is None) == (self.at.astimezone(who.zone).date() > day)
        if entry and not any(one.pk == entry.pk for one in self.model.entries):
            self.model.entries.append(Entry(client, self.joined, entry.pk))

    @rule(data=st.data())
    def wait_for_earlier(self, data):
        session = self.pick(data, [one for one in self.model.live() if instant_at(one.slot) > self.at])
        if session is None:
            return
        booking = Booking.objects.get(pk=session.pk)
        entry = waiting.join_for_earlier(booking, by=booking.client, at=self.clock())
        if not any(one.pk == entry.pk for one in self.model.entries):
            self.model.entries.append(Entry(session.client, self.joined, entry.pk, booking=session))

    @rule(data=st.data())
    def leave(self, data):
        entry = self.pick(data, [one for one in self.model.entries if one.waits])
        if entry is not None:
            at = self.clock()
            waiting.leave(WaitlistEntry.objects.get(pk=entry.pk), by=None, at=at)
            self.model.stop(entry, at)

    @rule(data=st.data(), accepts=st.booleans())
    def answer(self, data, accepts):
        kept = self.pick(data, [one for one in self.model.kept if one.entry is not None])
        if kept is None:
            return
        entry = kept.entry
        offer = Offer.objects.open().get(entry=entry.pk)
        possible = kept.until > self.at
        if accepts:
            possible = possible and self.model.free_for(
                kept.slot, entry.client, self.at, moving=entry.booking, but=kept
            )
            possible = possible and not any(
                one.slot == kept.slot for one in self.model.live(entry.client) if one is not entry.booking
            )
            if entry.booking is not None:
                own = entry.booking
                possible = possible and own.live and instant_at(own.slot) > self.at and kept.slot < own.slot
            made = self.attempt(
                lambda: waiting.accept(offer, by=self.scene.clients[entry.client], at=self.at, fee_accepted=True)
            )
            assert (made is not None) == possible
            if made:
                self.accepted(kept, entry, made)
        else:
            declined = self.attempt(lambda: waiting.decline(offer, by=None, at=self.at) or True)
            assert bool(declined) == possible
            if declined:
                kept.entry, kept.until = None, self.at

    def accepted(self, kept, entry, made):
        self.model.kept.remove(kept)
        if entry.booking is not None:
            old, entry.booking.slot = entry.booking.slot, kept.slot
            self.model.give_up(entry.booking, old, self.at)
            self.model.stop(entry, self.at)
            return
        self.model.sessions.append(Session(entry.client, kept.slot, made.pk))
        for one in self.model.entries:
            if one.waits and one.client == entry.client and one.booking is None:
                self.model.stop(one, self.at)

    @rule(minutes=st.sampled_from([1, 14, 15, 16, 17, 60, 120, 122]))
    def time_passes(self, minutes):
        self.at += timedelta(minutes=minutes)

    @rule()
    def tick(self):
        waiting.pass_on(self.at)
        self.model.tick(self.at)

    def clock(self) -> datetime:
        """Nobody joins at the same instant as somebody else."""
        self.joined += 1
        return self.at + timedelta(microseconds=self.joined)

    def pick(self, data, among):
        return data.draw(st.sampled_from(among)) if among else None

    @invariant()
    def both_name_the_same_owners(self):
        live = set(Booking.objects.live().values_list("pk", "client", "first_cell"))
        ids = [client.pk for client in self.scene.clients]
        assert live == {(one.pk, ids[one.client], one.slot) for one in self.model.live()}
        offers = set(Hold.objects.filter(offer__isnull=False).values_list("first_cell", "offer__entry", "until"))
        assert offers == {(kept.slot, kept.entry.pk, kept.until) for kept in self.model.kept if kept.entry}
        undos = set(Hold.objects.filter(booking__isnull=False).values_list("first_cell", "booking", "until"))
        assert undos == {(kept.slot, kept.booking.pk, kept.until) for kept in self.model.kept if kept.booking}
        assert Offer.objects.open().count() == len(offers)

    @invariant()
    def every_cell_of_the_agent_has_the_owner_it_should(self):
        rows = OccupiedCell.objects.filter(person=self.scene.agent.pk).values_list("cell", flat=True)
        slots_taken = [one.slot for one in self.model.live()] + [kept.slot for kept in self.model.kept]
        assert sorted(rows) == sorted(slot + cell for slot in slots_taken for cell in range(6))


def run_machine(cast) -> None:
    from tests.factories import ClientFactory

    account = cast.client.account
    cast.clients = [cast.client, *ClientFactory.create_batch(CLIENTS - 1, account=account)]
    Machine.scene = cast
    modest = settings(
        max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    run_state_machine_as_test(Machine, settings=modest)


@pytest.mark.django_db
def test_any_order_of_things_leaves_what_a_naive_model_says(cast):
    run_machine(cast)


@pytest.mark.django_db
def test_the_model_notices_a_slot_that_is_not_kept(cast, monkeypatch):
    monkeypatch.setattr("bookings.operations.holds.keep_for_undo", lambda before, booking, at: None)
    with pytest.raises(AssertionError):
        run_machine(cast)
