"""What people type about phone callbacks, as clean values. No policy here."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from supportportal.people import phones
from supportportal.people.forms import LineField

from .models import CallAttempt, Callback
from .models.calls import OUT_OF_SCOPE, Topic


class CallbackForm(forms.Form):
    """Whom to call, where and about what."""

    number = forms.CharField(
        label=_("Phone number"),
        help_text=_("One that is answered when we call. With the country code, such as +39 02 1234 5678."),
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        error_messages={"required": _("Please give the number that we should call.")},
    )
    contact = LineField(
        label=_("Contact person"),
        help_text=_("Whom we should ask for."),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Please say whom we should ask for.")},
    )
    description = forms.CharField(
        label=_("What is it about?"),
        help_text=_("Short and precise: what you did, what you saw, which screen. Leave out passwords."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Please describe in a sentence or two what the call is about.")},
    )
    day_part = forms.ChoiceField(
        label=_("When do you prefer the call?"),
        choices=Callback.DayPart.choices,
        initial=Callback.DayPart.ANY,
        widget=forms.RadioSelect,
    )
    terms = forms.BooleanField(
        label=_("I accept the support terms"),
        error_messages={"required": _("Please accept the current support terms to ask for a call.")},
    )

    def __init__(self, *args: Any, client: Any, terms: Any = None, **kwargs: Any) -> None:
        """``terms`` is the version still to be accepted, or None."""
        super().__init__(*args, **kwargs)
        self.country = client.account.country if client.account else ""
        if terms is None:
            del self.fields["terms"]

    def clean_number(self) -> str:
        return phones.normalise(self.cleaned_data["number"].strip(), self.country)


class AttemptForm(forms.Form):
    """One call, as the agent logs it."""

    result = forms.ChoiceField(choices=CallAttempt.Result.choices)
    note = forms.CharField(label=_("Note for the team"), max_length=300, required=False)


class FinishForm(forms.Form):
    note = forms.CharField(
        label=_("What came of it"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class OutOfScopeForm(forms.Form):
    topic = forms.ChoiceField(
        label=_("What is it about?"),
        choices=[(topic.value, topic.label) for topic in Topic if topic in OUT_OF_SCOPE],
        help_text=_("The client gets the answer for this topic, with where to turn."),
    )
    note = forms.CharField(
        label=_("Words of your own for the client"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
