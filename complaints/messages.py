"""The mail that carries a letter to the complainant, and what became of it."""

from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal import links
from supportportal.outbox.kinds import Kind
from supportportal.outbox.models import Message

from .models import Complaint, Letter

LETTER = "complaint_letter"
SUBJECT_TYPE = "complaints.letter"
LINK_KIND = "complaint"


def status_path(complaint: Complaint) -> str:
    return reverse("complaints:status", args=[links.token(LINK_KIND, complaint.pk, complaint.link_epoch)])


def _load(ids: Sequence[int]) -> dict[int, Letter]:
    return Letter.objects.select_related("complaint").in_bulk(list(ids))


def _is_due(message: Message, letter: Letter) -> str:
    return _("the letter went another way") if letter.state == Letter.State.FAILED else ""


def _context(message: Message, letter: Letter) -> dict[str, Any]:
    return {
        "letter": letter,
        "complaint": letter.complaint,
        "paragraphs": letter.body.split("\n\n"),
        "links": [{"label": _("See your complaint"), "url": settings.SITE_URL + status_path(letter.complaint)}],
    }


def _visible_to(messages: QuerySet, user: Any) -> QuerySet:
    seen = Letter.objects.filter(complaint__in=Complaint.objects.visible_to(user))
    return messages.filter(subject_id__in=seen.values("pk"))


def _find(word: str) -> QuerySet:
    return Letter.objects.filter(complaint__reference__iexact=word).values_list("pk", flat=True)


def kinds_of(on_outcome: Callable[[Message, str], None]) -> list[Kind]:
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
            visible_to=_visible_to,
            on_outcome=on_outcome,
            find=_find,
        )
    ]
