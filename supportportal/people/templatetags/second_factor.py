"""What the pages about second factors and single sign-on ask: ``{% load second_factor %}``."""

from collections.abc import Sequence
from urllib.parse import quote

from allauth.mfa.models import Authenticator
from django import template

from .. import second_factor, sign_on
from ..models import User

register = template.Library()


@register.simple_tag(takes_context=True)
def second_factor_is_missing(context: template.Context) -> bool:
    """Whether the reader must set one up before anything else."""
    request = context["request"]
    return second_factor.is_missing(request.user) and not sign_on.counts_as_factor(request, request.user)


@register.simple_tag
def sign_on_name() -> str:
    """What the firm's single sign-on is called; empty where there is none."""
    return sign_on.provider_name()


@register.simple_tag
def has_passkeys(person: User) -> bool:
    return second_factor.has_factor(person, Authenticator.Type.WEBAUTHN)


@register.simple_tag
def has_app(person: User) -> bool:
    return second_factor.has_factor(person, Authenticator.Type.TOTP)


@register.simple_tag
def codes_file(codes: Sequence[str]) -> str:
    """The codes as the address of a file to save: they are shown once, so no second request may ask for them."""
    return "data:text/plain;charset=utf-8," + quote("\n".join(codes) + "\n")
