"""On the staff's first page, above all else: nothing leaves, because the portal was put back from a backup."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from supportportal.outbox import restored
from supportportal.outbox.models import Restoration
from supportportal.pages.panels import Panel


def _held(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    if not request.user.has_perm("outbox.view_restoration"):
        return None
    held = Restoration.holding()
    return {"held": held, "count": restored.waiting(held)} if held else None


STAFF_PANELS = [Panel("backups.held", "backups/held.html", _held, position=0)]
