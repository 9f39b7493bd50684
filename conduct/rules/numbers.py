"""The numbers of the rules about conduct, all in one place."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Policy:
    """Every number of the rules about conduct; settings may override any of them (``CONDUCT_POLICY``)."""

    alone_days: int = 30  # a restriction up to so many days needs no second manager
    longest_stop: timedelta = timedelta(hours=72)  # R-7a
    review_months: int = 12  # when a permanent measure is reviewed first
    remind_days: int = 14  # days before the review at which the manager is reminded
    appeal_days: int = 20  # business days in which a measure can be appealed
    appeal_answer_days: int = 10  # business days in which an appeal is to be answered
    appeal_suspends_days: int = 20  # S-1: business days after which an appeal nobody can decide suspends its measure
    approval_days: int = 2  # business days in which a second manager is to answer
    care_days: int = 0  # days until the talk is due; the same day

    @property
    def stop_hours(self) -> int:
        return self.longest_stop // timedelta(hours=1)


DEFAULT = Policy()
