"""What undoing and the waiting list add to the shared kernel; called once, in ``AppConfig.ready()``."""

from supportportal.demo import builders, doors
from supportportal.outbox import kinds
from supportportal.pages.panels import home_board, staff_board
from supportportal.people import roles
from supportportal.people.models import Role

from . import demo_waiting
from .messages_waiting import KINDS_WAITING
from .panels_waiting import HOME_PANELS_WAITING, STAFF_PANELS_WAITING


def register() -> None:
    kinds.register(*KINDS_WAITING)
    home_board.register(*HOME_PANELS_WAITING)
    staff_board.register(*STAFF_PANELS_WAITING)
    doors.register(*demo_waiting.DOORS)
    builders.register("bookings.waiting", demo_waiting.build, clear=demo_waiting.clear, position=70)
    roles.grant(Role.AGENT, "bookings.view_offer", "bookings.view_waitlistentry")
