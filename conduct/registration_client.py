"""What the client's side and appeals add to the shared kernel; called once, in ``AppConfig.ready()``."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from supportportal.outbox import inbound, kinds
from supportportal.pages.panels import Panel, help_board, home_board, staff_board
from supportportal.people import decisions, kept_open
from supportportal.people.models import User

from . import incoming, messages_appeal, notices, panels_client, standing


def _decisions(reader: User | None) -> str:
    return reverse("conduct:decisions") if reader is not None and standing.has_any(reader) else ""


def register() -> None:
    kinds.register(*messages_appeal.KINDS)
    inbound.register(*incoming.HANDLERS)
    kept_open.register(kept_open.Way("appeal", _("Read a decision about you, and appeal"), _decisions, 15))
    decisions.register(standing.decision_behind)
    decisions.register_words(notices.of_restriction, *standing.READ_OF_RESTRICTION)
    home_board.register(*panels_client.HOME_PANELS)
    help_board.register(Panel("conduct.help", "conduct/panels/help.html", lambda request, at: {}, position=30))
    staff_board.register(*panels_client.STAFF_PANELS)
