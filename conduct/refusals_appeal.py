"""Why an appeal could not be taken or decided, in words fit to show; beside those that ``refusals`` has for all."""

from django.utils.translation import gettext_lazy as _

from .refusals import ConductRefused


class NoAppealReasons(ConductRefused):
    code = "appeal_reasons"
    field = "reasons"
    reason = _("Please say why you do not agree.")


class ArrivedInFuture(ConductRefused):
    code = "arrived_in_future"
    field = "arrived_on"
    reason = _("It cannot have arrived later than now.")


class BeforeMeasure(ConductRefused):
    code = "before_measure"
    field = "arrived_on"
    reason = _("The measure was taken only after that day.")


class NotTaken(ConductRefused):
    """There is nothing to appeal against yet, or any more."""

    code = "not_taken"
    reason = _("This measure has not been taken: there is nothing to appeal against.")


class NothingForReviewer(ConductRefused):
    """S-1 knows two occasions: an approval that is asked for, and an open appeal."""

    code = "nothing_to_review"
    reason = _("Nothing waits for a reviewer here: neither an approval nor an appeal.")


class HasAPart(ConductRefused):
    """An outside reviewer has no part in the case either."""

    code = "has_a_part"
    field = "person"
    reason = _("This person cannot review it: only staff with no part in this case can.")


class EnteredBefore(ConductRefused):
    """The mail belongs to something else by now."""

    code = "entered_before"
    reason = _("Somebody has dealt with this e-mail already. Nothing was entered a second time.")
