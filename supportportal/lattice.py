"""Time as five-minute cells of UTC; a set of cells within a window is one integer used as a bit mask. Pure."""

from datetime import UTC, datetime, timedelta

CELL_SECONDS = 300
CELL = timedelta(seconds=CELL_SECONDS)


def cell_at(instant: datetime) -> int:
    """The cell that holds ``instant`` (aware)."""
    return int(instant.timestamp() // CELL_SECONDS)


def instant_at(cell: int) -> datetime:
    """The beginning of ``cell``, in UTC."""
    return datetime.fromtimestamp(cell * CELL_SECONDS, UTC)
