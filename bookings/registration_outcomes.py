"""What outcomes, feedback and the agent's day add to the shared kernel; called once, in ``AppConfig.ready()``."""

from supportportal.demo import builders
from supportportal.outbox import kinds
from supportportal.pages.panels import staff_board
from supportportal.people import roles
from supportportal.people.models import Role

from . import demo_outcomes
from .messages_outcomes import KINDS_OUTCOMES
from .panels_day import STAFF_PANELS_DAY

MANAGER_PERMISSIONS = ["bookings.view_feedback", "bookings.view_surveyanswer"]


def register() -> None:
    kinds.register(*KINDS_OUTCOMES)
    staff_board.register(*STAFF_PANELS_DAY)
    roles.grant(Role.MANAGER, *MANAGER_PERMISSIONS)
    # After the strikes: who has one is not made to attend.
    builders.register("bookings.outcomes", demo_outcomes.build, clear=demo_outcomes.clear, position=75)
