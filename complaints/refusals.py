"""Why something could not be done with a complaint, in words fit to show."""

from typing import Any

from django.utils.translation import gettext_lazy as _


class ComplaintRefused(Exception):
    """Nothing was changed. ``str()`` is the reason; ``field`` is the form's field it stands beside."""

    code = "refused"
    field: str | None = None
    reason: Any = _("This is not possible.")

    def __init__(self, reason: Any = None) -> None:
        super().__init__(self.reason if reason is None else reason)

    def __str__(self) -> str:
        return str(self.args[0])


class Stale(ComplaintRefused):
    """Somebody else has changed the case since the page was opened (compare-and-swap)."""

    code = "stale"
    reason = _("Somebody else has changed this case since you opened the page. Nothing was saved: please look again.")


class NotReachable(ComplaintRefused):
    code = "not_reachable"
    field = "email"
    reason = _("Please give an e-mail address or a postal address, so that we can answer in writing.")


class NoSummary(ComplaintRefused):
    code = "summary"
    field = "summary"
    reason = _("Please tell us what happened.")


class NoName(ComplaintRefused):
    code = "name"
    field = "name"
    reason = _("Please give your name.")


class NoReason(ComplaintRefused):
    code = "reason"
    field = "reason"
    reason = _("Please give a reason.")


class NotLawful(ComplaintRefused):
    """The complaint is not in a state from which this is possible."""

    code = "not_lawful"
    reason = _("This complaint is closed, or another step comes first.")


class NotEligible(ComplaintRefused):
    """The person may not review this complaint: named in it, spoken with, or without the role (C-8)."""

    code = "not_eligible"
    field = "reviewer"
    reason = _("This person cannot review this complaint.")


class NotForManagers(NotEligible):
    code = "seniors_only"
    reason = _("A complaint about a member of staff is reviewed by a senior manager.")


class OwnName(ComplaintRefused):
    code = "own_name"
    reason = _("Nobody matches the own name.")


class AnotherReviewer(NotEligible):
    """An appeal is answered by somebody else than the first reviewer (C-10)."""

    code = "another_reviewer"
    reason = _("Another senior manager than the first reviewer answers an appeal.")


class PointsOpen(ComplaintRefused):
    code = "points_open"
    reason = _("Each point needs a finding and its reasons before the response goes out.")


class AppealedBefore(ComplaintRefused):
    code = "appealed"
    reason = _("This decision has been appealed already. An appeal can be made once.")


class TooLate(ComplaintRefused):
    """The time to appeal is over and no cause was given (C-10)."""

    code = "too_late"
    field = "late_cause"
    reason = _("The time for an appeal is over. If there was a cause, please say what kept you.")


class TooMuchEvidence(ComplaintRefused):
    code = "too_much"
    field = "files"
    reason = _("These files are too many or too large together. Send the most important ones; more can follow later.")


class ArrivedInFuture(ComplaintRefused):
    code = "arrived"
    field = "arrived_at"
    reason = _("The arrival cannot be later than now.")


class WhyLate(ComplaintRefused):
    code = "late_entry"
    field = "late_entry_reason"
    reason = _("This letter is entered after its first reply was due. Please say why.")
