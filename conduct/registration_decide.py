"""What deciding adds to the shared kernel; called once, in ``AppConfig.ready()``."""

from supportportal.pages.panels import staff_board
from supportportal.people import about

from .about_client import MEASURES
from .panels_decide import PANELS


def register() -> None:
    staff_board.register(*PANELS)
    about.register(MEASURES)
