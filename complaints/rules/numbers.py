"""The numbers of the complaint rules, all in one place."""

from dataclasses import dataclass
from datetime import timedelta

from supportportal.lattice import WeeklyHours

_NINE, _FIVE = 540, 1020


@dataclass(frozen=True)
class Policy:
    """Every number of the complaint rules; settings may override any of them (``COMPLAINTS_POLICY``)."""

    acknowledge: timedelta = timedelta(hours=24)  # C-4
    update_days: int = 3  # C-5: business days after the acknowledgement
    respond_days: int = 7  # C-5: business days after the first update
    business_days: frozenset[int] = frozenset({0, 1, 2, 3, 4})
    desk_hours: WeeklyHours = tuple((weekday, _NINE, _FIVE) for weekday in range(5))
    desk_country: str = ""  # whose public holidays count; the firm's, unless given
    desk_zone: str = ""  # the firm's, unless given
    closed_day_arrival: int = _NINE  # C-4: the minute at which a letter without an hour arrives on a closed day
    appeal_days: int = 20  # C-10: business days in which a decision can be appealed
    appeal_answer_days: int = 10  # C-10: business days in which an appeal is answered
    warn_at: float = 0.5  # C-7: the share of the time left at which the reviewer is warned first
    statement_days: int = 2  # C-8a: business days that the person complained about is given for a statement
    evidence_files: int = 10  # sent together: with the complaint, or later
    evidence_bytes: int = 50 * 1024 * 1024
    evidence_files_in_all: int = 60  # of one complaint
    evidence_bytes_in_all: int = 300 * 1024 * 1024
    # Of the public form; a source is an internet address, which an office shares.
    complaints_per_hour: int = 20  # from one source
    files_per_hour: int = 100  # from one source, added to forms
    file_bytes_per_hour: int = 300 * 1024 * 1024
    waiting_bytes: int = 4 * 1024 * 1024 * 1024  # of all files that wait for their form to be sent
    acknowledgements_per_day: int = 3  # that leave by themselves to one e-mail address; staff look at more


DEFAULT = Policy()
