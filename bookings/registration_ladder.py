"""What strikes and fees add to the shared kernel; called once, in ``AppConfig.ready()``."""

from supportportal.demo import builders, doors
from supportportal.outbox import kinds
from supportportal.pages.panels import staff_board
from supportportal.people import roles
from supportportal.people.models import Role

from . import demo_ladder
from .decisions import WAIVE
from .messages_ladder import KINDS_LADDER
from .panels_ladder import STAFF_PANELS_LADDER

AGENT_PERMISSIONS = ["bookings.view_strike"]
MANAGER_PERMISSIONS = [WAIVE, "bookings.view_fee", "bookings.change_fee"]


def register() -> None:
    kinds.register(*KINDS_LADDER)
    staff_board.register(*STAFF_PANELS_LADDER)
    doors.register(*demo_ladder.DOORS)
    # After all that books: whoever is cleared first must be what the others rest on last.
    builders.register("bookings.ladder", demo_ladder.build, clear=demo_ladder.clear, position=70)
    roles.grant(Role.AGENT, *AGENT_PERMISSIONS)
    roles.grant(Role.MANAGER, *MANAGER_PERMISSIONS)
