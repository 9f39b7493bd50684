"""What would follow from a decision, shown before it is made: nothing of it is written (R-3, R-4, R-5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy

from bookings.models import Booking
from supportportal.people.models import Firm, Gate, User

from . import notices, rules
from .models import Measure
from .operations import effects, sessions
from .policy import POLICY
from .rules import Second

WHY_SECOND = {
    Second.LONG: gettext_lazy("It restricts for more than %(days)s days, counted from the first day."),
    Second.PERMANENT: gettext_lazy("It restricts for good."),
    Second.SUBSCRIPTION: gettext_lazy("It ends the subscription."),
    Second.AUTHORITIES: gettext_lazy("It reports the client to the authorities."),
    # Of an open complaint nobody is to learn here (C-8).
    Second.COMPLAINT: gettext_lazy("The rules ask for a second manager here."),
}
ALWAYS_OPEN = gettext_lazy("Complaints, an appeal, the client's own data, legal notices, cancelling a session")


@dataclass(frozen=True)
class Preview:
    measure: Measure  # not saved
    colleagues: list[User]
    sessions: list[Booking]
    notice: str
    at: datetime

    @property
    def closed(self) -> list[str]:
        return notices.closed_by(self.measure)

    @property
    def stays_open(self) -> list[str]:
        return [*(str(gate.label) for gate in Gate if gate not in self.measure.gates), str(ALWAYS_OPEN)]

    @property
    def second(self) -> list[str]:
        return why_second(self.measure)

    @property
    def until(self) -> str:
        return until_in_words(self.measure)

    @property
    def review(self) -> str:
        return _day(self.measure.review_on)

    @property
    def lapses_first(self) -> bool:
        """Whether its review date ends it before its own end."""
        measure = self.measure
        if measure.until is None or measure.review_on is None:
            return False
        return rules.midnight(measure.review_on, Firm.current().zone) < measure.until

    @property
    def is_subscription(self) -> bool:
        return self.measure.kind == Measure.Kind.SUBSCRIPTION

    @property
    def key(self) -> str:
        """What was shown, in short: another one means that something else would follow by now. It stands in the page,
        so nobody can read from it why a second manager is needed (C-8)."""
        measure = self.measure
        parts: list[Any] = [measure.kind, *measure.gates, measure.whole_account, measure.until, measure.review_on]
        shown = "|".join(str(part) for part in [*parts, *measure.second_needed])
        return salted_hmac("conduct.preview", f"{measure.incident_id}|{shown}", algorithm="sha256").hexdigest()


def of(weighed: Measure, at: datetime) -> Preview:
    """``weighed`` is the measure of ``deciding.weigh``; it is filled in as if it were taken at that instant."""
    client = weighed.incident.client
    reached = sessions.reached_by(weighed)
    weighed.taken_at, weighed.appeal_by = at, effects.appeal_day(at)
    touches = weighed.is_restricting or weighed.kind == Measure.Kind.SUBSCRIPTION
    return Preview(
        measure=weighed,
        colleagues=list(User.objects.filter(pk__in=reached).exclude(pk=client.pk).order_by("name", "pk")),
        sessions=list(sessions.coming(reached, at)) if touches else [],
        notice=notices.of_measure(weighed, at=at),
        at=at,
    )


def why_second(measure: Measure) -> Sequence[str]:
    """Why another manager has to approve it, in words for any manager."""
    return [str(WHY_SECOND[Second(code)]) % {"days": POLICY.alone_days} for code in measure.second_needed]


def until_in_words(measure: Measure) -> str:
    """For how long, in the firm's own time; an hour that comes twice is told apart."""
    if not measure.is_restricting:
        return ""
    return notices.span(measure, Firm.current())


def _day(day: date | None) -> str:
    return notices.day(day) if day else ""
