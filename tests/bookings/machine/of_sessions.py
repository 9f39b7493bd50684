"""What people do with sessions: book, move, cancel, take back, and say what became of them."""

from datetime import datetime, time, timedelta

from hypothesis import strategies as st

from bookings import operations
from bookings.models import Strike
from bookings.operations import firm, outcomes, waiting

from .hands import Hands, agents, ahead, earlier, people, starts, yes_or_no
from .model import Actor
from .things import TOLERANCE, Charge, Missed, Session
from .verbs import verb

OUTCOMES = ["attended", "no_show", "our_fault", "ended"]


class OfSessions(Hands):
    @verb(
        6,
        client=people,
        agent=agents,
        days=ahead,
        start=starts,
        who=st.sampled_from(["client", "client", "coordinator", "agent"]),
        accepts_fee=yes_or_no,
    )
    def book(self, *, client: int, agent: int, days: int, start: time, who: str, accepts_fee: bool) -> None:
        person, slot = self.people[client], self.slot(agent, days, start)
        actor, by = self.actor(who, person)
        made = self.attempt(
            lambda: operations.book(
                session_type=self.scene.session_type,
                client=self.scene.rows[person.pk],
                first_cell=slot.cell,
                agent=self.agent(slot),
                topic="x",
                fee_accepted=accepts_fee,
                by=by,
                at=self.at,
            ),
            self.model.may_book(slot, person, actor, self.at, accepts_fee=accepts_fee),
        )
        if made:
            self.model.book(made.pk, slot, person, actor, self.at)

    @verb(
        6,
        among=Hands.live,
        agent=agents,
        days=ahead,
        start=starts,
        who=st.sampled_from(["client", "client", "link", "coordinator", "agent", "firm"]),
        accepts_fee=yes_or_no,
        before=earlier,
    )
    def move(
        self, session: Session, *, agent: int, days: int, start: time, who: str, accepts_fee: bool, before
    ) -> None:
        slot = self.slot(agent, days, start)
        if slot == session.slot:
            return  # changes nothing
        actor, by = self.actor(who, session.client)
        asked_at = self.asked_at(session, actor, before)
        facts = {"first_cell": slot.cell, "agent": self.agent(slot), "by": by, "at": self.at}

        def act():
            if actor.is_firm:
                return firm.move(self.row(session), **facts)
            return operations.move(self.row(session), asked_at=asked_at, fee_accepted=accepts_fee, **facts)

        asked = asked_at or self.at
        if self.attempt(act, self.model.may_move(session, slot, actor, asked, self.at, accepts_fee=accepts_fee)):
            self.model.move(session, slot, actor, asked, self.at)

    @verb(4, among=Hands.live, who=st.sampled_from(["client", "link", "coordinator", "agent", "firm"]), before=earlier)
    def cancel(self, session: Session, *, who: str, before: timedelta) -> None:
        actor, by = self.actor(who, session.client)
        self._cancel(session, actor, by, self.asked_at(session, actor, before))

    def _cancel(self, session: Session, actor: Actor, by, asked_at: datetime | None) -> None:
        def act():
            if actor.is_firm:
                return firm.cancel(self.row(session), by=by, at=self.at)
            return operations.cancel(self.row(session), reason="other", by=by, at=self.at, asked_at=asked_at)

        asked = asked_at or self.at
        if self.attempt(act, self.model.may_change(session, asked, self.at)):
            self.model.cancel(session, actor, asked, self.at)

    def given_up(self) -> list[Session]:
        return [one.undo_of for one in self.model.slots.kept if one.undo_of]

    @verb(6, among=given_up)
    def undo(self, session: Session) -> None:
        possible = self.model.may_undo(session, self.at)
        if self.attempt(lambda: waiting.undo(self.row(session), by=None, at=self.at), possible):
            self.model.undo(session, self.at)

    @verb(1, among=lambda self: self.model.sessions)
    def undo_nothing(self, session: Session) -> None:
        self.undo(session)

    @verb(among=lambda self: [one for one in self.live() if one.imposed])
    def agree(self, session: Session) -> None:
        """The client is fine with a time that the firm chose."""
        version = session.version
        self.attempt(lambda: firm.agree(self.row(session), version=version, by=None, at=self.at), possible=True)
        session.imposed = "agreed"

    # -- what became of them

    @verb(among=Hands.live, outcome=st.sampled_from(OUTCOMES))
    def mark(self, session: Session, *, outcome: str) -> None:
        self._say(session, outcome, corrects=False)

    @verb(4, among=Hands.live, outcome=st.sampled_from(["no_show", "no_show", "attended"]))
    def come_to_the_end(self, session: Session, *, outcome: str) -> None:
        self.at = max(self.at, session.start + TOLERANCE)
        self._say(session, outcome, corrects=False)

    @verb(among=Hands.said, outcome=st.sampled_from([*OUTCOMES, "interrupted"]))
    def correct(self, session: Session, *, outcome: str) -> None:
        if session.state != outcome:
            self._say(session, outcome, corrects=True)

    def _say(self, session: Session, outcome: str, *, corrects: bool) -> None:
        facts = {"by": self.scene.staff, "at": self.at, "asked_to_stop": True}

        def act():
            if corrects:
                return outcomes.correct(self.row(session), outcome, reason="x", **facts)
            return outcomes.mark(self.row(session), outcome, **facts)

        if self.attempt(act, self.model.may_say(session, outcome, self.at, corrects=corrects)):
            self.model.say(session, outcome, self.at, corrects=corrects)

    @verb(among=Hands.said)
    def undo_outcome(self, session: Session) -> None:
        possible = self.model.may_unsay(session, self.at)
        if self.attempt(lambda: outcomes.undo(self.row(session), by=self.scene.staff, at=self.at), possible):
            self.model.unsay(session, self.at)

    # -- what it leads to

    @verb(1, among=lambda self: [one for one in self.model.ladder.missed if one.counts])
    def waive(self, missed: Missed) -> None:
        strike = Strike.objects.counting().get(booking=missed.session.pk, first_cell=missed.slot.cell)
        facts = {"how": "waived", "by": self.scene.staff, "at": self.at, "reason": "x"}
        self.attempt(lambda: operations.strikes.take_back(strike, **facts), possible=True)
        self.model.waive(missed, self.at)

    @verb(among=lambda self: [one for one in self.model.ladder.charges if one.is_open])
    def accept_fee(self, charge: Charge) -> None:
        session, by = charge.session, self.scene.rows[charge.session.client.pk]
        possible = session.is_live and session.start > self.at
        if self.attempt(lambda: operations.fees.accept(self.row(session), by=by, at=self.at), possible):
            self.model.ladder.accept(session, self.at)
