"""Why a person's data is held."""

from django import forms
from django.utils.translation import gettext_lazy as _

LONGEST = 1_000


class HoldForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Every owner reads this, also one who may not know of a complaint: name no case here."),
    )
