"""Why nothing is free, in words fit to show to a client."""

from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


class Reason(TextChoices):
    """Why nothing is free, in the order in which they are tried."""

    NO_AGENT = "no_agent"
    PAST = "past"
    TOO_SOON = "too_soon"
    BEYOND_HORIZON = "beyond_horizon"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    OUTSIDE_HOURS = "outside_hours"
    CLOSED = "closed"
    AWAY = "away"
    FULL = "full"
    CLIENT_BUSY = "client_busy"


@dataclass(frozen=True)
class WhyNot:
    """A reason fit to show to a client; ``detail`` is the holiday's name, the closure's reason, or a number."""

    reason: Reason
    detail: Any = ""

    def __str__(self) -> str:
        match self.reason:
            case Reason.NO_AGENT:
                return _("Nobody holds these sessions at the moment.")
            case Reason.PAST:
                return _("This time is over.")
            case Reason.TOO_SOON:
                return _too_soon(self.detail)
            case Reason.BEYOND_HORIZON:
                return ngettext(
                    "Sessions can be booked up to %(days)s day ahead.",
                    "Sessions can be booked up to %(days)s days ahead.",
                    self.detail,
                ) % {"days": self.detail}
            case Reason.WEEKEND:
                return _("No sessions at the weekend.")
            case Reason.HOLIDAY:
                return _("Public holiday: %(name)s.") % {"name": self.detail}
            case Reason.OUTSIDE_HOURS:
                return _("Outside the hours of these sessions.")
            case Reason.CLOSED:
                return _("Closed: %(reason)s.") % {"reason": self.detail} if self.detail else _("Closed.")
            case Reason.AWAY:
                return _("Nobody is at work then.")
            case Reason.FULL:
                return _("Fully booked.")
            case Reason.CLIENT_BUSY:
                return _("There is already a session of yours at the times that are left.")


def _too_soon(minutes: int) -> str:
    if minutes % 60:
        text = ngettext("Book at least %(n)s minute ahead.", "Book at least %(n)s minutes ahead.", minutes)
        return text % {"n": minutes}
    hours = minutes // 60
    return ngettext("Book at least %(n)s hour ahead.", "Book at least %(n)s hours ahead.", hours) % {"n": hours}
