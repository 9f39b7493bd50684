"""What the living style guide shows."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest

SWATCHES = ["paper", "surface", "sunken", "ink", "ink-soft", "line", "line-strong"]
SWATCHES += ["accent", "accent-soft", "success", "warning", "danger", "info"]


class SampleForm(forms.Form):
    """Every kind of field that the portal uses."""

    topic = forms.CharField(label="What is it about?", max_length=200, help_text="One line is enough.")
    details = forms.CharField(label="Details", required=False, widget=forms.Textarea)
    phone = forms.CharField(label="Phone", help_text="International form: +39 …")
    language = forms.ChoiceField(
        label="Language", choices=[("en", "English"), ("it", "Italiano"), ("nl", "Nederlands")]
    )
    day = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.ChoiceField(
        label="Why do you cancel?",
        widget=forms.RadioSelect,
        choices=[
            ("cannot", "I can't come at that time"),
            ("solved", "The problem is solved"),
            ("other", "Another reason"),
        ],
    )
    needs = forms.MultipleChoiceField(
        label="What do you need?",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("captions", "Captions"), ("time", "More time"), ("written", "Written answers")],
    )
    screenshot = forms.FileField(label="A file", required=False, help_text="Up to 10 MB: PDF, image, text.")
    sms = forms.BooleanField(label="Remind me by text message, 30 minutes before", required=False)
    terms = forms.BooleanField(label="I accept the support terms")


def showcase(request: HttpRequest, at: datetime) -> dict[str, Any]:
    starts_at = at.replace(minute=30, second=0, microsecond=0) + timedelta(days=3)
    return {
        "at": at,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=30),
        "soon": at + timedelta(hours=3, minutes=5),
        "later": at + timedelta(days=2, hours=1),
        "late": at - timedelta(hours=5, minutes=2),
        "form": SampleForm(),
        "wrong_form": SampleForm({"phone": "12", "details": "What was typed is kept."}),
        "page": Paginator(range(60), 20).page(2),
        "headers": ["Reference", "Client", "Starts", "State"],
        "rows": [
            ["K7Q2-9FHM", "Giulia Ferri", "Tue 24 Nov, 10:30", "booked"],
            ["M3XT-2PLA", "Daan Vos", "Wed 25 Nov, 09:00", "booked"],
        ],
        "facts": [
            ("Session", "Implementation session, 45 minutes", ""),
            ("With", "Elisa Conti", ""),
            ("Place", "Video call", "#"),
        ],
        "entries": [
            {"what": "Booked", "who": "Giulia Ferri", "at": at - timedelta(days=2)},
            {
                "what": "Confirmation",
                "who": "E-mail",
                "at": at - timedelta(days=2),
                "state": "success",
                "pill": "delivered",
            },
            {
                "what": "Reminder, 24 hours before",
                "at": starts_at - timedelta(days=1),
                "state": "neutral",
                "pill": "planned",
            },
        ],
        "swatches": SWATCHES,
    }
