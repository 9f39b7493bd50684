"""What people say about waiting, offers and undoing, as clean values. No policy here."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

ACCEPT, DECLINE = "accept", "decline"
TERMS = _("Please accept the current support terms.")


class WaitForm(forms.Form):
    """Days to wait for, and what the session is to be about."""

    days = forms.MultipleChoiceField(
        label=_("Days that suit you"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Please choose at least one day.")},
    )
    topic = forms.CharField(
        label=_("What is it about?"),
        help_text=_("One sentence is enough. It helps the agent to prepare."),
        max_length=200,
        error_messages={"required": _("Please say in a few words what the session is about.")},
    )
    terms = forms.BooleanField(label=_("I accept the support terms"), error_messages={"required": TERMS})

    def __init__(self, *args: Any, days: list[tuple[str, str]], needs_terms: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["days"].choices = days
        if not needs_terms:
            del self.fields["terms"]

    def clean_days(self) -> list[date]:
        return [date.fromisoformat(day) for day in self.cleaned_data["days"]]


class WaitForEarlierForm(forms.Form):
    terms = forms.BooleanField(label=_("I accept the support terms"), error_messages={"required": TERMS})

    def __init__(self, *args: Any, needs_terms: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not needs_terms:
            del self.fields["terms"]


class OfferForm(forms.Form):
    """The answer to an offer, picked by a person: nothing is preselected, as mail scanners press buttons too (B-9)."""

    answer = forms.ChoiceField(
        label=_("Do you want this time?"),
        widget=forms.RadioSelect,
        choices=[(ACCEPT, _("Yes, I take it")), (DECLINE, _("No, give it to the next person"))],
        error_messages={"required": _("Please choose one of the two.")},
    )
    fee = forms.BooleanField(required=False)
    terms = forms.BooleanField(label=_("I accept the support terms"), required=False)

    def __init__(self, *args: Any, fee: str, needs_terms: bool, **kwargs: Any) -> None:
        """``fee`` is the amount in words, if this time carries one."""
        super().__init__(*args, **kwargs)
        self.fields["fee"].label = _("I accept the fee of %(fee)s") % {"fee": fee}
        if not fee:
            del self.fields["fee"]
        if not needs_terms:
            del self.fields["terms"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("answer") == ACCEPT:
            if "fee" in self.fields and not cleaned.get("fee"):
                self.add_error("fee", _("Please accept the fee, or leave this time to the next person."))
            if "terms" in self.fields and not cleaned.get("terms"):
                self.add_error("terms", TERMS)
        return cleaned


class UndoForm(forms.Form):
    """A tick by a person; the page that follows the change itself has it set already."""

    sure = forms.BooleanField(
        label=_("Yes, undo it"), error_messages={"required": _("Please tick the box to undo the change.")}
    )
