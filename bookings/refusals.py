"""Why a session could not be booked, moved or cancelled, in words fit to show to a client."""

from typing import Any

from django.utils.translation import gettext_lazy as _


class BookingRefused(Exception):
    """Nothing was changed. ``str()`` is the reason for the client; ``field`` is the form's field it stands beside."""

    code = "refused"
    field: str | None = None
    reason: Any = _("This is not possible.")

    def __init__(self, reason: Any = None) -> None:
        super().__init__(self.reason if reason is None else reason)

    def __str__(self) -> str:
        return str(self.args[0])


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


class NotLive(BookingRefused):
    code = "not_live"
    reason = _("This session has been cancelled.")


class AlreadyStarted(BookingRefused):
    code = "started"
    reason = _("This session has already started. Please contact us if something went wrong.")
