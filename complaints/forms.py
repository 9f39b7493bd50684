"""What people type when they complain, as clean values. No policy here."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from supportportal.files.forms import PrivateFilesField
from supportportal.files.intake import accept
from supportportal.files.models import StoredFile
from supportportal.files.orphans import KEPT_FOR
from supportportal.outbox import mails
from supportportal.people import countries
from supportportal.people.forms import LineField

from .models import Complaint, Evidence, Use
from .operations import evidence, limits
from .operations.intake import Told
from .policy import POLICY
from .refusals import ComplaintRefused, NoName, NoSummary, NotReachable

KEPT_SALT = "complaints.kept-files"
LONGEST = 20_000


class WordsField(forms.CharField):
    """Words on several lines. What no page can show is left out; nothing is cut off without a word."""

    def __init__(self, *, rows: int = 2, autocomplete: str = "", **kwargs: Any) -> None:
        attributes = {"rows": rows, **({"autocomplete": autocomplete} if autocomplete else {})}
        kwargs.setdefault("widget", forms.Textarea(attrs=attributes))
        kwargs.setdefault("max_length", 2000)
        super().__init__(**kwargs)
        self.error_messages["max_length"] = _(
            "This is too long: up to %(limit_value)d characters fit here, and it has %(show_value)d. "
            "Please shorten it, or add it as a file."
        )

    def to_python(self, value: Any) -> str:
        return super().to_python(mails.clean(str(value)) if value else value)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {}  # with "maxlength", browsers cut off what is pasted and say nothing


class HandedInField(PrivateFilesField):
    """The uploads as they came; ``EvidenceForm.take`` says of each whether it can be taken."""

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        return [one for one in (data if isinstance(data, list | tuple) else [data]) if one]


class EvidenceForm(forms.Form):
    """Files that are handed in with something. What was taken once is carried along as a signed list of ids."""

    files = HandedInField(label=_("Files"), required=False)
    kept_files = forms.CharField(widget=forms.HiddenInput, required=False, max_length=4000)

    files_so_far: Sequence[StoredFile] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # With scripts, files go on their way as soon as they are chosen.
        self.fields["files"].widget.attrs |= {
            "hx-post": reverse_lazy("complaints:files"),
            "hx-encoding": "multipart/form-data",
            "hx-params": "files,kept_files,drop",
            "hx-target": "#files",
            "hx-swap": "outerHTML",
            "hx-trigger": "change",
        }

    @property
    def limits(self) -> dict[str, int]:
        """What is said before anything is chosen."""
        most = POLICY.evidence_bytes
        return {"count": POLICY.evidence_files, "each": settings.FILES_MAX_BYTES, "together": most}

    def clean_kept_files(self) -> list[StoredFile]:
        """The files handed in with an earlier try at this form; whoever has the signed list handed them in."""
        text = self.cleaned_data["kept_files"]
        if not text:
            return []
        try:
            ids = signing.loads(text, salt=KEPT_SALT, max_age=KEPT_FOR)
        except signing.BadSignature:
            self.add_error("files", _("The files could not be kept. Please add them again."))
            return []
        held = Evidence.objects.filter(file__in=ids).values("file")
        return list(StoredFile.objects.filter(pk__in=ids).exclude(pk__in=held).order_by("pk"))

    def take(self, at: datetime, *, source: str) -> list[StoredFile]:
        """Keep what was handed in now beside what was before, whatever is wrong with the rest of the form.

        What cannot be taken is said beside the field; ``source`` is whose share it counts against. To be called once,
        after ``is_valid()``.
        """
        dropped = set(self.data.getlist("drop"))  # boxes that stand beside what was kept
        files = [one for one in self.cleaned_data.get("kept_files") or [] if str(one.pk) not in dropped]
        uploads: list[UploadedFile] = self.cleaned_data.get("files") or []
        try:
            evidence.require_room([one.size or 0 for one in [*files, *uploads]])
            limits.require_room(source, [one.size or 0 for one in uploads], at)
        except ComplaintRefused as refusal:
            self.add_error("files", str(refusal))
            uploads = []
        for upload in uploads:
            try:
                files.append(accept(upload, at))
                limits.note(Use.Kind.FILE, source, at, upload.size or 0)
            except ValidationError as error:
                self.add_error("files", error)
        self.data = self.data.copy()
        self.data["kept_files"] = self.keep(files)
        self.files_so_far = files
        return files

    @staticmethod
    def keep(files: Sequence[StoredFile]) -> str:
        return signing.dumps([one.pk for one in files], salt=KEPT_SALT) if files else ""


class ToldForm(EvidenceForm):
    """A complaint in somebody's own words: what happened and how to reach them; everything else is invited (C-2)."""

    summary = WordsField(
        label=_("What happened?"),
        help_text=_("In your own words, as long or short as you like."),
        max_length=LONGEST,
        rows=8,
        error_messages={"required": NoSummary.reason},
    )
    name = LineField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": NoName.reason},
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("This is the quickest way for us to answer."),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    postal_address = WordsField(
        label=_("Or your postal address"),
        help_text=_("If you would rather get letters."),
        required=False,
        max_length=500,
        rows=3,
        autocomplete="street-address",
    )
    country = forms.ChoiceField(label=_("Country"), choices=countries.choices)
    about = forms.ChoiceField(
        label=_("What is it about?"), choices=Complaint.About.choices, required=False, initial=Complaint.About.SERVICE
    )
    wish = WordsField(label=_("What would put it right?"), required=False, max_length=LONGEST, rows=3)
    complained_about = WordsField(
        label=_("Is it about somebody of our team? Who?"),
        help_text=_("One name per line. Nobody you name here can see your complaint."),
        required=False,
    )
    spoken_with = WordsField(
        label=_("Whom have you spoken with about it?"), help_text=_("One name per line."), required=False
    )
    references = WordsField(label=_("Ticket references"), required=False)
    occasions = WordsField(
        label=_("Dates and times"), help_text=_("As well as you remember them."), required=False, max_length=5000
    )
    numbers = WordsField(label=_("Phone numbers you called from"), required=False)
    emails = WordsField(
        label=_("E-mails about it"),
        help_text=_("Addresses and dates, or the text itself."),
        required=False,
        max_length=LONGEST,
        rows=3,
    )

    def clean_about(self) -> str:
        return self.cleaned_data["about"] or Complaint.About.SERVICE

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        reachable = cleaned.get("email") or (cleaned.get("postal_address") or "").strip()
        if not reachable and not {"email", "postal_address"} & set(self.errors):
            NotReachable().show_in(self)
        return cleaned

    def told(self, *, language: str, time_zone: str) -> Told:
        """What was told, as the operation takes it. Only of a valid form."""
        names = set(Told.__dataclass_fields__) & set(self.cleaned_data)
        values = {"language": language, **{name: self.cleaned_data[name] for name in names}}
        return Told(time_zone=time_zone, **values)


class ComplaintForm(ToldForm):
    """The public form: no sign-in, no scripts (C-1)."""

    form_key = forms.CharField(widget=forms.HiddenInput, required=False)

    DETAILS = (
        *("about", "wish", "complained_about", "spoken_with"),
        *("references", "occasions", "numbers", "emails", "files"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["form_key"].initial = uuid.uuid4
        # With scripts, the authority that the page names follows the country at once.
        self.fields["country"].widget.attrs |= {
            "hx-get": reverse_lazy("complaints:complain"),
            "hx-trigger": "change",
            "hx-target": "#authority",
            "hx-swap": "outerHTML",
        }

    def clean_form_key(self) -> uuid.UUID:
        """A key that cannot be read costs its holder nothing but the protection against sending twice."""
        try:
            return uuid.UUID(self.cleaned_data["form_key"])
        except ValueError:
            return uuid.uuid4()

    @property
    def details_are_open(self) -> bool:
        """Whether anything stands or is wrong among the details."""
        if self.files_so_far:
            return True
        shown = [self[name] for name in self.DETAILS]
        return any(one.errors or one.value() not in (None, "", one.initial, []) for one in shown)


class ReplyForm(EvidenceForm):
    """What a complainant adds later."""

    text = WordsField(label=_("What do you want to add?"), required=False, max_length=LONGEST, rows=6)


class AppealForm(EvidenceForm):
    """Why the answer should be looked at again; after the last day also what kept them (C-10)."""

    reasons = WordsField(
        label=_("What is wrong with our answer?"),
        help_text=_("Say what we overlooked or got wrong."),
        max_length=LONGEST,
        rows=8,
        error_messages={"required": _("Please say why you do not agree.")},
    )
    late_cause = WordsField(
        label=_("What kept you from writing earlier?"),
        help_text=_("The time for an appeal is over. With a cause, we look at it all the same."),
        required=False,
        rows=3,
    )

    def __init__(self, *args: Any, in_time: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if in_time:
            del self.fields["late_cause"]


class WithdrawForm(forms.Form):
    """Taking a complaint back: a box to tick, which no scanner of links does."""

    sure = forms.BooleanField(error_messages={"required": _("Please tick the box if you are sure.")})

    def __init__(self, *args: Any, label: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sure"].label = label


class EntryForm(ToldForm):
    """A letter or mail that staff enter, or the form filled in for somebody who cannot (C-1, C-4)."""

    files = PrivateFilesField(label=_("Files"), required=False)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
