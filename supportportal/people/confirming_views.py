"""The page that asks whether it is still the person who signed in. What was about to be sent is kept in it.

Nothing of that is stored: the browser sends it again together with the proof.
"""

from collections.abc import Iterator

from allauth.account.forms import ReauthenticateForm
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.core import ratelimit
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import ReauthenticateWebAuthnForm
from allauth.mfa.webauthn.internal.auth import begin_authentication
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from . import confirming, second_factor, sign_on
from .second_factor_secrets import ProofForm

PROOF = "proof"  # in what is sent: which of the ways below proves it
OURS = {PROOF, "csrfmiddlewaretoken", "proof-password", "proof-code", "credential"}


def ask(request: HttpRequest) -> HttpResponse | None:
    """None if the act may go on; else the page that asks, until the proof is right."""
    if confirming.is_fresh(request, at=timezone.now()):
        return None
    is_joined = sign_on.joined(request.user) is not None
    if not (is_joined or confirming.can_prove(request)):
        return None
    ways = _ways(request)
    tried = ways.get(request.POST.get(PROOF, ""))
    is_too_often = tried is not None and not ratelimit.consume(request, action="reauthenticate", user=request.user)
    if is_too_often:  # not even read, or the page would tell right from wrong
        tried, ways = None, _ways(request, unread=True)
    elif tried is not None and tried.is_valid():
        _keep(request, tried)
        return None
    context = {"ways": ways, "tried": tried, "kept": list(_kept(request)), "is_too_often": is_too_often}
    if is_joined:
        context |= {"sign_on": sign_on.provider_name(), "is_unproved": request.POST.get(PROOF) == "sign_on"}
    if "passkey" in ways:
        context["js_data"] = {"request_options": begin_authentication(request.user)}
    response = render(request, "people/confirm.html", context)
    add_never_cache_headers(response)
    return response


def _ways(request: HttpRequest, *, unread: bool = False) -> dict[str, forms.Form]:
    """What the person can prove it with; the form that was sent holds what was sent."""
    person, sent = request.user, request.POST.get(PROOF)

    def given(way: str) -> dict:
        return {"data": request.POST} if sent == way and not unread else {}

    ways: dict[str, forms.Form] = {}
    if second_factor.has_factor(person, Authenticator.Type.WEBAUTHN):
        ways["passkey"] = ReauthenticateWebAuthnForm(user=person, **given("passkey"))
    if second_factor.has_factor(person, Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES):
        ways["code"] = ProofForm(user=person, prefix="proof", **given("code"))
    if person.has_usable_password():
        ways["password"] = ReauthenticateForm(user=person, prefix="proof", **given("password"))
    return ways


def _keep(request: HttpRequest, proved: forms.Form) -> None:
    if isinstance(proved, ReauthenticateForm):
        reauthenticate_by_password(request)
    else:
        proved.save()  # type: ignore[attr-defined]


def _kept(request: HttpRequest) -> Iterator[tuple[str, str]]:
    for name, values in request.POST.lists():
        if name not in OURS:
            yield from ((name, str(value)) for value in values)
