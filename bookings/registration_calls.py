"""What phone callbacks and incoming mail add to the shared kernel; called once, in ``AppConfig.ready()``."""

from supportportal.demo import builders, doors
from supportportal.outbox import inbound, kinds
from supportportal.pages.panels import home_board, staff_board
from supportportal.people import plan_page, roles
from supportportal.people.models import Role

from . import demo_calls, desk
from .intake import HANDLERS
from .messages_calls import KINDS_CALLS
from .panels_calls import HOME_PANELS_CALLS, STAFF_PANELS_CALLS
from .plan_sections import SECTIONS

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
    home_board.register(*HOME_PANELS_CALLS)
    staff_board.register(*STAFF_PANELS_CALLS)
    plan_page.register_channel(desk.CHANNEL, "bookings:callback")
    plan_page.register(*SECTIONS)
    doors.register(*demo_calls.DOORS)
    builders.register("bookings.calls", demo_calls.build, clear=demo_calls.clear, position=60)
    roles.grant(Role.AGENT, *AGENT_PERMISSIONS)
    roles.grant(Role.MANAGER, *MANAGER_PERMISSIONS)
