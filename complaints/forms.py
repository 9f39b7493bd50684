"""What people type when they complain, as clean values. No policy here."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.core import signing
from django.utils.translation import gettext_lazy as _

from supportportal.files.forms import PrivateFilesField
from supportportal.files.models import StoredFile
from supportportal.people import countries
from supportportal.people.forms import LineField

from .models import Complaint
from .operations.intake import Told

KEPT_SALT = "complaints.kept-files"
KEPT_FOR = 24 * 3600
LONGEST = 20_000


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class ToldForm(forms.Form):
    """A complaint in somebody's own words: what happened and how to reach them; everything else is invited (C-2)."""

    summary = forms.CharField(
        label=_("What happened?"),
        help_text=_("In your own words, as long or short as you like."),
        max_length=LONGEST,
        widget=_area(8),
        error_messages={"required": _("Please tell us what happened.")},
    )
    name = LineField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Please give your name.")},
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("This is the quickest way for us to answer."),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    postal_address = forms.CharField(
        label=_("Or your postal address"),
        help_text=_("If you would rather get letters."),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
    )
    country = forms.ChoiceField(label=_("Country"), choices=countries.choices)
    about = forms.ChoiceField(
        label=_("What is it about?"), choices=Complaint.About.choices, required=False, initial=Complaint.About.SERVICE
    )
    wish = forms.CharField(label=_("What would put it right?"), required=False, max_length=LONGEST, widget=_area(3))
    complained_about = forms.CharField(
        label=_("Is it about somebody of our team? Who?"),
        help_text=_("One name per line. Nobody you name here can see your complaint."),
        required=False,
        max_length=1000,
        widget=_area(2),
    )
    spoken_with = forms.CharField(
        label=_("Whom have you spoken with about it?"),
        help_text=_("One name per line."),
        required=False,
        max_length=1000,
        widget=_area(2),
    )
    references = forms.CharField(label=_("Ticket references"), required=False, max_length=1000, widget=_area(2))
    occasions = forms.CharField(label=_("Dates and times"), required=False, max_length=2000, widget=_area(2))
    numbers = forms.CharField(
        label=_("Phone numbers you called from"), required=False, max_length=1000, widget=_area(2)
    )
    emails = forms.CharField(
        label=_("E-mails about it"),
        help_text=_("Addresses and dates, or the text itself."),
        required=False,
        max_length=LONGEST,
        widget=_area(3),
    )
    files = PrivateFilesField(label=_("Files"), required=False)
    kept_files = forms.CharField(widget=forms.HiddenInput, required=False, max_length=2000)

    def clean_about(self) -> str:
        return self.cleaned_data["about"] or Complaint.About.SERVICE

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        reachable = cleaned.get("email") or (cleaned.get("postal_address") or "").strip()
        if not reachable and not {"email", "postal_address"} & set(self.errors):
            self.add_error(
                "email", _("Please give an e-mail address or a postal address, so that we can answer in writing.")
            )
        return cleaned

    def clean_kept_files(self) -> list[StoredFile]:
        """The files handed in with an earlier try at this form; whoever has the signed list handed them in."""
        text = self.cleaned_data["kept_files"]
        if not text:
            return []
        try:
            ids = signing.loads(text, salt=KEPT_SALT, max_age=KEPT_FOR)
        except signing.BadSignature:
            raise forms.ValidationError(_("The files could not be kept. Please add them again.")) from None
        return list(StoredFile.objects.filter(pk__in=ids).order_by("pk"))

    @staticmethod
    def keep(files: list[StoredFile]) -> str:
        return signing.dumps([one.pk for one in files], salt=KEPT_SALT) if files else ""

    def told(self, *, language: str, time_zone: str) -> Told:
        """What was told, as the operation takes it. Only of a valid form."""
        names = set(Told.__dataclass_fields__) & set(self.cleaned_data)
        values = {"language": language, **{name: self.cleaned_data[name] for name in names}}
        return Told(time_zone=time_zone, **values)


class ComplaintForm(ToldForm):
    """The public form: no sign-in, no scripts (C-1)."""

    form_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["form_key"].initial = uuid.uuid4


class EntryForm(ToldForm):
    """A letter or mail that staff enter, or the form filled in for somebody who cannot (C-1, C-4)."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
