"""What the complainant's side adds to the shared kernel; called once, in ``AppConfig.ready()``."""

from supportportal.demo import builders, doors
from supportportal.outbox import inbound

from . import demo, incoming
from .demo_complaining import DOORS


def register() -> None:
    inbound.register(*incoming.HANDLERS)
    doors.register(*DOORS, *demo.DOORS)
    builders.register("complaints", demo.build, clear=demo.clear, position=90)
