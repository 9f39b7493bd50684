"""What phone callbacks and incoming mail add to the shared kernel; called once, in ``AppConfig.ready()``."""

from supportportal.outbox import inbound, kinds
from supportportal.people import roles
from supportportal.people.models import Role

from .intake import HANDLERS
from .messages_calls import KINDS_CALLS

AGENT_PERMISSIONS = [
    "bookings.view_callback",
    "bookings.change_callback",
    "bookings.view_peakperiod",
    "outbox.view_inbound",
    "outbox.change_inbound",
]
MANAGER_PERMISSIONS = [f"bookings.{verb}_peakperiod" for verb in ("add", "change", "delete")]


def register() -> None:
    kinds.register(*KINDS_CALLS)
    inbound.register(*HANDLERS)
    roles.grant(Role.AGENT, *AGENT_PERMISSIONS)
    roles.grant(Role.MANAGER, *MANAGER_PERMISSIONS)
