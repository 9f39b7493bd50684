"""What the complainant's side adds to the shared kernel; called once, in ``AppConfig.ready()``."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from supportportal.demo import builders, doors
from supportportal.outbox import inbound
from supportportal.pages.panels import Panel, help_board
from supportportal.people import kept_open

from . import demo, incoming


def register() -> None:
    kept_open.register(
        kept_open.Way("complaint", _("Make a complaint"), lambda reader: reverse("complaints:complain"), 10)
    )
    inbound.register(*incoming.HANDLERS)
    help_board.register(Panel("complaints.help", "complaints/panels/help.html", lambda request, at: {}, position=20))
    doors.register(*demo.DOORS)
    builders.register("complaints", demo.build, clear=demo.clear, position=90)
