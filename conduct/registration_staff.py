"""What the staff's side of reporting adds to the shared kernel; called by ``registration``."""

from supportportal.pages.panels import staff_board
from supportportal.people import roles
from supportportal.people.models import Role
from supportportal.watch import doctor

from . import doctor_checks, offers, visibility
from .panels import STAFF_PANELS

AGENT_PERMISSIONS = ["conduct.add_incident", "conduct.view_incident"]
MANAGER_PERMISSIONS = ["conduct.change_incident"]


def register() -> None:
    roles.grant(Role.AGENT, *AGENT_PERMISSIONS)
    roles.grant(Role.MANAGER, *MANAGER_PERMISSIONS)
    staff_board.register(*STAFF_PANELS)
    offers.register()
    visibility.register()
    doctor.register(doctor_checks.roles)
