"""What changes of our own and acting for others add to the shared kernel; called once, in ``AppConfig.ready()``."""

from supportportal.demo import builders, doors
from supportportal.outbox import kinds
from supportportal.pages.panels import staff_board

from . import demo_firm
from .messages_firm import KINDS_FIRM
from .panels_firm import STAFF_PANELS_FIRM


def register() -> None:
    kinds.register(*KINDS_FIRM)
    staff_board.register(*STAFF_PANELS_FIRM)
    doors.register(*demo_firm.DOORS)
    builders.register("bookings.firm", demo_firm.build, clear=demo_firm.clear, position=60)
