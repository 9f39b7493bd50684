"""The messages that follow a session: summary and feedback, a new date, an apology, the survey (B-12 to B-19)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal import links
from supportportal.outbox.kinds import Kind
from supportportal.outbox.models import Message
from supportportal.outbox.operations import Owed

from .messages import SUBJECT_TYPE, context, kind
from .models import Booking, SurveyAnswer

FEEDBACK_LINK, SURVEY_LINK = "feedback", "survey"
SURVEY = "bookings.surveyanswer"
BY_OUTCOME = {
    Booking.State.ATTENDED: "session_attended",
    Booking.State.INTERRUPTED: "session_interrupted",
    Booking.State.OUR_FAULT: "session_our_fault",
    Booking.State.ENDED: "session_ended",
}


def feedback_path(booking: Booking) -> str:
    return reverse("bookings:feedback", args=[links.token(FEEDBACK_LINK, booking.pk, booking.link_epoch)])


def survey_path(answer: SurveyAnswer) -> str:
    return reverse("bookings:survey", args=[links.token(SURVEY_LINK, answer.pk)])


def owed_for_outcome(booking: Booking, *, due_at: datetime) -> Iterator[Owed]:
    """An absence owes nothing here: its strike does."""
    if code := BY_OUTCOME.get(Booking.State(booking.state)):
        yield Owed(code, booking.pk, due_at, version=booking.version, recipient=booking.client)


def owed_for_survey(answer: SurveyAnswer, *, at: datetime) -> Owed:
    return Owed("survey_asked", answer.pk, at, recipient=answer.client)


def _due(message: Message, booking: Booking) -> str:
    return "" if message.version == booking.version else _("the outcome has been changed since")


def _with_feedback(message: Message, booking: Booking) -> dict[str, Any]:
    url = settings.SITE_URL + feedback_path(booking)
    return {**context(message, booking), "links": [{"label": _("Tell us how it was"), "url": url}]}


def _with_new_date(message: Message, booking: Booking) -> dict[str, Any]:
    url = settings.SITE_URL + reverse("bookings:time", args=[booking.session_type.slug])
    return {**context(message, booking), "links": [{"label": _("Choose a new date"), "url": url}]}


def _load_surveys(ids: Sequence[int]) -> dict[int, SurveyAnswer]:
    return SurveyAnswer.objects.select_related("client").in_bulk(list(ids))


def _survey(message: Message, answer: SurveyAnswer) -> dict[str, Any]:
    url = settings.SITE_URL + survey_path(answer)
    return {"answer": answer, "links": [{"label": _("Answer in half a minute"), "url": url}]}


def _survey_due(message: Message, answer: SurveyAnswer) -> str:
    return _("already answered") if answer.given_at else ""


KINDS_OUTCOMES = [
    kind("session_attended", gettext_lazy("Summary and feedback"), context=_with_feedback, is_due=_due),
    kind("session_interrupted", gettext_lazy("Session interrupted"), context=_with_new_date, is_due=_due),
    kind("session_our_fault", gettext_lazy("Apology"), context=_with_new_date, is_due=_due),
    kind("session_ended", gettext_lazy("Session ended early"), context=context, is_due=_due),
    Kind(
        "survey_asked",
        "email",
        gettext_lazy("Survey"),
        SURVEY,
        load=_load_surveys,
        context=_survey,
        is_due=_survey_due,
    ),
]

__all__ = ["KINDS_OUTCOMES", "SUBJECT_TYPE", "feedback_path", "owed_for_outcome", "owed_for_survey", "survey_path"]
