"""What people type when they book, move and cancel, as clean values. No policy here."""

import secrets
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from supportportal.files.forms import PrivateFileField
from supportportal.files.models import StoredFile
from supportportal.files.orphans import KEPT_FOR
from supportportal.people import phones
from supportportal.people.forms import LineField

from .models import Booking
from .policy_words import reminder_label

KEPT_SALT = "bookings.kept-files"
LAST_CELL = 10**8 - 1  # in the year 2920: dates go on to 9999, numbers do not end


class StartField(forms.IntegerField):
    """A start as the number of its first cell: no local hour, so none that is missing or happens twice."""

    widget = forms.HiddenInput

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "error_messages", {"required": _("Please choose a time."), "invalid": _("Please choose a time.")}
        )
        super().__init__(min_value=0, max_value=LAST_CELL, **kwargs)


class FeeField(forms.BooleanField):
    """The explicit acceptance of the fee that a start carries (B-13.3)."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("I accept the fee"))
        missing = _("This time carries a fee. Please accept it, or choose a time that is free of charge.")
        super().__init__(error_messages={"required": missing}, **kwargs)


class BookingForm(forms.Form):
    """The details of a booking. Files that were taken in already are carried as a signed list of their ids."""

    start = StartField()
    form_key = forms.RegexField(r"\A[\w-]+\Z", widget=forms.HiddenInput, max_length=64)  # those with ":" are our own
    kept_files = forms.CharField(widget=forms.HiddenInput, required=False, max_length=2000)
    topic = LineField(
        label=_("What is it about?"),
        help_text=_("One sentence is enough. It helps the agent to prepare."),
        max_length=200,
        error_messages={"required": _("Please say in a few words what the session is about.")},
    )
    details = forms.CharField(
        label=_("Details"),
        help_text=_("What have you tried, what did you see? Leave out passwords."),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    file = PrivateFileField(
        label=_("Add a file"), help_text=_("A screenshot or a document, up to 10 MB."), required=False
    )
    phone = forms.CharField(
        label=_("Phone number"),
        help_text=_("With the country code, such as +39 02 1234 5678."),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    sms_consent = forms.BooleanField(
        label=reminder_label(_("Remind me by text message {length} before"), "reminder_30m"),
        help_text=_("You can stop this at any time by replying STOP."),
        required=False,
    )
    terms = forms.BooleanField(
        label=_("I accept the support terms"),
        error_messages={"required": _("Please accept the current support terms to book a session.")},
    )

    def __init__(
        self,
        *args: Any,
        client: Any,
        terms: Any = None,
        phone_is_the_place: bool = False,
        carries_fee: bool = False,
        **kwargs: Any,
    ) -> None:
        """``terms`` is the version still to be accepted, or None; a phone session needs a number to call."""
        super().__init__(*args, **kwargs)
        self.client = client
        self.fields["form_key"].initial = secrets.token_urlsafe(24)
        self.fields["phone"].initial = client.phone
        if terms is None:
            del self.fields["terms"]
        if client.sms_consent_at:
            del self.fields["sms_consent"]
        if phone_is_the_place:
            self.fields["phone"].required = True
        if carries_fee:
            self.ask_fee()

    def ask_fee(self) -> None:
        self.fields["fee"] = FeeField()

    def clean_phone(self) -> str:
        number = self.cleaned_data["phone"].strip()
        return phones.normalise(number) if number else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("sms_consent") and not cleaned.get("phone") and "phone" not in self.errors:
            self.add_error("phone", _("Give a phone number to get a text message."))
        return cleaned

    def clean_kept_files(self) -> list[StoredFile]:
        return self.kept(self.cleaned_data["kept_files"], self.client)

    @staticmethod
    def kept(text: str, client: Any) -> list[StoredFile]:
        """The files that this client handed in with an earlier try at the same form."""
        if not text:
            return []
        try:
            owner, ids = signing.loads(text, salt=KEPT_SALT, max_age=KEPT_FOR)
        except signing.BadSignature:
            raise ValidationError(_("The file could not be kept. Please add it again.")) from None
        return list(StoredFile.objects.filter(pk__in=ids)) if owner == client.pk else []

    @staticmethod
    def keep(files: list[StoredFile], client: Any) -> str:
        return signing.dumps([client.pk, [one.pk for one in files]], salt=KEPT_SALT) if files else ""


class ChangeForm(forms.Form):
    """A new time, picked by a person, and why; nothing is preselected (B-9)."""

    REASONS = [
        ("cannot_come", _("I can't come at that time")),
        ("prepare", _("I need more time to prepare")),
        ("earlier", _("I'd like an earlier time")),
        ("other", _("Another reason")),
    ]
    start = StartField()
    meaning = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)
    reason = forms.ChoiceField(
        label=_("Why do you change it?"),
        choices=REASONS,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose a reason.")},
    )
    fee = FeeField(required=False)


class CancelForm(forms.Form):
    """Why the session is cancelled, picked by a person; nothing is preselected (B-9)."""

    meaning = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)
    reason = forms.ChoiceField(
        label=_("Why do you cancel?"),
        choices=[choice for choice in Booking.CancelReason.choices if choice[0] not in Booking.REASONS_OF_THE_FIRM],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose a reason.")},
    )


class ReviewForm(forms.Form):
    """Why a client thinks that a strike is not right."""

    text = forms.CharField(
        label=_("What happened?"),
        help_text=_("In your own words. Somebody else than the person who recorded it reads this and decides."),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Please tell us what happened.")},
    )
