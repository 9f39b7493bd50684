"""Why a session could not be booked, moved or cancelled, in words fit to show to a client."""

from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from supportportal.refusals import Refused


class BookingRefused(Refused):
    """Nothing was changed. ``str()`` is the reason for the client."""


class SlotTaken(BookingRefused):
    code = "slot_taken"
    field = "start"
    reason = _("That time has just been taken. Please choose another one.")


class SlotNotOffered(BookingRefused):
    code = "slot_not_offered"
    field = "start"
    reason = _("That time is not offered any more. Please choose another one.")


class ClientBusy(BookingRefused):
    code = "client_busy"
    field = "start"
    reason = _("There is already a session at that time. Please choose another one.")


class NotGranted(BookingRefused):
    """``access`` says why, and which plan would grant it (P-2)."""

    code = "not_granted"

    def __init__(self, access: Any) -> None:
        super().__init__(access.reason)
        self.access = access


class TermsNotAccepted(BookingRefused):
    code = "terms"
    field = "terms"
    reason = _("Please accept the current support terms to book a session.")


class NoTopic(BookingRefused):
    code = "topic"
    field = "topic"
    reason = _("Please say in a few words what the session is about.")


class ChangedMeanwhile(BookingRefused):
    """Between a look and the lock the session went to another agent: whoever looks again finds it settled."""

    code = "changed_meanwhile"
    reason = _("This session was changed by somebody else a moment ago. Please look at it again.")


class NotLive(BookingRefused):
    code = "not_live"
    reason = _("This session has been cancelled.")


class AlreadyStarted(BookingRefused):
    code = "started"
    reason = _("This session has already started. Please contact us if something went wrong.")


class NoDescription(BookingRefused):
    code = "description"
    field = "description"
    reason = _("Please describe in a sentence or two what the call is about.")


class NoContact(BookingRefused):
    code = "contact"
    field = "contact"
    reason = _("Please say whom we should ask for.")


class OutOfScope(BookingRefused):
    """Phone assistance does not cover the topic; the reason says where to turn (B-17)."""

    code = "out_of_scope"
    field = "topic"


class CallClosed(BookingRefused):
    code = "call_closed"
    reason = _("This request is closed already. You can make a new one.")


class CallClaimed(BookingRefused):
    """``who`` has it."""

    code = "call_claimed"

    def __init__(self, who: Any) -> None:
        super().__init__(format_lazy(_("{who} has taken this request."), who=who))


class CallNotClaimed(BookingRefused):
    code = "call_not_claimed"
    reason = _("Please take this request first, so that nobody else calls at the same time.")


class CallsNotOpen(BookingRefused):
    code = "calls_not_open"
    reason = _("Calls are closed to this client now. Close the request, or leave it until they are open again.")


class CallsOpen(BookingRefused):
    code = "calls_open"
    reason = _("Calls are open to this client. If the call is not needed any more, please cancel the request.")


class FeeNotAccepted(BookingRefused):
    """The start carries the fee of B-13.3, and nobody has accepted it yet."""

    code = "fee"
    field = "fee"
    reason = _("This time carries a fee. Please accept it, or choose a time that is free of charge.")


class FeeNeedsSignIn(FeeNotAccepted):
    code = "fee_sign_in"
    reason = _("This time carries a fee. Please sign in to accept it, or choose a time that is free of charge.")


class ConsequenceChanged(BookingRefused):
    code = "changed"
    reason = _("What this means has changed since the page was shown. Please read it again and confirm.")


class NotTheAskedInstant(BookingRefused):
    code = "asked_at"
    field = "asked_at"
    reason = _("The client can only have asked between the booking and now.")


class NoReason(BookingRefused):
    code = "reason"
    field = "reason"
    reason = _("Please give a reason.")


class NothingToUndo(BookingRefused):
    code = "nothing_to_undo"
    reason = _("The time to undo this is over. Please book or choose a time again.")


class NoDays(BookingRefused):
    code = "days"
    field = "days"
    reason = _("Please choose at least one day that can still be booked.")


class OfferOver(BookingRefused):
    code = "offer_over"
    reason = _("This offer is over: the time has gone to somebody else, or nobody answered in time.")


class NotYet(BookingRefused):
    """``from_instant`` is when it will be possible."""

    code = "not_yet"

    def __init__(self, reason: Any, from_instant: Any) -> None:
        super().__init__(reason)
        self.from_instant = from_instant


class HasOutcome(BookingRefused):
    code = "has_outcome"
    reason = _("Somebody has already recorded what became of this session. Please look at it again.")


class NoOutcome(BookingRefused):
    code = "no_outcome"
    reason = _("Nothing has been recorded for this session yet.")


class TooLateToUndo(BookingRefused):
    code = "too_late"
    reason = _("The time to undo this is over. You can still correct it, with a reason.")


class TooLateToSay(BookingRefused):
    code = "too_late"
    reason = _("This session is over, so this can't be noted any more. Please write to us.")


class WasThere(BookingRefused):
    code = "was_there"
    reason = _("The session has begun, so the client was there. If that is wrong, take the start back first.")


class HeldBack(BookingRefused):
    code = "held_back"
    reason = _("The client said that nobody was there. Someone else has to look into it before this counts as absence.")


class NotAskedToStop(BookingRefused):
    code = "asked_to_stop"
    field = "asked_to_stop"
    reason = _("Ask the client politely to stop first, and confirm that you did.")


class TermsNotAcceptedByClient(TermsNotAccepted):
    """Somebody else books: nobody can accept the terms in the client's place (B-3)."""

    def __init__(self, client: Any) -> None:
        text = _(
            "{client} has not accepted the current support terms yet, and nobody can do that in their place. They can "
            "read and accept them on the page of the support terms after signing in; then the session can be booked."
        )
        super().__init__(format_lazy(text, client=client))


class NotAColleague(BookingRefused):
    code = "not_a_colleague"
    field = "attendee"
    reason = _("Only someone of the same account can attend instead.")


class AttendeeBusy(BookingRefused):
    code = "attendee_busy"
    field = "attendee"

    def __init__(self, attendee: Any) -> None:
        super().__init__(format_lazy(_("{attendee} has another session at that time."), attendee=attendee))


class AttendeeOwesFee(BookingRefused):
    code = "attendee_fee"
    field = "attendee"

    def __init__(self, attendee: Any) -> None:
        text = _("For {attendee} this time would carry a fee. Please choose somebody else.")
        super().__init__(format_lazy(text, attendee=attendee))


class AlreadyTold(BookingRefused):
    code = "already_told"
    reason = _("The client has been told already. This is said once for each session.")


class NotTheTime(BookingRefused):
    code = "not_the_time"
    reason = _("This can be said from shortly before the start until the session has begun.")


class NothingImposed(BookingRefused):
    code = "nothing_imposed"
    reason = _("This session has been changed since. Please look at it again.")
