"""The mail that carries a letter to the complainant. Its subject is the complaint; ``data`` says which letter."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal import links, reader, wording
from supportportal.outbox.kinds import Kind
from supportportal.outbox.models import Message
from supportportal.outbox.operations import Owed
from supportportal.people.models import Firm

from . import calendars, references, rules
from .models import Complaint, Letter, Statement

LETTER = "complaint_letter"
SUBJECT_TYPE = "complaints.complaint"
STATEMENT_ASKED = "statement_asked"
STATEMENT_TYPE = "complaints.statement"
LINK_KIND = "complaint"


def link_token(complaint: Complaint) -> str:
    """What the link to the complainant's page bears: its reference as a number, not how many complaints there are."""
    return links.token(LINK_KIND, references.number_of(complaint.reference), complaint.link_epoch)


def status_path(complaint: Complaint) -> str:
    return reverse("complaints:status", args=[link_token(complaint)])


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
        data={"letter": letter.pk, "epoch": complaint.link_epoch},
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


def _thread(message: Message, complaint: Complaint) -> Message | None:
    """A complaint is one conversation: all its mails stand under the first (C-9)."""
    mails = Message.objects.about(SUBJECT_TYPE, complaint.pk).filter(kind=LETTER, channel=Message.Channel.EMAIL)
    return mails.order_by("pk").first()


def visible_to(messages: QuerySet, user: Any) -> QuerySet:
    """Messages about complaints that the gate lets ``user`` see (C-8)."""
    return messages.filter(subject_id__in=Complaint.objects.visible_to(user).values("pk"))


def _find(word: str) -> QuerySet:
    return Complaint.objects.filter(reference=word.upper()).values_list("pk", flat=True)


def _load_statements(ids: Sequence[int]) -> dict[int, Statement]:
    return Statement.objects.in_bulk(list(ids))


def _is_still_asked(message: Message, statement: Statement) -> str:
    asked = Statement.objects.open_for(message.recipient).filter(pk=statement.pk)
    return "" if asked.exists() else _("the statement is not needed any more")


def _statement_context(message: Message, statement: Statement) -> dict[str, Any]:
    """The extract and the questions, nothing else of the case (C-8a)."""
    day = rules.day_ending(statement.due_at, calendars.zone_of(Firm.current()))
    return {
        "extract": statement.extract,
        "questions": statement.questions,
        "wanted_by": wording.written_day(day, reader.language()),
        "links": [{"label": _("Give your statement"), "url": settings.SITE_URL + statement.get_absolute_url()}],
    }


def _statements_visible_to(messages: QuerySet, user: Any) -> QuerySet:
    seen = Statement.objects.filter(named__complaint__in=Complaint.objects.visible_to(user))
    return messages.filter(subject_id__in=seen.values("pk"))


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
            thread=_thread,
        ),
        Kind(
            code=STATEMENT_ASKED,
            label=gettext_lazy("Request for a statement"),
            channel="email",
            subject_type=STATEMENT_TYPE,
            load=_load_statements,
            context=_statement_context,
            is_due=_is_still_asked,
            visible_to=_statements_visible_to,
        ),
    ]
