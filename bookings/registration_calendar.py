"""What agents' own calendars add to the shared kernel; called once, in ``AppConfig.ready()``."""

from supportportal import secrets_at_rest
from supportportal.pages.panels import staff_board

from .operations import busy_calendars
from .panels_calendar import STAFF_PANELS_CALENDAR


def register() -> None:
    secrets_at_rest.register(
        secrets_at_rest.Holding(busy_calendars.PURPOSE, busy_calendars.addresses, busy_calendars.relock)
    )
    staff_board.register(*STAFF_PANELS_CALENDAR)
