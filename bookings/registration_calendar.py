"""What agents' own calendars add to the shared kernel; called once, in ``AppConfig.ready()``."""

from supportportal.pages.panels import staff_board

from .panels_calendar import STAFF_PANELS_CALENDAR


def register() -> None:
    staff_board.register(*STAFF_PANELS_CALENDAR)
