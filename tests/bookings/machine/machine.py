"""The machine: what people do, the clock and its ticks, and what is true after each step."""

from datetime import datetime, time, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from bookings.operations import unanswered, waiting

from .checks import check
from .hands import SECOND, Hands, people
from .of_sessions import OfSessions
from .of_waiting import OfWaiting
from .things import DAY, HOUR, MINUTE, OUTCOME_UNDO, TOLERANCE, UNDO, Session
from .verbs import do_something, verb


class Ticks(Hands):
    """Time, and the tasks that run by it; each may be late."""

    @verb(3, passing=st.sampled_from([MINUTE, 16 * MINUTE, 16 * MINUTE, HOUR, 20 * HOUR, DAY, 3 * DAY, 150 * DAY]))
    def time_passes(self, *, passing: timedelta) -> None:
        self.at += passing

    def edges(self) -> list[datetime]:
        """The next instants at which something changes."""
        edges = [one.until for one in self.model.slots.kept] + [one.due for one in self.model.post.letters]
        edges += [one.final_at for one in self.model.ladder.missed if one.counts]
        edges += [one.outcome_at + OUTCOME_UNDO for one in self.said()]
        around = (-2 * DAY, -DAY, -HOUR, 0 * HOUR, TOLERANCE)
        edges += [one.start + later for one in self.live() for later in around]
        return sorted({one for one in edges if one > self.at})[:6]

    @verb(6, among=edges, off=st.sampled_from([0, 0, -1, 1]))
    def until_it_matters(self, edge: datetime, *, off: int) -> None:
        self.at = max(self.at, edge + off * SECOND)

    @verb(4)
    def tick_waiting(self) -> None:
        waiting.pass_on(self.at)
        waiting.close_past(self.at)
        self.model.pass_on(self.at)
        self.model.close_past(self.at)

    @verb(2)
    def tick_unanswered(self) -> None:
        unanswered.cancel_unanswered(self.at)
        self.model.cancel_unanswered(self.at)

    @verb(3)
    def tick_messages(self) -> None:
        left = self.sender.deliver(self.at)
        assert left == self.model.post.leave(self.at)
        mails = ("reminder_2d", "reminder_24h", "reminder_1h")
        reminded = [(about, to) for kind, about, to, _copy in left if kind in mails]
        assert len(reminded) == len(set(reminded)), "two reminders at once"

    @verb(2)
    def everything_ticks(self) -> None:
        self.tick_unanswered()
        self.tick_waiting()
        self.tick_messages()


class Machine(OfSessions, OfWaiting, Ticks):
    @initialize(client=people, times=st.sampled_from([0, 1, 1, 2, 2]), coming=st.integers(0, 3))
    def some_are_booked_and_some_missed(self, client: int, times: int, coming: int) -> None:
        facts = {"client": client, "agent": 0, "who": "client", "accepts_fee": True}
        for number in range(coming):
            self.book(days=4 + 2 * number, start=time(10), **facts)
            self.at += SECOND
        for _time in range(times):
            self.book(days=1, start=time(16), **facts)
            self.come_to_the_end(self.live()[-1], outcome="no_show")
            self.at += SECOND

    @verb(4, among=Hands.live)
    def cancel_and_let_it_pass_on(self, session: Session) -> None:
        self.cancel(session, who="link", before=timedelta())
        self.at += UNDO
        self.tick_waiting()

    @rule(data=st.data())
    def then(self, data) -> None:
        do_something(self, data)

    @invariant()
    def portal_and_model_agree(self) -> None:
        check(self.model, {person.pk: person for person in self.people}, self.at)
        self.at += SECOND  # nothing happens in the same instant as something else
