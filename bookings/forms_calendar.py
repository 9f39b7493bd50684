"""What staff type about an agent's own calendar."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from supportportal import fetching

from .models import BusyCalendar
from .operations.busy_calendars import who_may_be_asked

LONGEST = 1_400  # it is kept locked, which takes up to 2,000


class UnseenInput(forms.TextInput):
    """Shows nothing of what was typed."""

    def format_value(self, value: object) -> None:
        return None


class BusyCalendarForm(forms.Form):
    """The address is a secret: what was typed is not shown again, not even with an error."""

    address = forms.CharField(
        label=_("Secret address of the calendar"),
        max_length=LONGEST,
        widget=UnseenInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "url"}),
        help_text=_(
            "An https address that ends in .ics as a rule. Google Calendar: Settings, your calendar, Secret address in "
            "iCal format. Outlook: Settings, Shared calendars, Publish a calendar, ICS."
        ),
        error_messages={"required": _("Please give the address.")},
    )

    def clean_address(self) -> str:
        address = self.cleaned_data["address"].strip()
        scheme, colon, rest = address.partition(":")
        if scheme.lower() in ("webcal", "webcals"):
            address = f"https{colon}{rest}"
        try:
            if len(address.encode()) > LONGEST:
                raise fetching.NotFetched(fetching.Failure.ADDRESS)
            fetching.host_of(address, who_may_be_asked())
        except fetching.NotFetched:
            raise forms.ValidationError(_refusal(address)) from None
        return address


def _refusal(address: str) -> Any:
    """Why that address may not be asked, as far as its text tells."""
    scheme, _colon, rest = address.partition("://")
    if scheme.lower() != "https":
        return _("Please give an address that begins with https://.")
    if "@" in rest.partition("/")[0]:
        return _("Please leave out user name and password: such an address cannot be read.")
    return BusyCalendar.Problem.ADDRESS.label
