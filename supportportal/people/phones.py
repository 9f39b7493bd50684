"""Phone numbers in the one form that is kept and dialled: E.164, such as +390612345678."""

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def normalise(text: str, country: str = "") -> str:
    """The number in E.164; ``country`` says how to read one without a prefix. Raises ValidationError."""
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or number.extension or not phonenumbers.is_valid_number(number):
        raise ValidationError(_("Give a phone number with its country code, such as +39 06 1234 5678."), code="phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def for_reading(number: str) -> str:
    """The number as people write it, +39 06 1234 5678; unchanged if it is none."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
