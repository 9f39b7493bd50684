"""What the two of a follow-up type: text into values, nothing decided here (R-8)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from supportportal.people.models import User

LONGEST = 20_000


class NoteForm(forms.Form):
    text = forms.CharField(label=_("Note"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 4}))


class HandOnForm(forms.Form):
    """To whom: for a manager of the two, those who may look after the person; the person chooses nobody."""

    to = forms.ModelChoiceField(
        User.objects.none(), label=_("To whom"), required=False, empty_label=_("whoever takes it")
    )

    def __init__(self, *args: Any, choices: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if choices is None:
            del self.fields["to"]
        else:
            self.fields["to"].queryset = choices
