"""Why something could not be done in a follow-up, in words fit to show (R-8)."""

from django.utils.translation import gettext_lazy as _

from .refusals import ConductRefused


class NotForCare(ConductRefused):
    """A manager looks after the person, and nobody after themselves."""

    code = "not_for_care"
    field = "to"
    reason = _("A manager looks after this, and somebody other than the person.")


class TakenAlready(ConductRefused):
    code = "taken_already"
    reason = _("Somebody else has taken this follow-up.")


class NobodyYet(ConductRefused):
    """What is noted is for two, and there is only one yet."""

    code = "nobody_yet"
    reason = _("No manager has taken this follow-up yet. Once one has, the two of you can write here.")


class NothingNoted(ConductRefused):
    code = "text"
    field = "text"
    reason = _("Please write something.")


class NewNote(ConductRefused):
    """Nobody agrees to close what they have not read."""

    code = "new_note"
    reason = _("There is a new note since you opened this page. Please read it first.")


class IsOver(ConductRefused):
    code = "is_over"
    reason = _("This follow-up has been handed on: what was written here stays as it is.")


class Same(ConductRefused):
    code = "same"
    field = "to"
    reason = _("Please choose another manager.")
