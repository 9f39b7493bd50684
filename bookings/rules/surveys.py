"""When the quarterly survey is due (B-19)."""

from collections.abc import Callable
from datetime import date, timedelta


def quarter_of(day: date) -> str:
    """Return "2026-Q4"."""
    return f"{day.year}-Q{(day.month + 2) // 3}"


def quarter_before(day: date) -> tuple[date, date]:
    """First day of the last full quarter, and first day of the one that ``day`` is in."""
    begins = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    last = begins - timedelta(days=1)
    return date(last.year, (last.month - 1) // 3 * 3 + 1, 1), begins


def is_survey_due(today: date, is_business_day: Callable[[date], bool]) -> bool:
    """From the quarter's first business day to the end of its first month: who was down asks a little later."""
    _previous, begins = quarter_before(today)
    if today.month != begins.month:
        return False
    return any(is_business_day(begins + timedelta(days=n)) for n in range(today.day))
