"""Why something could not be done with a complaint, in words fit to show."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from supportportal import reader, wording
from supportportal.people.models import Firm
from supportportal.refusals import Refused


class ComplaintRefused(Refused):
    """Nothing was changed."""


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


class NotYours(ComplaintRefused):
    """The gate keeps this person out of this complaint (C-8)."""

    code = "not_yours"
    reason = _("You cannot work on this complaint.")


class NotForManagers(NotEligible):
    code = "seniors_only"
    reason = _("A complaint about a member of staff is reviewed by a senior manager.")


class OwnName(ComplaintRefused):
    code = "own_name"
    reason = _("Nobody matches the own name.")


class NotStaff(ComplaintRefused):
    code = "not_staff"
    field = "person"
    reason = _("Please choose a member of staff.")


class NameOnRecord(ComplaintRefused):
    """Whoever is named in a complaint takes no part in it (C-8)."""

    code = "named"
    reason = _("This person is named in the complaint and takes no part in it.")


class AnotherReviewer(NotEligible):
    """An appeal is answered by somebody else than the first reviewer (C-10)."""

    code = "another_reviewer"
    reason = _("Another senior manager than the first reviewer answers an appeal.")


class PointsOpen(ComplaintRefused):
    code = "points_open"
    reason = _("Each point needs a finding and its reasons before the response goes out.")


class WrongLetter(ComplaintRefused):
    """The letter is of another complaint or kind, or has left already."""

    code = "wrong_letter"
    reason = _("This step needs its own letter, still as a draft.")


class NoOtherComplaint(ComplaintRefused):
    code = "duplicate_of"
    field = "duplicate_of"
    reason = _("Please choose the complaint that this one repeats. It cannot be a duplicate itself.")


class TellsContactData(ComplaintRefused):
    """What is put to the person complained about holds how to reach the complainant (C-8a)."""

    code = "contact_data"
    field = "extract"
    reason = _("This text holds the complainant's contact data. The person concerned must not get them.")


class SomebodyElseCan(ComplaintRefused):
    """An outside reviewer is appointed only where nobody else is eligible (S-1)."""

    code = "somebody_can"
    reason = _("Somebody here can review this complaint: an outside reviewer is for cases that nobody can.")


class BeforeDecision(ComplaintRefused):
    code = "before_decision"
    field = "arrived_on"
    reason = _("An appeal cannot have come before the decision.")


class OnlyOwner(ComplaintRefused):
    """The owner appoints; a deputy only where the owner is named (S-1)."""

    code = "only_owner"
    reason = _("The owner appoints an outside reviewer, or a deputy if the owner is named in the complaint.")


class NoScheme(ComplaintRefused):
    code = "no_scheme"
    reason = _("No ombudsman scheme is set for complaints of that day.")


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


class TooMuchInAll(TooMuchEvidence):
    code = "too_much_in_all"
    reason = _("This complaint holds as many files as it can. Please write to us: we will find another way.")


class Wait(ComplaintRefused):
    """Too much at once from one source (``limits``); ``until`` is when there is room again."""

    def __init__(self, until: datetime) -> None:
        when = wording.short(until, Firm.current().zone, reader.language(), named=True)
        super().__init__(self.reason % {"when": when})
        self.until = until


class TooManyComplaints(Wait):
    code = "too_many"
    reason = _(
        "Many complaints have come from your internet connection within the last hour. What you typed is still here: "
        "please press “Send” once more after %(when)s. If you would rather not wait, write us an e-mail or a letter: "
        "the addresses stand on this page."
    )


class TooManyFiles(Wait):
    code = "too_many_files"
    field = "files"
    reason = _(
        "Many files have come from your internet connection within the last hour. Please add these after %(when)s; or "
        "send your words now, and add the files on your complaint's page later."
    )


class NoRoomForFiles(ComplaintRefused):
    code = "no_room"
    field = "files"
    reason = _(
        "We cannot take files right now. Please send your words, and add the files on your complaint's page later."
    )


class NothingSaid(ComplaintRefused):
    code = "nothing"
    field = "text"
    reason = _("Please write something, or add a file.")


class ArrivedInFuture(ComplaintRefused):
    code = "arrived"
    field = "arrived_at"
    reason = _("The arrival cannot be later than now.")


class EnteredBefore(ComplaintRefused):
    """The mail belongs to a complaint, or to something else, by now."""

    code = "entered_before"
    reason = _("Somebody has dealt with this e-mail already. Nothing was entered a second time.")


class WhyLate(ComplaintRefused):
    code = "late_entry"
    field = "late_entry_reason"
    reason = _("This letter is entered after its first reply was due. Please say why.")
