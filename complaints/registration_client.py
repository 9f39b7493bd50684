"""What the complainant's side adds to the shared kernel; called once, in ``AppConfig.ready()``."""

from supportportal.demo import doors
from supportportal.outbox import inbound

from . import incoming
from .demo_complaining import DOORS


def register() -> None:
    inbound.register(*incoming.HANDLERS)
    doors.register(*DOORS)
