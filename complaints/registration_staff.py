"""What the staff's side of complaints adds to the shared kernel; called once, in ``AppConfig.ready()``."""

from supportportal.files import screening
from supportportal.pages.panels import staff_board
from supportportal.people import roles
from supportportal.people.models import Role
from supportportal.watch import doctor, metrics

from . import doctor_checks, numbers
from .operations import evidence
from .panels import STAFF_PANELS

AGENT_PERMISSIONS = ["complaints.add_complaint"]
MANAGER_PERMISSIONS = [
    "complaints.view_complaint",
    "complaints.change_complaint",
    "complaints.view_ombudsmanscheme",
]
SENIOR_PERMISSIONS = ["complaints.add_ombudsmanscheme", "complaints.change_ombudsmanscheme"]


def register() -> None:
    roles.grant(Role.AGENT, *AGENT_PERMISSIONS)
    roles.grant(Role.MANAGER, *MANAGER_PERMISSIONS)
    roles.grant(Role.SENIOR_MANAGER, *SENIOR_PERMISSIONS)
    staff_board.register(*STAFF_PANELS)
    metrics.register(*numbers.GAUGES)
    doctor.register(doctor_checks.roles)
    screening.register_copies(evidence.copies_of)
