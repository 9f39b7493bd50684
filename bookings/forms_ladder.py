"""What managers type about strikes and fees: a reason for each decision."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import StrikeReview, SupportDecision


class ReasonField(forms.CharField):
    widget = forms.Textarea(attrs={"rows": 4})

    def __init__(self, **kwargs: object) -> None:
        super().__init__(max_length=5000, error_messages={"required": _("Please give a reason.")}, **kwargs)


class ReasonForm(forms.Form):
    reason = ReasonField(label=_("Reason"), help_text=_("It stays on record."))


class DecideForm(forms.Form):
    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=StrikeReview.Decision.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose.")},
    )
    answer = ReasonField(label=_("Answer to the client"), help_text=_("It goes out by e-mail, as you write it."))


class SupportForm(forms.Form):
    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=SupportDecision.Decision.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose.")},
    )
    reason = ReasonField(label=_("Reason"), help_text=_("For the team. Nothing is sent and nothing happens by itself."))
