"""What a client types in an appeal, as clean values. No policy here."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from complaints.forms import LONGEST, EvidenceForm, WordsField

from .refusals_appeal import NoAppealReasons


class AppealForm(EvidenceForm):
    """Why the decision should be looked at again, with files; after the last day also what kept them (R-7)."""

    reasons = WordsField(
        label=_("What is wrong with our decision?"),
        help_text=_("Say what did not happen as we wrote it, or why the step is too much. Files can help."),
        max_length=LONGEST,
        rows=8,
        error_messages={"required": NoAppealReasons.reason},
    )
    late_cause = WordsField(
        label=_("What kept you from writing earlier?"),
        help_text=_("The time for an appeal is over. With a cause, we look at it all the same."),
        required=False,
        rows=3,
    )

    def __init__(self, *args: Any, in_time: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if in_time:
            del self.fields["late_cause"]
