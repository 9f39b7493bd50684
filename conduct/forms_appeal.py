"""What staff type about an appeal: text into values, nothing decided here."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.form_fields import DayField
from supportportal.files.forms import PrivateFilesField
from supportportal.people.models import Gate, User

from . import rules
from .models import Appeal, Measure
from .operations.varying import Change
from .refusals import NoReason

LONGEST = 20_000


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class DecideAppealForm(forms.Form):
    """The decision; for a milder measure, until when it holds and what stays closed."""

    outcome = forms.ChoiceField(
        label=_("Your decision"),
        choices=Appeal.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose what you decide.")},
    )
    reasons = forms.CharField(
        label=_("Reasons"),
        help_text=_("The client reads this."),
        max_length=LONGEST,
        widget=_area(6),
        error_messages={"required": NoReason.reason},
    )
    until = DayField(
        label=_("Last day"),
        help_text=_("Only if you change the measure: an earlier end. Leave it empty to keep the end."),
        required=False,
    )
    gates = forms.MultipleChoiceField(
        label=_("What stays closed"),
        help_text=_("Only if you change the measure: untick what is to be open again."),
        choices=(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, measure: Measure, zone: ZoneInfo, can_vary: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.measure, self.zone = measure, zone
        if can_vary:
            self.fields["gates"].choices = [choice for choice in Gate.choices if choice[0] in measure.gates]
            self.fields["gates"].initial = list(measure.gates)
        else:
            del self.fields["until"], self.fields["gates"]
            self.fields["outcome"].choices = [
                choice for choice in Appeal.Outcome.choices if choice[0] != Appeal.Outcome.VARIED
            ]

    def change(self) -> Change | None:
        """What was asked for, where the measure is to be changed; the last day counts to its end."""
        if self.cleaned_data["outcome"] != Appeal.Outcome.VARIED:
            return None
        day = self.cleaned_data["until"]
        until = rules.midnight(day + timedelta(days=1), self.zone) if day else None
        return Change(until, self.cleaned_data["gates"])


class AssignForm(forms.Form):
    reviewer = forms.ModelChoiceField(
        User.objects.none(), label=_("Who decides it"), required=False, empty_label=_("nobody yet")
    )

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reviewer"].queryset = people


class AppointForm(forms.Form):
    person = forms.ModelChoiceField(User.objects.none(), label=_("Outside reviewer"))
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=_area(2))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = User.objects.staff().order_by("name", "pk")


class NothingForm(forms.Form):
    """A button alone."""


class EntryForm(forms.Form):
    """An appeal that came by post or mail; of a mail, its arrival and files are known."""

    arrived_on = DayField(label=_("Arrived on"))
    reasons = forms.CharField(label=_("Reasons"), max_length=LONGEST, widget=_area(8))
    late_cause = forms.CharField(
        label=_("What kept the client, if it is late"), max_length=2000, required=False, widget=_area(2)
    )
    files = PrivateFilesField(label=_("Files"), required=False)

    def __init__(self, *args: Any, is_mail: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_mail:
            del self.fields["arrived_on"]
