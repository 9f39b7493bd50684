"""The form for the firm's own words: one field for each part that a kind of message has."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from . import own_words, previews

LABELS = {
    "subject": gettext_lazy("Subject"),
    "heading": gettext_lazy("Heading"),
    "opening": gettext_lazy("Opening"),
    "closing": gettext_lazy("Closing"),
    "sms": gettext_lazy("Text message"),
}
ROWS = {"opening": 5, "closing": 4, "sms": 3}


class WordingForm(forms.Form):
    """Empty fields mean the shipped words. Nothing is stripped or folded that the person would miss afterwards."""

    def __init__(self, *args: Any, code: str, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.code = code
        shipped, varying = previews.shipped(code, language), previews.varying(code)
        for part in own_words.parts_of(code):
            field = forms.CharField(label=LABELS[part], required=False, widget=_widget(part))
            field.widget.attrs |= {"lang": language, "maxlength": own_words.LONGEST[part]}
            self.fields[part] = field
        self.shipped = [(LABELS[part], text, part in varying) for part, text in shipped.items()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for part in own_words.parts_of(self.code):
            if text := cleaned.get(part, ""):
                cleaned[part] = text = text.replace("\r\n", "\n")
                for fault in own_words.faults(self.code, part, text):
                    self.add_error(part, fault)
        return cleaned

    @property
    def words(self) -> dict[str, str]:
        """What was typed and holds, part by part."""
        return {part: self.cleaned_data[part] for part in own_words.parts_of(self.code) if self.cleaned_data.get(part)}


def _widget(part: str) -> forms.Widget:
    return forms.Textarea(attrs={"rows": ROWS[part]}) if part in ROWS else forms.TextInput()
