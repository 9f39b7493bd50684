"""What phone assistance does not cover, said at once, and where to turn instead (B-17)."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from .models.calls import OUT_OF_SCOPE, Topic


@dataclass(frozen=True)
class Answer:
    """``turn_to`` is the name of the view where help is, if it is ours."""

    text: Any
    turn_to: str = ""
    label: Any = ""


ANSWERS = {
    Topic.INTERNET: Answer(
        _("We can't see or repair your internet connection. Please call your provider: they can measure the line.")
    ),
    Topic.HARDWARE: Answer(_("We can't diagnose or repair devices. Please turn to whoever sold or maintains yours.")),
    Topic.SOFTWARE: Answer(
        _(
            "We can't help with the operating system or with software that others make. Please turn to its maker, or "
            "to the technician who looks after your computers."
        )
    ),
    Topic.API: Answer(
        _(
            "The API is not explained on the phone: its documentation says how it is set up and used. Your plan page "
            "shows the channels through which developers can write to us."
        ),
        "people:plan",
        _("See your channels"),
    ),
    Topic.MIGRATION: Answer(
        _(
            "Moving data over from another product takes longer than a call. Please book a session: an agent prepares "
            "it with you and shows each step."
        ),
        "bookings:book",
        _("Book a session"),
    ),
    Topic.TRAINING: Answer(
        _(
            "Training and the first set-up need more time than a call. Please book a session, or look at the courses "
            "that your plan includes."
        ),
        "bookings:book",
        _("Book a session"),
    ),
}


def answer(topic: str) -> Answer | None:
    """Where to turn with ``topic``; None if phone assistance covers it."""
    return ANSWERS[Topic(topic)] if topic in OUT_OF_SCOPE else None
