"""What staff type on a case: text into values, nothing decided here."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from supportportal.files.forms import PrivateFilesField
from supportportal.people.forms import LineField
from supportportal.people.models import User

from .form_fields import DayField
from .models import Appeal, Complaint, Letter, NamedStaff, Point

LONGEST = 20_000


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def _clock() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class CaseForm(forms.Form):
    """A form on the page of ``complaint``; ``target`` is the row it stands beside, if any."""

    def __init__(self, *args: Any, complaint: Complaint, target: Any = None, **kwargs: Any) -> None:
        self.complaint, self.target = complaint, target
        super().__init__(*args, **kwargs)
        self.prepare()

    def prepare(self) -> None:
        """Fill in choices."""


class NothingForm(CaseForm):
    """A button alone."""


class AssignForm(CaseForm):
    reviewer = forms.ModelChoiceField(
        User.objects.none(), label=_("Reviewer"), required=False, empty_label=_("nobody yet")
    )


class NoteForm(CaseForm):
    text = forms.CharField(label=_("Note for colleagues"), max_length=LONGEST, widget=_area(3))


class MatchForm(CaseForm):
    person = forms.ModelChoiceField(User.objects.none(), label=_("Who is meant?"))

    def prepare(self) -> None:
        self.fields["person"].queryset = User.objects.staff().order_by("name", "pk")


class AddNameForm(CaseForm):
    PARTS = [(part.value, part.label) for part in (NamedStaff.Part.ABOUT, NamedStaff.Part.SPOKEN_WITH)]

    typed = LineField(label=_("Name"), max_length=120)
    part = forms.ChoiceField(label=_("Why it stands in the complaint"), choices=PARTS)


class PointsForm(CaseForm):
    texts = forms.CharField(
        label=_("Points"),
        help_text=_("One point per paragraph, an empty line between them. The response answers each."),
        max_length=LONGEST,
        widget=_area(6),
    )

    def clean_texts(self) -> list[str]:
        parts = re.split(r"\n\s*\n", self.cleaned_data["texts"].replace("\r\n", "\n"))
        return [part.strip() for part in parts if part.strip()]


class FindForm(CaseForm):
    finding = forms.ChoiceField(label=_("Finding"), choices=[("", "–"), *Complaint.Outcome.choices])
    reasons = forms.CharField(label=_("Reasons"), max_length=LONGEST, widget=_area(4))


class PromiseForm(CaseForm):
    text = forms.CharField(label=_("What we do"), max_length=2000, widget=_area(2))
    point = forms.ModelChoiceField(Point.objects.none(), label=_("For point"), required=False)
    owner = forms.ModelChoiceField(User.objects.none(), label=_("Who does it"), required=False)
    due_on = DayField(label=_("By"), required=False)

    def prepare(self) -> None:
        self.fields["point"].queryset = self.complaint.points.all()
        self.fields["owner"].queryset = User.objects.staff().order_by("name", "pk")


class DoneForm(CaseForm):
    note = LineField(label=_("What was done"), max_length=300)


class AskStatementForm(CaseForm):
    named = forms.ModelChoiceField(NamedStaff.objects.none(), label=_("From whom"))
    extract = forms.CharField(
        label=_("Extract"),
        help_text=_("Only what this person has to answer. They see nothing else: no file, no address, no number."),
        max_length=LONGEST,
        widget=_area(5),
    )
    questions = forms.CharField(label=_("Questions"), required=False, max_length=LONGEST, widget=_area(3))

    def prepare(self) -> None:
        wanted = self.complaint.named.filter(person__isnull=False, part=NamedStaff.Part.ABOUT)
        self.fields["named"].queryset = wanted.select_related("person")
        self.fields["named"].label_from_instance = lambda named: str(named.person)


class StatementForm(forms.Form):
    """What the person complained about answers (C-8a)."""

    text = forms.CharField(label=_("Your statement"), max_length=LONGEST, widget=_area(10))


class LetterKindForm(CaseForm):
    """Which letter to write; what it says comes from its template and can be changed before it goes."""

    kind = forms.ChoiceField(label=_("Letter"), choices=())

    def prepare(self) -> None:
        Kind, State = Letter.Kind, Complaint.State
        kinds = [Kind.LETTER]
        if self.complaint.state == State.OPEN:
            kinds = [Kind.UPDATE, Kind.RESPONSE, Kind.LETTER]
        elif self.complaint.state == State.APPEALED:
            kinds = [Kind.FINAL, Kind.LETTER]
        self.fields["kind"].choices = [(kind.value, kind.label) for kind in kinds]


class LetterForm(CaseForm):
    subject = LineField(label=_("Subject"), max_length=150)
    body = forms.CharField(label=_("Text"), max_length=LONGEST, widget=_area(18))


class AnswerForm(LetterForm):
    """The formal response: its text, and what was found in all."""

    outcome = forms.ChoiceField(label=_("Outcome"), choices=[("", "–"), *Complaint.Outcome.choices])
    root_cause = LineField(
        label=_("Root cause"), help_text=_("A few words; reports count them."), max_length=120, required=False
    )


class FinalForm(LetterForm):
    outcome = forms.ChoiceField(label=_("Decision on the appeal"), choices=[("", "–"), *Appeal.Outcome.choices])


class CloseForm(CaseForm):
    CLOSINGS = [(state.value, state.label) for state in Complaint.OTHER_CLOSINGS]

    state = forms.ChoiceField(label=_("Close as"), choices=CLOSINGS)
    reason = forms.CharField(label=_("Reason"), max_length=LONGEST, widget=_area(3))
    duplicate_of = LineField(label=_("Duplicate of (reference)"), max_length=12, required=False)


class AppealForm(CaseForm):
    """An appeal that came by post or mail."""

    arrived_on = DayField(label=_("Arrived on"))
    reasons = forms.CharField(label=_("Reasons"), max_length=LONGEST, widget=_area(4))
    late_cause = forms.CharField(
        label=_("What kept the complainant, if it is late"), max_length=2000, required=False, widget=_area(2)
    )


class ReplyForm(CaseForm):
    """What the complainant sent later by post (C-9)."""

    arrived_on = DayField(label=_("Arrived on"))
    text = forms.CharField(label=_("What it says"), max_length=LONGEST, required=False, widget=_area(3))
    files = PrivateFilesField(label=_("Files"), required=False)


class PostedForm(CaseForm):
    posted_on = DayField(label=_("Posted on"))
    posted_clock = forms.TimeField(label=_("At (if known)"), required=False, widget=_clock())


class ReferForm(CaseForm):
    their_reference = LineField(label=_("Their reference"), max_length=60, required=False)
    referred_on = DayField(label=_("Referred on"))


class DecisionForm(CaseForm):
    decision = forms.CharField(label=_("Their decision"), max_length=LONGEST, widget=_area(3))
    decided_on = DayField(label=_("Decided on"))


class FollowUpForm(CaseForm):
    followed_up = forms.CharField(label=_("What we did to follow it"), max_length=LONGEST, widget=_area(3))
    on = DayField(label=_("Done on"))


class AppointForm(CaseForm):
    person = forms.ModelChoiceField(User.objects.none(), label=_("Outside reviewer"))
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=_area(2))

    def prepare(self) -> None:
        self.fields["person"].queryset = User.objects.staff().order_by("name", "pk")
