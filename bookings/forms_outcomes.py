"""What agents and clients type about a session that was held. No policy here."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Booking
from .policy_words import with_length

OUTCOMES = [(state.value, state.label) for state in Booking.State if state in Booking.OUTCOMES]
RATINGS = [
    (5, _("5 – very good")),
    (4, _("4 – good")),
    (3, _("3 – fair")),
    (2, _("2 – poor")),
    (1, _("1 – very poor")),
]


class SummaryForm(forms.Form):
    summary = forms.CharField(
        label=_("Summary for the client"),
        help_text=with_length(
            _("Goes with “Attended”: in the mail that asks for feedback, {length} after the press. May be left empty."),
            "outcome_undo",
        ),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class EndForm(forms.Form):
    asked_to_stop = forms.BooleanField(label=_("I have politely asked the client to stop"), required=False)


class NotesForm(forms.Form):
    notes = forms.CharField(
        label=_("Notes for the team"),
        help_text=_("Never shown to the client."),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class CorrectForm(forms.Form):
    outcome = forms.ChoiceField(label=_("What really became of it"), choices=[("", "–"), *OUTCOMES])
    reason = forms.CharField(label=_("Why it is corrected"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
    asked_to_stop = forms.BooleanField(
        label=_("For an end for conduct: the client had been asked to stop"), required=False
    )


class RatingForm(forms.Form):
    rating = forms.TypedChoiceField(
        label=_("How was it?"),
        choices=RATINGS,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose one of the five.")},
    )
    comment = forms.CharField(
        label=_("What was good, what could be better?"),
        help_text=_("If you like. Please leave out passwords."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
