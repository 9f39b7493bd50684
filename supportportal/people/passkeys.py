"""The form that adds a passkey, in words for people who have never heard of one."""

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _


class AddPasskeyForm(AddWebAuthnForm):
    name = forms.CharField(
        label=_("Name"),
        help_text=_("So that you can tell it from others: the name of the device, for example."),
        max_length=60,
        required=False,
    )
    passwordless = forms.BooleanField(
        label=_("Sign in with it alone"),
        help_text=_(
            "Without a password or a code. The device then asks for your finger, your face or its PIN. Untick this for"
            " a security key without a PIN."
        ),
        initial=True,
        required=False,
    )
