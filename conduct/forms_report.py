"""What staff type when they report an incident, and on its page: text into values, nothing decided here."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core import signing
from django.core.validators import MinValueValidator
from django.utils.translation import gettext_lazy as _

from bookings.forms_firm import LocalInstantField
from complaints.forms import WordsField
from supportportal.choosing import KeySelect
from supportportal.files.forms import PrivateFilesField
from supportportal.files.intake import accept
from supportportal.files.models import StoredFile
from supportportal.files.orphans import KEPT_FOR
from supportportal.people.models import User

from .models import Category, Incident
from .operations.reporting import Report
from .policy import POLICY
from .refusals import NoCategory, NoReason, NoWords

LONGEST = 20_000
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CHOOSE = _("Please choose.")


class ReportForm(forms.Form):
    """One report (R-1). Files that were taken with a try that was refused are carried along as a signed list."""

    client = forms.ModelChoiceField(
        label=_("Client"),
        queryset=User.objects.all(),  # staff is refused in words, by the operation
        error_messages={"required": _("Please choose a client."), "invalid_choice": _("Please choose a client.")},
    )
    happened_at = LocalInstantField(label=_("When it happened"), validators=[MinValueValidator(EARLIEST)])
    channel = forms.ChoiceField(label=_("Where"))
    categories = forms.MultipleChoiceField(
        label=_("What it was"),
        choices=Category.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": NoCategory.reason},
    )
    words = WordsField(
        label=_("The words used"),
        help_text=_("As exactly as you remember them; no need to make them milder."),
        max_length=LONGEST,
        rows=3,
        error_messages={"required": NoWords.reason},
    )
    acceptable = forms.ChoiceField(
        label=_("Would these words be acceptable as a complaint?"),
        help_text=_("Forceful or determined is not abusive. A complaint or a bad review alone is never an incident."),
        choices=Incident.Acceptable.choices,
        widget=forms.RadioSelect,
        error_messages={"required": CHOOSE},
    )
    account = WordsField(label=_("What happened"), required=False, max_length=LONGEST, rows=3)
    effect = WordsField(label=_("What it did to you or your colleague"), required=False, max_length=LONGEST, rows=2)
    concerned = forms.ModelChoiceField(
        label=_("Whom it was aimed at"),
        help_text=_("A manager will talk with this person today."),
        queryset=User.objects.staff().order_by("name", "pk"),
        empty_label=None,
    )
    files = PrivateFilesField(
        label=_("Evidence"), help_text=_("Screenshots, mails, recordings of a chat."), required=False
    )
    kept_files = forms.CharField(widget=forms.HiddenInput, required=False, max_length=4000)
    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    files_so_far: Sequence[StoredFile] = ()

    def __init__(self, *args: Any, reader: User, about_complaint: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reader = reader
        field: Any = Incident._meta.get_field("client")
        self.fields["client"].widget = KeySelect(field, admin.site, choices=self.fields["client"].choices)
        self.fields["concerned"].initial = reader.pk
        # That there is a complaint is nothing to choose: it is reported from its page, by who may see it (C-8).
        offered = [one for one in Incident.Channel if about_complaint or one != Incident.Channel.COMPLAINT]
        self.fields["channel"].choices = [(one.value, one.label) for one in offered]

    def clean_form_key(self) -> uuid.UUID:
        """A key under which somebody else has reported already is nobody's double submit."""
        key: uuid.UUID = self.cleaned_data["form_key"]
        is_taken = Incident.objects.filter(form_key=key).exclude(reporter=self.reader).exists()
        return uuid.uuid4() if is_taken else key

    def clean_kept_files(self) -> list[StoredFile]:
        """What was taken with an earlier try of this person, unless it belongs to an incident by now."""
        text = self.cleaned_data["kept_files"]
        if not text:
            return []
        try:
            ids = signing.loads(text, salt=self._salt, max_age=KEPT_FOR)
        except signing.BadSignature:
            self.add_error("files", _("The files could not be kept. Please add them again."))
            return []
        held = Incident.files.through.objects.filter(storedfile__in=ids).values("storedfile")
        return list(StoredFile.objects.filter(pk__in=ids).exclude(pk__in=held).order_by("pk"))

    def take_files(self, at: datetime) -> list[StoredFile]:
        """Keep what was handed in now beside what was before, whatever is wrong with the rest of the form."""
        before, uploads = self.cleaned_data.get("kept_files") or [], self.cleaned_data.get("files") or []
        files = [*before, *(accept(upload, at) for upload in uploads)]
        self.data = self.data.copy()
        self.data["kept_files"] = signing.dumps([one.pk for one in files], salt=self._salt) if files else ""
        self.files_so_far = files
        return files

    def report(self, files: Sequence[StoredFile], **belongs_to: Any) -> Report:
        """What the operation takes. Only of a valid form."""
        given = {name: value for name, value in self.cleaned_data.items() if name not in ("files", "kept_files")}
        return Report(**given, files=files, **belongs_to)

    @property
    def says_complaint(self) -> bool:
        return self.is_bound and self.data.get("acceptable") == Incident.Acceptable.YES

    @property
    def _salt(self) -> str:
        return f"conduct.kept-files:{self.reader.pk}"


class AskForm(forms.Form):
    """The polite request to stop (R-2): the template's words, which whoever sends it can change."""

    text = WordsField(
        label=_("Text"), max_length=5000, rows=14, error_messages={"required": _("Please write what is sent.")}
    )


class CloseForm(forms.Form):
    reasons = WordsField(
        label=_("Reasons"),
        help_text=_("Whoever reported it reads them."),
        max_length=LONGEST,
        rows=3,
        error_messages={"required": NoReason.reason},
    )


class StopContactForm(forms.Form):
    hours = forms.IntegerField(
        label=_("For how many hours"), min_value=1, max_value=POLICY.stop_hours, initial=POLICY.stop_hours
    )
    reasons = WordsField(label=_("Reasons"), max_length=LONGEST, rows=3, error_messages={"required": NoReason.reason})
