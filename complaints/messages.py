"""The mail that carries a letter to the complainant. Its subject is the complaint; ``data`` says which letter."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal import links
from supportportal.outbox.kinds import Kind
from supportportal.outbox.models import Message
from supportportal.outbox.operations import Owed

from .models import Complaint, Letter

LETTER = "complaint_letter"
SUBJECT_TYPE = "complaints.complaint"
LINK_KIND = "complaint"


def status_path(complaint: Complaint) -> str:
    return reverse("complaints:status", args=[links.token(LINK_KIND, complaint.pk, complaint.link_epoch)])


def owed(letter: Letter, at: datetime) -> Owed:
    complaint = letter.complaint
    return Owed(
        LETTER,
        complaint.pk,
        at,
        address=complaint.email,
        language=letter.language,
        time_zone=complaint.time_zone,
        copy=str(letter.pk),
        data={"letter": letter.pk},
    )


def letter_of(message: Message) -> Letter:
    return Letter.objects.get(pk=message.data["letter"])


def _load(ids: Sequence[int]) -> dict[int, Complaint]:
    return Complaint.objects.in_bulk(list(ids))


def _is_due(message: Message, complaint: Complaint) -> str:
    return _("the letter went another way") if letter_of(message).state == Letter.State.FAILED else ""


def _context(message: Message, complaint: Complaint) -> dict[str, Any]:
    letter = letter_of(message)
    return {
        "letter": letter,
        "complaint": complaint,
        "paragraphs": letter.body.split("\n\n"),
        "links": [{"label": _("See your complaint"), "url": settings.SITE_URL + status_path(complaint)}],
    }


def visible_to(messages: QuerySet, user: Any) -> QuerySet:
    """Messages about complaints that the gate lets ``user`` see (C-8)."""
    return messages.filter(subject_id__in=Complaint.objects.visible_to(user).values("pk"))


def _find(word: str) -> QuerySet:
    return Complaint.objects.filter(reference__iexact=word).values_list("pk", flat=True)


def kinds_of(on_outcome: Callable[[Message, str, datetime], None]) -> list[Kind]:
    """The kinds of mail; ``on_outcome`` is told what became of a letter."""
    return [
        Kind(
            code=LETTER,
            label=gettext_lazy("Letter to a complainant"),
            channel="email",
            subject_type=SUBJECT_TYPE,
            load=_load,
            context=_context,
            is_due=_is_due,
            visible_to=visible_to,
            on_outcome=on_outcome,
            find=_find,
        )
    ]
