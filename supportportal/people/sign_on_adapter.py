"""How allauth, which speaks OpenID Connect, does so here: what it asks of the provider, and whom it lets in.

Whatever the provider answers, or fails to, ends in a page that says so.
"""

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.stages import AuthenticateStage
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, get_random_string
from django.utils.translation import get_language
from requests import RequestException, Session

from . import sign_on
from .operations import PeopleRefused
from .sign_on import Identity
from .sign_on_session import BoundedAdapter

logger = logging.getLogger(__name__)
SENSELESS = (KeyError, TypeError, ValueError, OverflowError, AttributeError, RecursionError, ImproperlyConfigured)
PLACES = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
CLOCKS_DIFFER = 60  # seconds, between the provider's and ours
ERROR_CODE = re.compile(r"\berror\W{1,8}([a-z_]{3,40})\b")


class Endpoints(OpenIDConnectOAuth2Adapter):
    """Asks the provider; an answer without sense is an OAuth2Error, one that does not come a RequestException."""

    @property
    def openid_config(self) -> dict[str, Any]:
        with _sense():
            return _checked(super().openid_config)

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """At the portal's own address, whatever the one that the request came by."""
        return settings.SITE_URL + reverse("people:sign_on_callback")

    def get_access_token_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        with _sense():
            return super().get_access_token_data(*args, **kwargs)

    def parse_token(self, data: dict[str, Any]) -> Any:
        with _sense():
            return super().parse_token(data)

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> SocialLogin:
        with _sense():
            return super().complete_login(request, app, token, **kwargs)

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        """Its issuer, audience and time are looked at above; here what is not, where it says nothing of them."""
        said = super()._decode_id_token(app, id_token)
        if "exp" not in said:
            raise OAuth2Error("error: id_token_without_exp")
        if said.get("azp", app.client_id) != app.client_id or ("azp" not in said and said["aud"] not in _alone(app)):
            raise OAuth2Error("error: id_token_for_somebody_else")
        return said


class Provider(OpenIDConnectProvider):
    """The one provider of the settings; what it says of people is read, and not kept."""

    pkce_enabled_default = True
    oauth2_adapter_class = Endpoints

    def redirect(self, request: HttpRequest, process: str, next_url: str | None = None, **kwargs: Any) -> HttpResponse:
        nonce = get_random_string(32)
        asked = {"nonce": nonce}
        if process == AuthProcess.REDIRECT:  # is it still the same person?
            asked |= {"prompt": "login", "max_age": "0"}
        return super().redirect(request, process, next_url, auth_params=asked, nonce=nonce, asked_at=time.time())

    def sociallogin_from_response(self, request: HttpRequest, response: dict[str, Any]) -> SocialLogin:
        login = super().sociallogin_from_response(request, response)
        login.said = response["id_token"]
        login.identity = _identity(response)
        return login

    def extract_uid(self, data: dict[str, Any]) -> str:
        """The same in both answers, or somebody's token was put in the place of another's."""
        subject = data["id_token"]["sub"]
        if not isinstance(subject, str) or not subject.isprintable() or data["userinfo"]["sub"] != subject:
            raise ValueError("The provider does not say who it is.")
        return subject

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[Any]:
        return []


class PortalSocialAccountAdapter(DefaultSocialAccountAdapter):
    def get_provider(self, request: HttpRequest | None, provider: str, client_id: str | None = None) -> Provider:
        oidc = settings.OIDC
        app = SocialApp(provider="openid_connect", provider_id=oidc["ISSUER"], name=oidc["NAME"])
        app.client_id, app.secret, app.settings = (
            oidc["CLIENT_ID"],
            oidc["CLIENT_SECRET"],
            {"server_url": oidc["ISSUER"]},
        )
        return Provider(request, app=app)

    def get_requests_session(self) -> Session:
        """Follows no redirect: what it leads to need not be https, and would be told the secret and believed."""
        session = super().get_requests_session()
        session.mount("https://", BoundedAdapter())
        session.mount("http://", BoundedAdapter())
        session.max_redirects = 0
        return session

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Whom the identity signs in; by a page of its own for whom it signs in nobody."""
        said = str(sociallogin.said.get("nonce")).encode(errors="replace")
        if not constant_time_compare(said, sociallogin.state["nonce"]):
            raise OAuth2Error("The answer belongs to another question.")
        if sociallogin.state["process"] == AuthProcess.REDIRECT:
            raise ImmediateHttpResponse(_confirmed(request, sociallogin))
        if sociallogin.is_existing:
            return
        try:
            found = sign_on.join(sociallogin.identity, language=get_language() or "en", at=timezone.now())
        except PeopleRefused as refusal:
            raise ImmediateHttpResponse(failed(request, "refused", words=str(refusal))) from None
        sociallogin.account, sociallogin.user = found, found.user

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        """Allauth has no more to say: an error of the provider, or a question that this browser has not asked."""
        if exception is None and "error" not in request.GET:
            raise ImmediateHttpResponse(failed(request, "stale"))
        if exception is None and request.GET["error"] == Endpoints.login_cancelled_error:
            raise ImmediateHttpResponse(failed(request, "cancelled"))
        raise ImmediateHttpResponse(out_of_order(request, exception))


class SecondFactorStage(AuthenticateStage):
    """Asks who comes by the provider for no second factor of the portal's own, where the firm says so."""

    def _should_handle(self, request: HttpRequest) -> bool:
        return super()._should_handle(request) and not sign_on.counts_as_factor(request, self.login.user)


def out_of_order(request: HttpRequest, exception: Exception | None) -> HttpResponse:
    """The log gets the kind of error and a word for it, the provider's or ours, and nothing else of what it said."""
    said = ERROR_CODE.search(str(exception or f"error={request.GET.get('error')}"))
    kind = type(exception.__cause__ or exception).__name__ if exception else "sent back"
    logger.warning("Single sign-on failed: %s %s", kind, said[1] if said else "")
    return failed(request, "provider")


def failed(request: HttpRequest, why: str, *, words: str = "") -> HttpResponse:
    context = {"why": why, "words": words, "provider": sign_on.provider_name()}
    return render(request, "people/sign_on_failed.html", context, status=403 if why == "refused" else 400)


def trouble() -> str:
    """Why the provider cannot be asked at this moment, for the operator; empty if it can."""
    try:
        _ = Endpoints(None, settings.OIDC["ISSUER"]).openid_config
    except OAuth2Error as error:
        return str(error)
    except RequestException as error:
        return type(error).__name__
    return ""


def _confirmed(request: HttpRequest, sociallogin: SocialLogin) -> HttpResponse:
    """Whoever is signed in has just proved it at the provider; nobody is signed in by this."""
    when = sociallogin.said.get("auth_time")
    first, last = sociallogin.state["asked_at"] - CLOCKS_DIFFER, time.time() + CLOCKS_DIFFER
    is_just_now = type(when) in (int, float) and first <= when <= last  # milliseconds are not of this age
    if not request.user.is_authenticated or sociallogin.user != request.user:
        return failed(request, "other")
    if not is_just_now:
        return failed(request, "not_asked")
    account = sociallogin.account
    seen = {"provider": account.provider, "uid": account.uid, "reauthenticated": True}
    record_authentication(request, request.user, method=sign_on.METHOD, **seen)
    return render(request, "people/sign_on_confirmed.html", {"provider": sign_on.provider_name()})


def _identity(response: dict[str, Any]) -> Identity:
    answers = (response["userinfo"], response["id_token"])
    said = next((one for one in answers if "email" in one), {})  # an address and whether it is checked: from one answer
    is_checked = said.get("email_verified") is True or said.get("email_verified") == "true"  # some write it as a word
    address = said["email"] if is_checked and _is_address(said["email"]) else ""
    name = " ".join(str(next((one["name"] for one in answers if one.get("name")), "")).split())
    name = name if name and name.isprintable() else address.partition("@")[0]
    return Identity(subject=response["id_token"]["sub"], address=address.lower(), name=name[:120])


def _is_address(text: Any) -> bool:
    """Without letters that in lower case would become others'."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return text.isascii() and text.isprintable() and len(text) <= 254


def _checked(config: dict[str, Any]) -> dict[str, Any]:
    """What the provider says about itself; another issuer's tokens would be another's people."""
    issuer = settings.OIDC["ISSUER"]
    if config["issuer"].rstrip("/") != issuer:
        raise OAuth2Error("The provider calls itself by another address than OIDC_ISSUER.")
    schemes = ("https://",) if issuer.startswith("https://") else ("https://", "http://")
    if not all(config[place].startswith(schemes) for place in PLACES):
        raise OAuth2Error("The provider names an address that is not https.")
    return config


def _alone(app: SocialApp) -> tuple[Any, ...]:
    """The audiences of a token that is for nobody else: with others, it has to say that we are who asked (azp)."""
    return (app.client_id, [app.client_id])


@contextmanager
def _sense() -> Iterator[None]:
    try:
        yield
    except RequestException:  # a ValueError too, where the answer is no JSON
        raise
    except SENSELESS as error:
        raise OAuth2Error("The provider's answer makes no sense.") from error
