"""A complaint that staff enter: a letter, an e-mail, or the form for somebody who cannot fill it in (C-1, C-4)."""

import uuid
from datetime import datetime
from typing import Any

from django import forms
from django.core import signing
from django.utils.translation import gettext_lazy as _

from supportportal.files.forms import PrivateFileField
from supportportal.files.models import StoredFile
from supportportal.people.forms import LineField
from supportportal.people.models import User

from . import rules
from .calendars import Desk
from .form_fields import DayField
from .forms import KEPT_FOR, KEPT_SALT, EntryForm
from .models import Complaint, Evidence
from .policy import POLICY

Source = Complaint.Source
LABELS = {
    "summary": _("What happened, in the complainant's own words"),
    "name": _("Name of the complainant"),
    "postal_address": _("Postal address"),
    "complained_about": _("Complained about (one name per line)"),
    "spoken_with": _("Spoken with (one name per line)"),
    "numbers": _("Phone numbers called from"),
    "wish": _("What would put it right"),
}


class StaffEntryForm(EntryForm):
    """What the three ways have in common; ``source`` says which it is."""

    source = ""
    first = ("language", "arrived_on", "arrived_clock", "post", "scan")

    client_email = forms.EmailField(
        label=_("If this is a client of ours: the address they sign in with"), required=False, max_length=254
    )
    late_entry_reason = LineField(
        label=_("If the first reply is late already: why it is entered only now"), required=False, max_length=300
    )

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.desk = desk
        for name, label in LABELS.items():
            self.fields[name].label = label
        for name in ("summary", "complained_about", "email", "postal_address"):
            self.fields[name].help_text = ""
        self.fields["form_key"] = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
        self.fields["kept_scan"] = forms.CharField(widget=forms.HiddenInput, required=False, max_length=500)
        self.order_fields([name for name in self.first if name in self.fields])

    def clean_client_email(self) -> User | None:
        address = self.cleaned_data["client_email"]
        if not address:
            return None
        client = User.objects.clients().filter(email__iexact=address).first()
        if client is None:
            raise forms.ValidationError(_("No client signs in with this address."))
        return client

    def clean_kept_scan(self) -> StoredFile | None:
        """The scan handed in with an earlier try, signed like the files."""
        text = self.cleaned_data["kept_scan"]
        if not text:
            return None
        try:
            (pk,) = signing.loads(text, salt=KEPT_SALT, max_age=KEPT_FOR)
        except (signing.BadSignature, ValueError):
            raise forms.ValidationError(_("The files could not be kept. Please add them again.")) from None
        return StoredFile.objects.filter(pk=pk).exclude(pk__in=Evidence.objects.filter(file=pk).values("file")).first()

    def arrived_at(self, at: datetime) -> datetime:
        """When it counts as arrived. Only of a valid form."""
        return at

    def entry(self) -> dict[str, Any]:
        """What ``intake.enter`` takes besides what was told. Only of a valid form."""
        return {
            "source": self.source,
            "client": self.cleaned_data["client_email"],
            "late_entry_reason": self.cleaned_data.get("late_entry_reason", ""),
            "form_key": self.cleaned_data["form_key"],
        }


class LetterEntryForm(StaffEntryForm):
    source = Source.LETTER

    arrived_on = DayField(label=_("Arrived on"))
    arrived_clock = forms.TimeField(
        label=_("At"),
        help_text=_("Leave it empty if nobody noted the hour: the opening time of that day counts."),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    post = LineField(
        label=_("Kind of post"), help_text=_("Ordinary, registered, by hand …"), required=False, max_length=60
    )
    scan = PrivateFileField(label=_("Scan of the letter"), required=False)

    def arrived_at(self, at: datetime) -> datetime:
        day, clock = self.cleaned_data["arrived_on"], self.cleaned_data.get("arrived_clock")
        if clock is not None:
            return datetime.combine(day, clock, self.desk.zone)
        # A letter of today that nobody noted the hour of cannot have come later than now.
        return min(rules.arrival_of(day, self.desk.calendar, POLICY), max(at, _start_of(day, self.desk)))

    def entry(self) -> dict[str, Any]:
        return super().entry() | {"post": self.cleaned_data["post"]}


class MailEntryForm(LetterEntryForm):
    source = Source.MAIL
    post = None  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["arrived_clock"].required = True
        self.fields["arrived_clock"].help_text = ""
        self.fields["scan"].label = _("The e-mail as a file")

    def entry(self) -> dict[str, Any]:
        return StaffEntryForm.entry(self)


class AssistedEntryForm(StaffEntryForm):
    source = Source.ASSISTED
    late_entry_reason = None  # type: ignore[assignment]

    read_back = forms.BooleanField(
        label=_("I have read everything back, and the complainant agreed"),
        error_messages={"required": _("Please read it back before you hand it in.")},
    )

    def entry(self) -> dict[str, Any]:
        return super().entry() | {"read_back": True}


ENTRIES: dict[str, type[StaffEntryForm]] = {
    form.source: form for form in (LetterEntryForm, MailEntryForm, AssistedEntryForm)
}


def _start_of(day: Any, desk: Desk) -> datetime:
    return datetime.combine(day, datetime.min.time(), desk.zone)
