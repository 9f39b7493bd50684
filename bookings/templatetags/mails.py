"""What came in by mail about one thing: ``{% load mails %}``."""

from typing import Any

from django import template

from supportportal.outbox import inbound
from supportportal.outbox.models import Inbound

register = template.Library()


@register.inclusion_tag("bookings/staff_mails.html", takes_context=True)
def mails_about(context: Any, subject_type: str, subject_id: int) -> dict[str, Any]:
    """The mails about a session or a call, as far as the reader may see mail, oldest first."""
    user = context["request"].user
    if not user.has_perm("outbox.view_inbound"):
        return {"mails": []}
    found = Inbound.objects.filter(subject_type=subject_type, subject_id=subject_id).order_by("arrived_at")
    return {"mails": list(inbound.visible_to(found, user).select_related("person"))}
