"""What follow-ups add to the shared kernel; called once, in ``AppConfig.ready()``."""

from typing import Any

from django.db.models import QuerySet

from supportportal.outbox import kinds
from supportportal.pages.panels import staff_board
from supportportal.trail import visibility

from . import messages_care
from .models import CareNote, FollowUp
from .panels_care import PANELS


def register() -> None:
    kinds.register(messages_care.KIND)
    staff_board.register(*PANELS)
    visibility.register(FollowUp._meta.label_lower, _follow_ups)
    visibility.register(CareNote._meta.label_lower, _notes)


def _follow_ups(user: Any) -> QuerySet:
    return FollowUp.objects.visible_to(user).values("pk")


def _notes(user: Any) -> QuerySet:
    return CareNote.objects.filter(follow_up__in=FollowUp.objects.visible_to(user).values("pk")).values("pk")
