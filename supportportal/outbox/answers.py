"""What people are told about a mail that nobody could handle, or that is not read for now."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal.people import decisions, kept_open
from supportportal.people.models import Restriction

from .inbound import MAIL_CLOSED, MAIL_UNMATCHED
from .inbound import visible_to as mails_visible_to
from .kinds import Kind
from .models import Inbound, Message

SUBJECT_TYPE = "outbox.inbound"


def load(ids: Sequence[int]) -> dict[int, Inbound]:
    return Inbound.objects.select_related("person").in_bulk(list(ids))


def visible_to(messages: QuerySet, user: Any) -> QuerySet:
    """Answers to mails that ``user`` may see: they quote them."""
    return messages.filter(subject_id__in=mails_visible_to(Inbound.objects.all(), user).values("pk"))


def _unmatched(message: Message, mail: Inbound) -> dict[str, Any]:
    return {"mail": mail, "links": [{"label": _("Open the support portal"), "url": f"{settings.SITE_URL}/"}]}


def _closed(message: Message, mail: Inbound) -> dict[str, Any]:
    """The notice of the restriction that closed it, and the ways that stay open (R-4, R-6)."""
    closing = Restriction.objects.filter(pk=message.data.get("restriction")).first()
    ways = [(label, settings.SITE_URL + path) for label, path in kept_open.ways_for(message.recipient)]
    reason = decisions.words(closing, message.recipient) if closing else ""
    return {"mail": mail, "reason": reason, "ways": ways, "links": []}


KINDS = [
    Kind(
        code=MAIL_UNMATCHED,
        label=gettext_lazy("Answer to a mail"),
        channel="email",
        subject_type=SUBJECT_TYPE,
        load=load,
        context=_unmatched,
        visible_to=visible_to,
    ),
    Kind(
        code=MAIL_CLOSED,
        label=gettext_lazy("Mail is closed"),
        channel="email",
        subject_type=SUBJECT_TYPE,
        load=load,
        context=_closed,
        visible_to=visible_to,
    ),
]
