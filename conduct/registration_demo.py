"""What the demo, and the archive of a client's own data, get of conduct; called by ``registration``."""

from supportportal.demo import builders, doors

from . import demo, own_data


def register() -> None:
    own_data.register()
    doors.register(*demo.DOORS)
    # Before the complaints, so that no complaint of today is in the way of what was decided long ago.
    builders.register("conduct", demo.build, clear=demo.clear, position=80)
