"""Why something could not be done about an incident or a measure, in words fit to show."""

from collections.abc import Iterable

from django.forms import BaseForm
from django.utils.translation import gettext_lazy as _

from supportportal.people.operations import ANONYMISED
from supportportal.refusals import Refused

from .rules import Grounds


class ConductRefused(Refused):
    """Nothing was changed."""


class Stale(ConductRefused):
    """Somebody else has changed the case since the page was opened (compare-and-swap)."""

    code = "stale"
    reason = _("Somebody else has changed this case since you opened the page. Nothing was saved: please look again.")


class NotYours(ConductRefused):
    """The case is for others to see (R-10)."""

    code = "not_yours"
    reason = _("You cannot work on this case.")


class NotForYou(ConductRefused):
    """Somebody else decides: whom it was aimed at, who is named in an open complaint, or who lacks the role.

    It does not say which: an open complaint is nothing that whoever is named in it may learn of (C-8).
    """

    code = "not_for_you"
    reason = _("Another manager has to decide this.")


class NotClient(ConductRefused):
    code = "not_client"
    field = "client"
    reason = _("This person is staff. Measures are for clients; please talk to whoever leads the team.")


class NobodyAnyMore(ConductRefused):
    code = "nobody_any_more"
    field = "client"
    reason = ANONYMISED


class AnotherClient(ConductRefused):
    """It would belong to a session, callback or complaint of somebody else."""

    code = "another_client"
    field = "client"
    reason = _("What you began this report from is about another client. Please begin it from the menu instead.")


class JustAComplaint(ConductRefused):
    """A forceful complaint or a bad review alone is never an incident (R-1a)."""

    code = "just_a_complaint"
    field = "acceptable"
    reason = _("Then it is a complaint, not an incident: please pass it on as a complaint. Nothing was reported.")


class NoWords(ConductRefused):
    code = "words"
    field = "words"
    reason = _("Please write down the words that were used, or what was done.")


class NoCategory(ConductRefused):
    code = "categories"
    field = "categories"
    reason = _("Please choose at least one.")


class InFuture(ConductRefused):
    code = "happened_at"
    field = "happened_at"
    reason = _("This cannot be later than now.")


class NoReason(ConductRefused):
    code = "reason"
    field = "reasons"
    reason = _("Please give your reasons.")


class MissingGrounds(ConductRefused):
    """Parts of the assessment that the step needs say nothing (R-3); ``parts`` are their fields."""

    code = "grounds"
    reason = _("A measure needs its grounds in writing. Something is missing.")

    def __init__(self, parts: Iterable[Grounds] = ()) -> None:
        super().__init__()
        self.parts = tuple(parts)

    def show_in(self, form: BaseForm) -> None:
        super().show_in(form)
        for part in self.parts:
            if part.value in form.fields:
                form.add_error(part.value, _("Please write this down."))


class Unfounded(ConductRefused):
    code = "unfounded"
    field = "kind"
    reason = _("What did not happen, or was no abuse, has no measure: please close the incident with your reasons.")


class NothingClosed(ConductRefused):
    code = "gates"
    field = "gates"
    reason = _("Please choose what is closed to the client.")


class NoEnd(ConductRefused):
    """A measure without an end needs to be a permanent one, with a review date (R-4)."""

    code = "no_end"
    field = "until"
    reason = _("Please say until when. Without an end, choose limited access for good, which has a review date.")


class EndsInPast(ConductRefused):
    code = "ends_in_past"
    field = "until"
    reason = _("The end has to be in the future.")


class BaseIsOver(ConductRefused):
    """What has lapsed or ended meanwhile cannot be prolonged any more (R-7)."""

    code = "base_is_over"
    reason = _("What this would prolong is over already: please decline it, and decide anew.")


class ReviewNotAhead(ConductRefused):
    code = "review"
    field = "review_on"
    reason = _("The review date has to be in the future, and not after the end.")


class NothingDisclosed(ConductRefused):
    code = "disclosed"
    field = "disclosed"
    reason = _("Please write what is disclosed, and to whom.")


class NotLonger(ConductRefused):
    code = "not_longer"
    field = "until"
    reason = _("An extension has to end later than what it extends; its review date is an end too.")


class NotLawful(ConductRefused):
    """The case is not in a state from which this is possible."""

    code = "not_lawful"
    reason = _("This case is decided or closed already, or another step comes first.")


class WaitsForApproval(ConductRefused):
    code = "waits"
    reason = _("A measure for this incident waits for approval. Please wait for the answer, or withdraw it first.")


class OwnProposal(ConductRefused):
    """Nobody approves what they decided themselves (R-3)."""

    code = "own_proposal"
    reason = _("Nobody approves their own decision: another manager has to.")


class NoAccount(ConductRefused):
    code = "no_account"
    field = "whole_account"
    reason = _("This client belongs to no account.")


class AccountChanged(NotLawful):
    """What was proposed for one account is not taken against another."""

    code = "account_changed"
    reason = _("The client has moved to another account since this was proposed: please decline it, and decide anew.")


class NoThreat(ConductRefused):
    """Only a threat lets contact be stopped before anything is assessed (R-7a)."""

    code = "no_threat"
    reason = _("Contact is stopped at once for threats alone.")


class StoppedBefore(ConductRefused):
    code = "stopped_before"
    reason = _("Contact was stopped for this incident before. That can be done once.")


class StopTooLong(ConductRefused):
    code = "stop_too_long"
    field = "hours"
    reason = _("Contact can be stopped for one hour at least, and for no longer than the policy allows.")


class OnlyDutyManager(ConductRefused):
    code = "only_duty"
    reason = _("A duty manager stops contact at once.")


class NoWorkday(ConductRefused):
    """The desk's calendar has no business days ahead, so nobody can be told until when an appeal is possible (R-7)."""

    code = "no_workday"
    reason = _(
        "The calendar has too few working days ahead to say until when this can be appealed. "
        "Please look at the holidays and closures first; nothing was saved."
    )


class PostedBefore(ConductRefused):
    code = "posted"
    reason = _("This notice has been noted as posted already.")


class PostedOutOfTime(ConductRefused):
    code = "posted_on"
    field = "posted_on"
    reason = _("The posting cannot be before the decision was in force, nor later than now.")


class NoAddress(ConductRefused):
    code = "posted_to"
    field = "posted_to"
    reason = _("Please write where it was posted to.")


class AppealedBefore(ConductRefused):
    code = "appealed"
    reason = _("This measure has been appealed already. An appeal can be made once.")


class TooLate(ConductRefused):
    """The time to appeal is over and no cause was given (R-7)."""

    code = "too_late"
    field = "late_cause"
    reason = _("The time for an appeal is over. If there was a cause, please say what kept you.")


class NotEligible(ConductRefused):
    """Who reported, decided, approved or is named does not decide the appeal (R-7)."""

    code = "not_eligible"
    field = "reviewer"
    reason = _("Somebody with no part in this case has to decide the appeal.")


class NothingVaried(ConductRefused):
    code = "nothing_varied"
    field = "until"
    reason = _("Please say what is changed: an earlier end, or fewer things closed.")


class SomebodyElseCan(ConductRefused):
    """An outside reviewer is appointed only where nobody else is eligible (S-1)."""

    code = "somebody_can"
    reason = _("Somebody here can do this: an outside reviewer is for cases that nobody can.")


class OnlyOwner(ConductRefused):
    """The owner appoints; a deputy only where the owner is excluded (S-1)."""

    code = "only_owner"
    reason = _("The owner appoints an outside reviewer, or a deputy if the owner is concerned.")


class OnlyTheTwo(ConductRefused):
    """A follow-up is between the person and the manager (R-8)."""

    code = "only_the_two"
    reason = _("This is between the two people concerned.")
