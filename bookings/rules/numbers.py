"""The numbers of the session rules, all in one place."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from supportportal.lattice import WeeklyHours


@dataclass(frozen=True)
class Reminder:
    """One link of the reminder chain: sent ``before`` the start, useful until ``until`` before it (B-5, B-7)."""

    kind: str
    channel: str
    before: timedelta
    until: timedelta


@dataclass(frozen=True)
class Policy:
    """Every number of the session rules; settings may override any of them (``BOOKINGS_POLICY``)."""

    change_notice: timedelta = timedelta(hours=24)
    reminders: tuple[Reminder, ...] = (
        Reminder("reminder_2d", "email", timedelta(hours=48), timedelta(hours=24)),
        Reminder("reminder_24h", "email", timedelta(hours=24), timedelta(hours=1)),
        Reminder("reminder_1h", "email", timedelta(hours=1), timedelta(0)),
        Reminder("reminder_30m", "sms", timedelta(minutes=30), timedelta(0)),
    )
    business_days: frozenset[int] = frozenset({0, 1, 2, 3, 4})
    undo: timedelta = timedelta(minutes=15)  # B-9a
    hold_grace: timedelta = timedelta(minutes=2)  # a hold this long past its end is in nobody's way
    strike_months: int = 12  # B-13.1: how far apart two strikes of one run may be
    sanction_months: int = 6  # B-13.3
    fee: Decimal = Decimal("90.00")  # net, per chargeable session
    fee_vat: Decimal = Decimal("22")  # per cent
    fee_currency: str = "EUR"
    fee_silence: timedelta = timedelta(hours=24)  # B-13.4: unanswered until then, the session is cancelled
    fee_told_late: timedelta = timedelta(hours=48)  # B-13.4: told later than this before the start, it stays free
    review_days: int = 14  # B-13: how long a client can ask to look at a strike again
    absent_after: timedelta = timedelta(minutes=10)  # B-12
    running_late: timedelta = timedelta(minutes=10)
    door: timedelta = timedelta(minutes=30)  # how long before the start the session's own page is of use
    interrupted_after: timedelta = timedelta(minutes=5)  # B-14
    firm_sms: timedelta = timedelta(hours=4)  # B-11: our changes this shortly before the start go by text message too
    agent_late: timedelta = timedelta(minutes=10)  # how late an agent can announce to be
    outcome_undo: timedelta = timedelta(minutes=5)  # B-12
    outcome_overdue: timedelta = timedelta(hours=1)  # B-12
    feedback_days: int = 14  # B-19: how long what was said can be changed
    survey: bool = True  # B-19: ask once a quarter
    survey_from_hour: int = 9  # in the firm's zone
    offer: timedelta = timedelta(hours=2)  # B-15
    offer_sms: timedelta = timedelta(hours=4)  # B-15: a start sooner than this is offered by text message too
    call_attempts: int = 3  # B-16: so many without an answer, and the client is told by mail
    desk_hours: WeeklyHours = (  # B-16: when agents call, as (weekday, minute it opens, minute it closes)
        (0, 510, 1050),
        (1, 510, 1050),
        (2, 510, 1050),
        (3, 510, 1050),
        (4, 510, 720),
    )
    desk_zone: str = ""  # the firm's, unless given
    calendar_every: timedelta = timedelta(minutes=15)  # how often agents' own calendars are read
    calendar_pause: timedelta = timedelta(hours=6)  # the longest pause after failures
    calendar_old: timedelta = timedelta(hours=24)  # not read for so long: the agent and the managers are told
    desk_midday: int = 720  # the minute of the day at which the afternoon begins


DEFAULT = Policy()
