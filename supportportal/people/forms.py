"""What people tell about themselves, as clean values. Who they are (address, account, roles) has no field here."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from . import phones, zones
from .models import Firm, User


class LineField(forms.CharField):
    """A name, or another line of text: spaces of all kinds become one, and what cannot be seen is refused."""

    def clean(self, value: Any) -> str:
        line = " ".join(super().clean(value).split())
        if not line.isprintable():
            raise forms.ValidationError(_("This holds characters that cannot be shown."), code="unprintable")
        return line


class PhoneField(forms.CharField):
    """A phone number; its cleaned value is E.164 or empty. ``country`` says how a number without prefix is read."""

    widget = forms.TelInput

    def __init__(self, *, country: str = "", **kwargs: Any):
        kwargs.setdefault("max_length", 40)
        super().__init__(**kwargs)
        self.country = country

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "autocomplete": "tel"}

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        return phones.normalise(text, self.country) if text else ""


class ZoneField(forms.ChoiceField):
    """A time zone by its IANA name."""

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("label", _("Time zone"))
        super().__init__(choices=zones.choices, **kwargs)


class LikeTheFirm(forms.ModelForm):
    """What is new begins with the firm's own country, zone and language: fields of our own know no model's default."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            firm = Firm.current()
            own = {name: getattr(firm, name) for name in ("accent", "country", "language", "time_zone")}
            self.initial = {**own, **self.initial}


class ProfileForm(forms.Form):
    """The person's own settings. Anything else that is posted along is not read."""

    name = LineField(label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    phone = PhoneField(
        label=_("Phone number"), help_text=_("With the country code, such as +39 06 1234 5678."), required=False
    )
    sms_consent = forms.BooleanField(
        label=_("Remind me by text message"),
        help_text=_("Shortly before a session. You can withdraw this here at any time, or reply STOP."),
        required=False,
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = ZoneField(help_text=_("All times are shown in this zone."))
    adjustments = forms.CharField(
        label=_("What do you need from us?"),
        help_text=_("Captions, more time, breaks, …: agents see it before each session."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, data: Any = None, *, person: User):
        initial = {
            "name": person.name,
            "phone": phones.for_reading(person.phone),
            "sms_consent": person.sms_consent_at is not None,
            "language": person.language,
            "time_zone": person.time_zone,
            "adjustments": person.adjustments,
        }
        super().__init__(data, initial=initial)
        self.fields["phone"].country = person.account.country if person.account else ""  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("sms_consent") and not cleaned.get("phone") and "phone" not in self.errors:
            self.add_error("phone", _("Give a phone number to get a text message."))
        return cleaned


class NewPasswordForm(forms.Form):
    """The password with which an invited person begins."""

    password = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least ten characters. A few unusual words are easy to remember."),
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        password_validation.validate_password(password, self.person)
        return password


class SignupForm(forms.Form):
    """What a sign-up asks beside address and password, where the firm has opened it."""

    name = LineField(label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    field_order = ["name", "email", "password1"]

    def signup(self, request: HttpRequest, user: User) -> None:
        user.name = self.cleaned_data["name"]
        user.language = getattr(request, "LANGUAGE_CODE", user.language)
        user.save(update_fields=["name", "language"])
